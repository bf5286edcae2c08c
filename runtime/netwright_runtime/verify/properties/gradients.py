"""Every parameter receives a finite gradient that is not zero throughout.

Proves that all that the model owns can learn. What cannot is named with the reason: nothing reads
it, what reads it leads to no output, a `detach` or an integer cuts it off. Many projects test that
`p.grad is not None`; that misses a gradient of zeros, and says nothing of why. It does not apply to
a model without parameters, nor to those that the spec calls frozen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor
from torch.fx import GraphModule, Node

from netwright_runtime.verify.compare import scalar
from netwright_runtime.verify.property import Finding, Property, Trial
from netwright_runtime.verify.recording import Value, path_of, place_of, record
from netwright_runtime.verify.subject import Subject

TRIES = 3
"""Inputs that are tried before a gradient of zeros counts: a ReLU may be off by chance."""


def unfit(subject: Subject) -> str:
    trained = [w for w in subject.manifest.weights if not w.buffer and not w.frozen]
    return "" if trained else "the model has no parameters to train"


def check(subject: Subject, trial: Trial) -> Iterator[Finding]:
    missing: set[str] | None = None
    for attempt in range(TRIES):
        graph = subject.graph(trial.given)
        again = Trial(trial.sizes, trial.given, trial.seed + attempt)
        values, silent = _silent(graph, subject.inputs(again))
        infinite = [n for n, p in graph.named_parameters() if _infinite(p.grad)]
        if infinite:
            yield _infinite_finding(graph, infinite[0], values)
            return
        missing = silent if missing is None else missing & silent
        if not missing:
            return
    elsewhere = _used_elsewhere(subject, trial)
    for name in sorted(missing or ()):
        if name not in elsewhere:
            yield _explained(graph, name, values)


def _silent(graph: GraphModule, inputs: Mapping[str, object]) -> tuple[list[Value], set[str]]:
    """The run's values, and the parameters whose gradient is zero or missing."""
    values = record(graph, inputs)
    loss = scalar(values[-1].value)
    if loss is not None:
        torch.autograd.backward(loss)
    trained = {n: p for n, p in graph.named_parameters() if p.requires_grad}
    return values, {n for n, p in trained.items() if p.grad is None or not p.grad.any()}


def _infinite(grad: Tensor | None) -> bool:
    return grad is not None and not bool(grad.isfinite().all())


def _infinite_finding(graph: GraphModule, name: str, values: list[Value]) -> Finding:
    node = next(iter(_readers(graph, name)), None)
    for value in values:
        if isinstance(value.value, Tensor) and value.value.is_floating_point():
            if not bool(value.value.isfinite().all()):
                return Finding("its values are not finite", value.path, value.place)
    place = "" if node is None else place_of(node)
    return Finding(f"the gradient of `{name}` is not finite", _owner(name), place)


def _used_elsewhere(subject: Subject, trial: Trial) -> set[str]:
    """Parameters that only other cases of the optional inputs use."""
    used: set[str] = set()
    for given in subject.compiled.cases:
        if given != trial.given:
            graph = subject.graph(given)
            used |= {n for n, _ in graph.named_parameters() if list(_readers(graph, n))}
    graph = subject.graph(trial.given)
    return {name for name in used if not list(_readers(graph, name))}


def _readers(graph: GraphModule, name: str) -> Iterator[Node]:
    """The nodes that read a parameter: its module's calls, or the reads of the tensor itself."""
    owner = name.rpartition(".")[0]
    for node in graph.graph.nodes:
        holder = {"get_attr": name, "call_module": owner}.get(node.op)
        if node.target == holder:
            yield node


def _owner(name: str) -> str:
    return name.rpartition(".")[0] or name


def _explained(graph: GraphModule, name: str, values: list[Value]) -> Finding:
    """Why a parameter has no gradient."""
    readers = list(_readers(graph, name))
    if not readers:
        return Finding(f"`{name}` has no gradient: nothing reads it", _owner(name))
    reached = _downstream(readers)
    here = path_of(readers[0]) or _owner(name), place_of(readers[0])
    if not any(node.op == "output" for node in reached):
        last = next(n for n in reversed(list(graph.graph.nodes)) if n in reached)
        return Finding(f"`{name}` has no gradient: `{path_of(last)}` leads to no output", *here)
    cut = _cut(graph, readers, values)
    if cut is not None:
        why = "detaches it" if "detach" in str(cut.target) else "gives no gradient"
        return Finding(
            f"`{name}` has no gradient: `{path_of(cut)}` {why}", path_of(cut), place_of(cut)
        )
    return Finding(f"the gradient of `{name}` is zero throughout", *here)


def _downstream(nodes: list[Node]) -> set[Node]:
    seen, waiting = set(nodes), list(nodes)
    while waiting:
        for user in waiting.pop().users:
            if user not in seen:
                seen.add(user)
                waiting.append(user)
    return seen


def _cut(graph: GraphModule, readers: list[Node], values: list[Value]) -> Node | None:
    """The first node on the way that has an input with a gradient and gives none."""
    given = {value.node: value.value for value in values}
    reached = _downstream(readers)
    node: Node
    for node in graph.graph.nodes:
        value = given.get(node)
        if node not in reached or not isinstance(value, Tensor) or value.requires_grad:
            continue
        if any(_has_gradient(given.get(source)) for source in node.all_input_nodes):
            return node
    return None


def _has_gradient(value: object) -> bool:
    return isinstance(value, Tensor) and value.requires_grad


PROPERTY = Property(
    "gradients", check, __doc__ or "", unfit, minimum=lambda subject: subject.telling
)
