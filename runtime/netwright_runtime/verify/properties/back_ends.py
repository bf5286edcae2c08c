"""The emitted source and the graph compute the same, bit for bit: outputs and gradients.

Proves the lowering: two back ends that share no code agree. Differential testing of compilers does
this with foreign implementations (NNSmith, LEMON); here each user's model is the test. It always
applies.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.fx import Node

from netwright_runtime.verify.compare import all_identical, identical, leaves, scalar, tensors
from netwright_runtime.verify.property import Finding, Property, Trial
from netwright_runtime.verify.recording import Called, Value, path_of, place_of, record, watch
from netwright_runtime.verify.subject import Subject


def check(subject: Subject, trial: Trial) -> Iterator[Finding]:
    for training in (False, True):
        yield from _in_mode(subject, trial, training)


def _in_mode(subject: Subject, trial: Trial, training: bool) -> Iterator[Finding]:
    """Both back ends once, from the same random state."""
    source = _run(subject.module(training=training), subject.inputs(trial), trial.seed)
    graph = _run(subject.graph(trial.given, training=training), subject.inputs(trial), trial.seed)
    mode = "training" if training else "evaluation"
    if not all_identical(source[0], graph[0]):
        yield _located(subject, trial, training, f"the outputs differ in {mode}")
        return
    for name, expected in graph[1].items():
        if not identical(source[1].get(name), expected):
            yield Finding(
                f"in {mode}, `{name}` differs after a step: source and graph disagree",
                name.rpartition(".")[0].removesuffix(".weight"),
            )
            return


def _run(module: nn.Module, inputs: Mapping[str, Any], seed: int) -> tuple[Any, dict[str, Any]]:
    """The outputs, and what training goes by: gradients and buffers."""
    torch.manual_seed(seed)
    out = module(**inputs)
    loss = scalar(out)
    if loss is not None:
        torch.autograd.backward(loss)
    gradients = {f"{name} (gradient)": p.grad for name, p in module.named_parameters()}
    return out, {**gradients, **{n: b.clone() for n, b in module.named_buffers()}}


def _located(subject: Subject, trial: Trial, training: bool, message: str) -> Finding:
    """The first node of the graph whose value the source never computes."""
    with torch.no_grad():
        torch.manual_seed(trial.seed)
        module = subject.module(training=training)
        called = watch(subject.compiled, module, subject.inputs(trial))
        torch.manual_seed(trial.seed)
        graph = subject.graph(trial.given, training=training)
        values = record(graph, subject.inputs(trial))
        torch.manual_seed(trial.seed)
        out = module(**subject.inputs(trial))
    report = "a fault of the compiler: please report it with the spec"
    node = _other_buffer(values, module) or _uncomputed(values, called)
    if node is not None:
        said = f"{message}: the source never computes this value"
        return Finding(said, path_of(node), place_of(node), report)
    node = _other_output(values, out)
    if node is not None:
        said = f"{message}: the source gives another value than this one"
        return Finding(said, path_of(node), place_of(node), report)
    return Finding(message, help=report)


def _other_buffer(values: list[Value], module: nn.Module) -> Node | None:
    """The first buffer that the source holds otherwise; those that are saved are copied to both."""
    buffers = dict(module.named_buffers())
    for value in values:
        theirs = buffers.get(str(value.node.target)) if value.node.op == "get_attr" else None
        if theirs is not None and not identical(theirs, value.value):
            return value.node
    return None


def _other_output(values: list[Value], out: Any) -> Node | None:
    """The node that makes the first output for which the source gives something else."""
    nodes = [leaf for leaf in leaves(values[-1].node.args[0]) if isinstance(leaf, Node)]
    given = {value.node: value.value for value in values}
    pairs = zip(nodes, leaves(out), strict=False)
    return next((node for node, theirs in pairs if not identical(given[node], theirs)), None)


def _uncomputed(values: list[Value], called: list[Called]) -> Node | None:
    """The first node whose value the source does not compute after those that the node reads.

    After, since a value that happens to equal one before it is not computed for that. One that
    passes its input on, as dropout does in evaluation, need not be.
    """
    computed: dict[tuple[int, ...], list[tuple[int, Tensor]]] = {}
    for at, call in enumerate(called):
        computed.setdefault(tuple(call.value.shape), []).append((at, call.value))
    reached: dict[Node, int] = {}
    given = {value.node: value.value for value in values}
    for value in values:
        node = value.node
        sources = node.all_input_nodes
        passed = [id(tensor) for source in sources for tensor in tensors(given[source])]
        last = max((reached.get(source, -1) for source in sources), default=-1)
        if node.op in ("placeholder", "get_attr", "output") or not value.path:
            continue
        for tensor in tensors(value.value):
            alike = (
                at
                for at, other in computed.get(tuple(tensor.shape), ())
                if (at > last or id(tensor) in passed) and identical(tensor, other)
            )
            found = next(alike, None)
            if found is None:
                return node
            reached[node] = max(found, reached.get(node, -1))
    return None


PROPERTY = Property("back_ends", check, __doc__ or "", trials=5, minimum=lambda s: s.telling)
