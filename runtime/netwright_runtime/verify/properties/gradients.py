"""Every parameter receives a finite gradient that is not zero throughout.

Proves that all that the model owns can learn. What cannot is named with the reason: nothing reads
it, what reads it leads to no output, a `detach` or an integer cuts it off. A value that is made an
integer and a float again is named too, whoever else gives its weights a gradient; so is a module of
a user's whose gradient is not finite at zero, where its value is. Many projects test that `p.grad
is not None`; that misses a gradient of zeros, and says nothing of why. It does not apply to a model
without parameters, nor to those that the spec calls frozen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeGuard

import torch
from torch import Tensor
from torch.fx import GraphModule, Node
from torch.fx.node import map_arg

from netwright_runtime.model.nearness import leaves
from netwright_runtime.verify.compare import scalar
from netwright_runtime.verify.property import Finding, Property, Trial
from netwright_runtime.verify.recording import is_foreign, path_of, place_of, record
from netwright_runtime.verify.subject import Subject
from netwright_runtime.verify.walking import name_of

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
        silent = _silent(graph, subject.inputs(again))
        infinite = [n for n, p in graph.named_parameters() if _infinite(p.grad)]
        if infinite:
            yield _infinite_finding(graph, infinite[0], _Run(graph, subject.inputs(again)))
            return
        missing = silent if missing is None else missing & silent
        if not missing:
            yield from _rounded(subject, trial)
            yield from _poles(subject, trial)
            return
    silent = (missing or set()) - _used_elsewhere(subject, trial)
    silent -= _learned_elsewhere(subject, trial, silent)
    if silent:
        run = _Run(graph, subject.inputs(trial))
        for name in sorted(silent):
            yield _explained(graph, name, run)


class _Run:
    """A run whose values keep their gradients."""

    def __init__(self, graph: GraphModule, inputs: Mapping[str, object]) -> None:
        self.values = record(graph, inputs)
        self.given = {value.node: value.value for value in self.values}
        for value in self.given.values():
            if _has_gradient(value):
                value.retain_grad()
        loss = scalar(self.values[-1].value)
        if loss is not None:
            torch.autograd.backward(loss, retain_graph=True)

    def slope(self, node: Node) -> Tensor | None:
        """The gradient of a node's value."""
        value = self.given.get(node)
        return value.grad if _has_gradient(value) else None

    def level(self, node: Node, among: set[Node]) -> bool:
        """Whether a node's value does not change with any of those that it reads among these."""
        value = self.given.get(node)
        sources = [self.given[n] for n in node.all_input_nodes if n in among]
        read = [source for source in sources if _has_gradient(source)]
        if not read or not _has_gradient(value):
            return False
        slopes = torch.autograd.grad(
            value, read, torch.randn_like(value), retain_graph=True, allow_unused=True
        )
        return not any(slope is not None and slope.any() for slope in slopes)


def _silent(graph: GraphModule, inputs: Mapping[str, object]) -> set[str]:
    """The parameters whose gradient is zero or missing."""
    loss = scalar(record(graph, inputs)[-1].value)
    if loss is not None:
        torch.autograd.backward(loss)
    trained = {n: p for n, p in graph.named_parameters() if p.requires_grad}
    return {n for n, p in trained.items() if p.grad is None or not p.grad.any()}


def _infinite(grad: Tensor | None) -> bool:
    return grad is not None and not bool(grad.isfinite().all())


def _infinite_finding(graph: GraphModule, name: str, run: _Run) -> Finding:
    """Where what is not finite begins: in a value, or on the way back."""
    odd = [v for v in run.values if _infinite(_floating(v.value))]
    # Minus infinity is what masks are made of, and by itself no fault.
    worse = [v for v in odd if not bool((v.value < float("inf")).all())]
    if worse or odd:
        first = (worse or odd)[0]
        return Finding("its values are not finite", first.path, first.place)
    steep = _steep(graph, run)
    if steep is not None:
        message = f"the gradient of `{name}` is not finite: this node's slope is not"
        return Finding(message, path_of(steep), place_of(steep))
    node = next(iter(_readers(graph, name)), None)
    place = "" if node is None else place_of(node)
    return Finding(f"the gradient of `{name}` is not finite", _owner(name), place)


def _floating(value: object) -> Tensor | None:
    return value if isinstance(value, Tensor) and value.is_floating_point() else None


def _steep(graph: GraphModule, run: _Run) -> Node | None:
    """The node that a finite gradient enters and one that is not finite leaves."""
    nodes: list[Node] = [n for n in graph.graph.nodes if _infinite(run.slope(n))]
    for user in nodes[-1].users if nodes else ():
        slope = run.slope(user)
        if slope is None or _infinite(slope):
            continue
        (part,) = torch.autograd.grad(
            run.given[user], run.given[nodes[-1]], slope, retain_graph=True, allow_unused=True
        )
        if _infinite(part):
            return user
    return None


def _used_elsewhere(subject: Subject, trial: Trial) -> set[str]:
    """Parameters that only other cases of the optional inputs use."""
    used: set[str] = set()
    for given in subject.compiled.cases:
        if given != trial.given:
            graph = subject.graph(given)
            used |= {n for n, _ in graph.named_parameters() if list(_readers(graph, n))}
    graph = subject.graph(trial.given)
    return {name for name in used if not list(_readers(graph, name))}


def _learned_elsewhere(subject: Subject, trial: Trial, silent: set[str]) -> set[str]:
    """Those of `silent` that learn where other optional inputs are given."""
    left = set(silent)
    for given in subject.compiled.cases:
        if left and given != trial.given:
            other = Trial(trial.sizes, given, trial.seed)
            left &= _silent(subject.graph(given), subject.inputs(other))
    return silent - left


def _readers(graph: GraphModule, name: str) -> Iterator[Node]:
    """The nodes that read a parameter: its module's calls, or the reads of the tensor itself.

    A tensor that was fetched for a case which does not need it is not read.
    """
    owner = name.rpartition(".")[0]
    for node in graph.graph.nodes:
        holder = {"get_attr": name, "call_module": owner}.get(node.op)
        if node.target == holder and (node.op == "call_module" or node.users):
            yield node


def _owner(name: str) -> str:
    return name.rpartition(".")[0] or name


def _explained(graph: GraphModule, name: str, run: _Run) -> Finding:
    """Why a parameter has no gradient."""
    readers = list(_readers(graph, name))
    if not readers:
        return Finding(f"`{name}` has no gradient: nothing reads it", _owner(name))
    reached = _downstream(readers)
    here = path_of(readers[0]) or _owner(name), place_of(readers[0])
    if not any(node.op == "output" for node in reached):
        last = next(n for n in reversed(list(graph.graph.nodes)) if n in reached)
        return Finding(f"`{name}` has no gradient: `{path_of(last)}` leads to no output", *here)
    cut = _cut(graph, readers, run.given)
    if cut is not None:
        why = "detaches it" if "detach" in str(cut.target) else "gives no gradient"
        return Finding(
            f"`{name}` has no gradient: `{path_of(cut)}` {why}", path_of(cut), place_of(cut)
        )
    flat = _flat(graph, readers, reached, run)
    message = f"the gradient of `{name}` is zero throughout"
    if flat is None:
        return Finding(message, *here)
    return Finding(f"{message}: `{path_of(flat)}` is why", path_of(flat), place_of(flat))


def _flat(graph: GraphModule, readers: list[Node], reached: set[Node], run: _Run) -> Node | None:
    """The node whose slope is zero, or that gives nothing but zeros to a reader."""
    nodes: list[Node] = [n for n in graph.graph.nodes if n in reached]
    level = next((n for n in nodes if n not in readers and run.level(n, reached)), None)
    if level is not None:
        return level
    steep = next((n for n in nodes if (slope := run.slope(n)) is not None and slope.any()), None)
    if steep is None or steep not in readers:
        return steep
    read = [source for source in steep.all_input_nodes if source.op != "get_attr"]
    zero = (s for s in read if (v := _floating(run.given.get(s))) is not None and not v.any())
    return next(zero, None)


def _rounded(subject: Subject, trial: Trial) -> Iterator[Finding]:
    """Values that become integers and then floats again: what made them learns nothing there."""
    graph = subject.graph(trial.given)
    given = _Run(graph, subject.inputs(trial)).given
    stated = subject.declared.get("surrogate_gradients", ())
    for node in graph.graph.nodes:
        value = given.get(node)
        read = [given.get(source) for source in node.all_input_nodes]
        if name_of(node) not in _CASTS or not isinstance(value, Tensor) or _is_float(value):
            continue
        if value.dtype == torch.bool or not any(map(_has_gradient, read)):
            continue
        back = (n for n in node.users if name_of(n) in _CASTS and _is_float(given.get(n)))
        if next(back, None) is not None and path_of(node) not in stated:
            yield Finding(
                "makes integers of what has a gradient, and floats again: the gradient ends here",
                path_of(node),
                place_of(node),
                "what is meant is listed: `properties: {surrogate_gradients: [...]}`",
            )
            return


def _poles(subject: Subject, trial: Trial) -> Iterator[Finding]:
    """Modules of a user's whose value at zero is finite, and whose slope there is not."""
    graph = subject.graph(trial.given)
    given = _Run(graph, subject.inputs(trial)).given
    for node in graph.graph.nodes:
        if node.op != "call_module" or not is_foreign(graph.get_submodule(str(node.target))):
            continue
        args = map_arg((node.args, node.kwargs), lambda n: _at_zero(given[n]))
        points = [leaf for leaf in leaves(args) if _has_gradient(leaf)]
        out = scalar(graph.get_submodule(str(node.target))(*args[0], **args[1]))
        if not points or out is None or not bool(out.isfinite()):
            continue
        slopes = torch.autograd.grad(out, points, allow_unused=True)
        if any(map(_infinite, slopes)):
            message = "its gradient at zero is not finite, though its value is"
            yield Finding(message, path_of(node), place_of(node), _POLE)
            return


_POLE = "`where` passes a NaN on in the gradient: keep its branches finite, too"


def _at_zero(value: Any) -> Any:
    return torch.zeros_like(value).requires_grad_() if _is_float(value) else value


_CASTS = frozenset({"int", "long", "short", "to", "type", "float", "double", "half"})


def _is_float(value: object) -> bool:
    return isinstance(value, Tensor) and value.is_floating_point()


def _downstream(nodes: list[Node]) -> set[Node]:
    seen, waiting = set(nodes), list(nodes)
    while waiting:
        for user in waiting.pop().users:
            if user not in seen:
                seen.add(user)
                waiting.append(user)
    return seen


def _cut(graph: GraphModule, readers: list[Node], given: Mapping[Node, Any]) -> Node | None:
    """The first node on the way that has an input with a gradient and gives none."""
    reached = _downstream(readers)
    node: Node
    for node in graph.graph.nodes:
        value = given.get(node)
        if node not in reached or not isinstance(value, Tensor) or value.requires_grad:
            continue
        if any(_has_gradient(given.get(source)) for source in node.all_input_nodes):
            return node
    return None


def _has_gradient(value: object) -> TypeGuard[Tensor]:
    return isinstance(value, Tensor) and value.requires_grad


PROPERTY = Property(
    "gradients", check, __doc__ or "", unfit, minimum=lambda subject: subject.telling
)
