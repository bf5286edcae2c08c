"""What a model takes in and computes counts: nothing is cancelled, no column goes unread.

Proves that no branch is there for show. A product or difference that is zero whatever goes in
(`skip * 0`, `z - z`) cuts off what it stands for, though every weight may have a gradient on some
other way. A column of an input, along an axis of fixed size, that changes no output was meant to be
read: keys of a cache that nothing compares, a column of a table in whose place another is taken
twice. We know of no one else who looks for either. What only a next call reads, the state, is no
output here. It always applies.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.fx import GraphModule, Node

from netwright_runtime.model import Slot
from netwright_runtime.verify.axes import each, fed, others, outputs
from netwright_runtime.verify.compare import all_identical, floats
from netwright_runtime.verify.property import Finding, Property, Trial
from netwright_runtime.verify.recording import Value, path_of, place_of, record
from netwright_runtime.verify.subject import Subject
from netwright_runtime.verify.walking import name_of

TRIES = 6
"""Inputs that are tried before something has no influence: a mask may leave nothing out."""

COLUMNS = 16
"""Columns of an axis that are looked at; wider ones are features, which one product reads all."""

_CANCELS = frozenset({"mul", "imul", "mul_", "sub", "isub", "sub_"})
"""Steps whose result is zero only if they cancel; an activation may be zero by chance."""


def check(subject: Subject, trial: Trial) -> Iterator[Finding]:
    with torch.no_grad():
        yield from _cancelled(subject, trial)
        yield from _unread(subject, trial)


def _again(trial: Trial) -> Iterator[Trial]:
    return (Trial(trial.sizes, trial.given, trial.seed + k) for k in range(TRIES))


# Steps that cancel -------------------------------------------------------------------------


def _cancelled(subject: Subject, trial: Trial) -> Iterator[Finding]:
    """The first step that gives zeros for whatever is not zero, in a graph or in a walked block."""
    graph = subject.graph(trial.given)
    found: dict[Node, tuple[str, Value]] | None = None
    for again in _again(trial):
        runs = _runs(graph, subject.inputs(again))
        zero = {v.node: (at, v) for at, values in runs.items() for v in _zeros(values)}
        found = zero if found is None else {n: v for n, v in found.items() if n in zero}
        if not found:
            return
    for block, value in (found or {}).values():
        message = "gives zeros whatever it gets: what it reads has no influence here"
        path = f"{block}.{value.path}" if block else value.path
        yield Finding(message, path, value.place, "leave it out, or let it count")
        return


def _runs(graph: GraphModule, inputs: Mapping[str, Any]) -> dict[str, list[Value]]:
    """The values of a run, and those of the last call of each block that is a graph of its own."""
    bodies = {m: name for name, m in graph.named_modules() if isinstance(m, GraphModule) and name}
    given: dict[GraphModule, tuple[Any, ...]] = {}
    hooks = [b.register_forward_pre_hook(lambda m, args: given.update({m: args})) for b in bodies]
    try:
        runs = {"": record(graph, inputs)}
    finally:
        for hook in hooks:
            hook.remove()
    for body, args in given.items():
        names = [str(n.target) for n in body.graph.find_nodes(op="placeholder")]
        runs[bodies[body]] = record(body, dict(zip(names, args, strict=True)))
    return runs


def _zeros(values: list[Value]) -> Iterator[Value]:
    """Products and differences that are zero, of tensors none of which is."""
    held = {value.node: value.value for value in values}
    read = fed(values[-1].node.graph)
    for value in values:
        if name_of(value.node) not in _CANCELS or not value.path or not _is_zero(value.value):
            continue
        operands = [held[n] for n in value.node.all_input_nodes if isinstance(held[n], Tensor)]
        # An integer that depends on inputs may be zero by chance, so few are its values.
        counted = value.value.is_floating_point() or value.node not in read
        if counted and operands and not any(map(_is_zero, operands)):
            yield value


def _is_zero(value: Any) -> bool:
    return isinstance(value, Tensor) and value.numel() > 0 and not value.any()


# Columns that nothing reads ----------------------------------------------------------------


def _unread(subject: Subject, trial: Trial) -> Iterator[Finding]:
    """The first column of an input that changes no output."""
    slots = {slot.name: slot for slot in subject.slots(trial.given)}
    for name, axis, column in _columns(slots.values()):
        runs = (_moved(subject, again, slots[name], axis, column) for again in _again(trial))
        stuck = None
        for stuck in runs:
            if stuck is None:
                break
        if stuck is not None:
            said = f"index {column} along axis {axis} of the input `{name}` changes no output"
            yield Finding(said, path_of(stuck) or name, place_of(stuck), _HELP)
            return


_HELP = "take it out of the input's type, or look for what was to read it"


def _columns(slots: Any) -> Iterator[tuple[str, int, int]]:
    for slot in slots:
        for axis, size in enumerate(slot.shape):
            if isinstance(size, int) and 1 < size <= COLUMNS:
                yield from ((slot.name, axis, column) for column in range(size))


def _moved(subject: Subject, trial: Trial, slot: Slot, axis: int, column: int) -> Node | None:
    """None if a column changes an output; else how far it comes, or the input itself."""
    inputs, other = subject.inputs(trial), others(subject, trial, torch.float32)[slot.name]
    given = inputs[slot.name]
    drawn = iter(other if isinstance(other, list) else [other])
    changed = each(given, lambda value: _with_column(value, next(drawn), axis, column))
    graph = subject.graph(trial.given)
    torch.manual_seed(trial.seed)
    before = record(graph, inputs)
    torch.manual_seed(trial.seed)
    after = record(graph, {**inputs, slot.name: changed})
    pairs = zip(before, after, strict=True)
    moved = [a.node for a, b in pairs if not all_identical(a.value, b.value)]
    state = subject.manifest.state.values()
    ends = {n for name, ns in outputs(subject, graph).items() if name not in state for n in ns}
    kept = {n for name, ns in outputs(subject, graph).items() if name in state for n in ns}
    unknown = any(not t.isfinite().all() for t in floats(before[-1].value))
    if unknown or ends & set(moved) or _slopes(graph, inputs, slot.name, ends, axis, column):
        return None
    steps = (n for n in reversed(moved) if n.op.startswith("call") and n not in kept)
    place = next(n for n in graph.graph.find_nodes(op="placeholder") if n.target == slot.name)
    return next((n for n in steps if _computes(n)), place)


def _slopes(
    graph: GraphModule,
    inputs: Mapping[str, Any],
    name: str,
    ends: set[Node],
    axis: int,
    column: int,
) -> bool:
    """Whether an output has a slope in a column: one that is small is lost in rounding."""
    given = inputs[name]
    if not isinstance(given, Tensor) or not given.is_floating_point():
        return False
    with torch.enable_grad():
        leaf = given.detach().clone().requires_grad_()
        values = record(graph, {**inputs, name: leaf})
        found = [t for v in values if v.node in ends for t in floats(v.value) if t.requires_grad]
        if not found:
            return False
        drawn = [t * torch.randn_like(t) for t in found]  # a sum alone may be constant
        (slope,) = torch.autograd.grad([t.sum() for t in drawn], [leaf], allow_unused=True)
    return slope is not None and bool(slope.select(axis, column).any())


def _computes(node: Node) -> bool:
    return name_of(node) not in ("getitem", "select", "unbind", "size") and bool(path_of(node))


def _with_column(value: Tensor, other: Tensor, axis: int, column: int) -> Tensor:
    changed = value.clone()
    changed.select(axis, column).copy_(other.select(axis, column))
    return changed


PROPERTY = Property(
    "influence", check, __doc__ or "", trials=3, minimum=lambda subject: subject.telling
)
