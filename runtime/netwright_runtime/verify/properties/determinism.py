"""The same seed gives the same weights and outputs, and evaluation changes nothing.

Proves that a model is a function of its seed, weights and inputs: a build under a seed repeats, a
training pass under a seed repeats, and in evaluation two calls give the same bits, draw no random
numbers, and leave weights, buffers and inputs as they were. Lightning and many test suites compare
two seeded runs; that misses a dropout that evaluation forgot, since the seed hides it. Numbers that
the spec itself asks for (`randn_like`) are meant, and are held fast. It always applies.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import nn
from torch.fx import GraphModule, Node

from netwright_runtime.verify.compare import all_identical
from netwright_runtime.verify.property import Finding, Property, Trial
from netwright_runtime.verify.recording import Value, place_of, watch
from netwright_runtime.verify.subject import Subject
from netwright_runtime.verify.walking import Step, draws, meant_to_draw, node_at, walk


def check(subject: Subject, trial: Trial) -> Iterator[Finding]:
    yield from _build(subject)
    with torch.no_grad():
        found = [*_evaluation(subject, trial)]
        yield from found or _training(subject, trial)


def _build(subject: Subject) -> Iterator[Finding]:
    """The weights that another build under the same seed begins with."""
    torch.manual_seed(0)
    again = subject.compiled.build().state_dict()
    for name, tensor in subject.initial.items():
        if not all_identical(tensor, again.get(name)):
            yield Finding(
                f"`{name}` begins with other values when built again under the same seed",
                name.rpartition(".")[0] or name,
                help="draw with torch's functions, which the seed governs",
            )
            return


def _evaluation(subject: Subject, trial: Trial) -> Iterator[Finding]:
    """What two calls in evaluation do, one after the other."""
    module = subject.module()
    graph = subject.graph(trial.given)
    before = _state(module)
    inputs = subject.inputs(trial)
    deliberate = any(meant_to_draw(node) for node in graph.graph.nodes)
    state = torch.get_rng_state()
    first = module(**inputs)
    drew = not torch.equal(state, torch.get_rng_state())
    if not all_identical(inputs, subject.inputs(trial)):
        yield _writes_input(subject, trial)
        return
    second = module(**inputs)
    if not deliberate and (drew or not all_identical(first, second)):
        yield _random(subject, trial)
        return
    if deliberate:
        yield from _repeated(graph, subject.inputs(trial))
    yield from _written(graph, before, _state(module))


def _training(subject: Subject, trial: Trial) -> Iterator[Finding]:
    """Two passes in training from the same seed."""
    outputs = []
    for _ in range(2):
        module = subject.module(training=True)
        torch.manual_seed(trial.seed)
        outputs.append(module(**subject.inputs(trial)))
    if not all_identical(*outputs):
        yield Finding(
            "in training, the same seed gives other outputs",
            help="draw with torch's functions, which the seed governs",
        )


def _state(module: nn.Module) -> dict[str, Any]:
    """Parameters and buffers, those that are not saved among them."""
    named = [*module.named_parameters(), *module.named_buffers()]
    return {name: tensor.detach().clone() for name, tensor in named}


def _written(
    graph: GraphModule, before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[Finding]:
    for name, tensor in after.items():
        if not all_identical(before.get(name), tensor):
            owner = name.rpartition(".")[0]
            calls = (n for n in graph.graph.nodes if n.op == "call_module" and n.target == owner)
            node = next(calls, None)
            yield Finding(
                f"a call in evaluation changes `{name}`",
                owner or name,
                "" if node is None else place_of(node),
            )
            return


def _random(subject: Subject, trial: Trial) -> Finding:
    """Where evaluation draws: by the graph, else by the line of the source."""
    graph = subject.graph(trial.given)
    found = next(_repeated(graph, subject.inputs(trial)), None)
    if found is not None:
        return found
    runs = [watch(subject.compiled, subject.module(), subject.inputs(trial))[0] for _ in range(2)]
    for one, other in zip(*runs, strict=False):
        if not all_identical(one.value, other.value):
            return Finding(_CHANGES, node_at(graph, one.place), one.place)
    return Finding(_CHANGES)


_CHANGES = "gives other values at each call in evaluation"


def _repeated(graph: GraphModule, inputs: Mapping[str, Any]) -> Iterator[Finding]:
    """The first node that draws, or changes, without being asked to by the spec."""
    first: dict[Node, Any] = {}
    found: list[Finding] = []

    def note(value: Value, message: str) -> None:
        if not found:
            found.append(Finding(message, value.path, value.place))

    def once(step: Step) -> Any:
        drew, first[step.node] = draws(step)
        if drew and not meant_to_draw(step.node):
            note(Value(step.node, None), "draws random numbers in evaluation")
        return first[step.node]

    def again(step: Step) -> Any:
        if meant_to_draw(step.node):
            return first[step.node]
        value = step.run()
        if step.computes and not all_identical(value, first[step.node]):
            note(Value(step.node, None), _CHANGES)
        return value

    walk(graph, inputs, once)
    if not found:
        walk(graph, inputs, again)
    yield from found


def _writes_input(subject: Subject, trial: Trial) -> Finding:
    """The node after which an input is no longer what it was."""
    given, kept = subject.inputs(trial), subject.inputs(trial)
    graph = subject.graph(trial.given)
    found: list[Value] = []

    def visit(step: Step) -> Any:
        value = step.run()
        if not found and not all_identical(given, kept):
            found.append(Value(step.node, value))
        return value

    walk(graph, given, visit)
    message = "writes into an input of the model"
    return Finding(message, found[0].path, found[0].place) if found else Finding(message)


PROPERTY = Property(
    "determinism", check, __doc__ or "", trials=2, minimum=lambda subject: subject.telling
)
