"""Blocks that the spec calls residual give their input and what their branches add.

Proves `properties: {residual: [layers]}` (a repeated block stands for all its iterations): with all
parameters of a block at zero, its branches add nothing, and what comes out is what went in. A
forgotten residual still trains, and nobody tests for it. Branches whose last step has no parameters
may end in something of a scale of its own: what counts there is that parameters a thousandth as
large change the block's output by no more than a hundredth. A block that ends in a layer norm may
give its input normed. Of several sums, each has to go on from the one before. It does not apply to
a model that claims none, nor to blocks that project their input: do not claim it of those.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.fx import GraphModule, Node

from netwright_runtime.model.nearness import distance
from netwright_runtime.verify.axes import upstream
from netwright_runtime.verify.property import Finding, Property, Trial
from netwright_runtime.verify.recording import path_of, place_of, record
from netwright_runtime.verify.subject import Subject
from netwright_runtime.verify.walking import name_of

SHRUNK = ((0.0, 1e-9), (1e-3, 1e-2))
"""By what parameters are scaled, and how far the output may then be from the input. The second is
for weight norms, which are 0 / 0 at zero."""


Near = Callable[[object, object, float], bool]
"""Whether two values are the same within a part of the largest one."""

_SUMS = frozenset({"add", "iadd", "add_", "sub"})


def unfit(subject: Subject) -> str:
    if "residual" not in subject.declared:
        return "the spec does not claim `residual`"
    graph = subject.graph()
    there = any(list(_blocks(graph, path)) for path in subject.declared["residual"])
    return "" if there or not subject.stands_in else "the smaller model has none of these blocks"


def check(subject: Subject, trial: Trial) -> Iterator[Finding]:
    for path in subject.declared["residual"]:
        graph = subject.graph(trial.given, dtype=torch.float64)
        blocks = list(_blocks(graph, path))
        if not blocks and not subject.stands_in:
            yield Finding(f"the model has no block `{path}` in this variant", path)
        for block in blocks:
            finding = _broken(subject, trial, block)
            if finding is not None:
                yield finding
                return


def _blocks(graph: GraphModule, path: str) -> Iterable[str]:
    """The block at a path, or those of its iterations where it is repeated."""
    steps = path.split(".")
    tails = [p[len(steps) :] for p in _paths(graph) if p[: len(steps)] == steps]
    if tails and all(len(tail) > 1 and tail[0].isdigit() for tail in tails):
        return dict.fromkeys(f"{path}.{tail[0]}" for tail in tails)
    return [path] if tails else []


def _paths(graph: GraphModule) -> Iterator[list[str]]:
    return (path_of(node).split(".") for node in graph.graph.nodes if path_of(node))


@dataclass(frozen=True)
class _Sides:
    """A block's nodes, those that feed it, and those of it that others read."""

    inner: list[Node]
    sources: list[Node]
    ends: list[Node]


def _sides(graph: GraphModule, block: str) -> _Sides:
    inner = [n for n in graph.graph.nodes if f"{path_of(n)}.".startswith(f"{block}.")]
    within = set(inner)
    sources = [n for node in inner for n in node.all_input_nodes if n not in within]
    ends = [n for n in inner if any(user not in within for user in n.users)]
    return _Sides(inner, list(dict.fromkeys(sources)), ends)


def _broken(subject: Subject, trial: Trial, block: str) -> Finding | None:
    graph = subject.graph(trial.given, dtype=torch.float64)
    sides = _sides(graph, block)
    pairs = [(a, b) for a in sides.sources for b in sides.ends if _alike(a, b)]
    if not pairs:
        return Finding(f"`{block}` gives nothing of the type of what it takes", block)
    values: dict[Node, object] = {}
    near: Near = _near
    for scale, allowed in SHRUNK:
        values = _values(subject, trial, block, scale)
        kept = [(a, b) for a, b in pairs if _near(values[a], values[b], allowed)]
        if kept:
            return _passed(sides, *kept[0], values, allowed)
    source, end = pairs[-1]
    if _norms(graph, end):
        near, values = _near_normed, _values(subject, trial, block, 0.0, norms=1.0)
        if near(values[source], values[end], allowed):
            return None
    node = _culprit(sides, source, end, values, allowed, near)
    node = node.all_input_nodes[0] if _norms(graph, node) and near is _near_normed else node
    return Finding(
        f"`{block}` does not give back its input where its weights are zero: "
        "a residual is missing, or what is added has no weights",
        path_of(node),
        place_of(node),
        f"add what the branch starts from, or do not call `{block}` residual",
    )


def _alike(a: Node, b: Node) -> bool:
    types = [node.meta["netwright"].type if "netwright" in node.meta else None for node in (a, b)]
    return types[0] is not None and str(types[0]) == str(types[1])


def _passed(
    sides: _Sides, source: Node, end: Node, values: dict[Node, object], allowed: float
) -> Finding | None:
    """A sum of the input and a branch, which a later sum of the input leaves out."""
    held = {n for n in (source, *sides.inner) if _near(values[source], values[n], allowed)}
    kept, waiting = {end}, [end]
    while waiting:
        before = [n for n in waiting.pop().all_input_nodes if n in held - kept]
        kept.update(before)
        waiting += before
    for node in sides.inner:
        branches = [n for n in _added(node) if source in upstream([n])]
        if len(branches) > 1 and node in held - kept and _alike(source, node):
            return Finding(
                f"it leaves out the sum `{path_of(node)}` and begins with the block's input again",
                path_of(end),
                place_of(end),
                f"add to `{path_of(node)}` here",
            )
    return None


def _norms(graph: GraphModule, node: Node) -> bool:
    """Whether a node is a norm over the last dim."""
    module = graph.get_submodule(str(node.target)) if node.op == "call_module" else None
    return isinstance(module, nn.LayerNorm | nn.RMSNorm)


def _values(
    subject: Subject, trial: Trial, block: str, scale: float, norms: float | None = None
) -> dict[Node, object]:
    """A run in which the parameters of one block are scaled, and its norms' weights are `norms`."""
    graph = subject.graph(trial.given, dtype=torch.float64)
    with torch.no_grad():
        _scale(graph, block, scale)
        for name, module in graph.named_modules():
            weighted = norms is not None and isinstance(module, nn.LayerNorm | nn.RMSNorm)
            if weighted and name.startswith(f"{block}.") and module.weight is not None:
                module.weight.fill_(norms)
        return {v.node: v.value for v in record(graph, subject.inputs(trial, torch.float64))}


def _scale(graph: nn.Module, block: str, scale: float) -> None:
    for name, parameter in graph.named_parameters():
        if name.startswith(f"{block}."):
            parameter.mul_(scale)


def _near(a: object, b: object, allowed: float) -> bool:
    return isinstance(a, Tensor) and isinstance(b, Tensor) and distance(a, b) <= allowed


def _near_normed(a: object, b: object, allowed: float) -> bool:
    """Whether two values differ only by scales and shifts along the last dim."""
    return (
        isinstance(a, Tensor) and isinstance(b, Tensor) and _near(_normed(a), _normed(b), allowed)
    )


def _normed(value: Tensor) -> Tensor:
    off = value - value.mean(-1, keepdim=True)
    return off / off.square().mean(-1, keepdim=True).sqrt().clamp(min=1e-12)


def _culprit(
    sides: _Sides,
    source: Node,
    end: Node,
    values: dict[Node, object],
    allowed: float,
    near: Near,
) -> Node:
    """The node that was to be a sum: where the way from the input has no way around it.

    The stations are what everything passes on the way, of the input's type: the input, each sum,
    and where a sum is missing the steps of the branch itself. Of those, the last one before the
    next sum is the branch's end, where the sum was to be. If the next sum begins one step after the
    input, it is that sum which takes the wrong value.
    """
    stations = _stations(sides, source, end)
    kept = [i for i, n in enumerate(stations) if near(values[source], values[n], allowed)]
    rest = stations[max(kept) :]
    for before, node, after in zip(rest, rest[1:], rest[2:], strict=False):
        if node in _added(after):
            return after if node.all_input_nodes == [before] and before is rest[0] else node
    return rest[-1]


def _added(node: Node) -> list[Node]:
    """What a node adds up, nothing where it is no sum."""
    return node.all_input_nodes if name_of(node) in _SUMS else []


def _stations(sides: _Sides, source: Node, end: Node) -> list[Node]:
    """The nodes of the input's type that every way from `source` to `end` passes, in order."""
    way = [source, *(n for n in sides.inner if n in upstream([end]))]
    alike = [node for node in way[1:] if _alike(source, node)]
    return [source, *(node for node in alike if not _around(way, node, source, end))]


def _around(way: list[Node], node: Node, source: Node, end: Node) -> bool:
    """Whether `end` can be reached from `source` without `node`."""
    reached = {source}
    for step in way:
        if step is not node and any(n in reached for n in step.all_input_nodes):
            reached.add(step)
    return end in reached and end is not node


PROPERTY = Property("residual", check, __doc__ or "", unfit, trials=2)
