"""The order of the positions matters.

Proves what `properties: {position_sensitive: {over: T}}` claims, and so finds positions that were
forgotten: without them, a model answers a permuted input with permuted outputs. A causal model
knows the order from its mask alone, at least from the second layer on. For learned or sinusoidal
positions the claim is stronger with `absolute: true`: the same token at all positions gives outputs
that differ. (Rotary positions are relative, and pass over equal tokens.) Nobody else tests this; it
shows as a loss that is a little too high. It does not apply to a model that does not claim it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.fx import Node

from netwright_runtime.model.nearness import distance
from netwright_runtime.verify.axes import (
    Shape,
    axes,
    chosen,
    each,
    fed,
    mixed,
    parted,
    shape_of,
    upstream,
)
from netwright_runtime.verify.compare import all_identical
from netwright_runtime.verify.properties.permutations import permuted, reordered
from netwright_runtime.verify.property import Finding, Property, Trial
from netwright_runtime.verify.recording import Value, record
from netwright_runtime.verify.subject import Subject

SAME = 1e-9
"""Outputs that differ by less than this part, in double, do not depend on the positions."""

ORDERS = 3
"""Orders that are tried: one that changes the outputs is enough."""


def unfit(subject: Subject) -> str:
    claimed = "position_sensitive" in subject.declared
    return "" if claimed else "the spec does not claim `position_sensitive`"


def minimum(subject: Subject) -> dict[str, int]:
    return {subject.declared["position_sensitive"]["over"]: 5}


def cases(subject: Subject) -> tuple[frozenset[str], ...]:
    """The call without optional inputs: a mask or a cache may tell positions apart by itself."""
    return (frozenset(),)


def check(subject: Subject, trial: Trial) -> Iterator[Finding]:
    claim = subject.declared["position_sensitive"]
    graph = subject.graph(trial.given, dtype=torch.float64)
    inputs = subject.inputs(trial, torch.float64)
    with torch.no_grad():
        dim = claim["over"]
        level = _Level(record(graph, _constant(subject, trial, inputs, dim)), dim)
        if claim.get("absolute") and not level.varies:
            yield _finding(level, f"equal inputs along `{dim}` give equal outputs")
        elif _follows(subject, trial, inputs, dim):
            yield _finding(level, f"inputs in another order of `{dim}` give the same in that order")


def _finding(level: _Level, message: str) -> Finding:
    said = f"{message}: nothing tells the positions apart"
    return Finding(said, *level.where, help="add positions, or attend with rotary ones")


def _follows(subject: Subject, trial: Trial, inputs: Mapping[str, Any], dim: str) -> bool:
    """Whether outputs follow every order that is tried."""
    graph = subject.graph(trial.given, dtype=torch.float64)
    before = record(graph, inputs)
    generator = torch.Generator().manual_seed(trial.seed)
    tried = 0
    for _ in range(ORDERS):
        order = torch.randperm(trial.size[dim], generator=generator)
        changed = reordered(subject, trial, inputs, dim, order)
        if all_identical(list(inputs.values()), list(changed.values())):
            continue
        tried += 1

        def alike(value: Tensor, shape: Shape, order: Tensor = order) -> Tensor | None:
            return None if mixed(shape, dim) else permuted(value, shape, dim, order)

        if parted(before, record(graph, changed), alike, lambda v, s: v, SAME) is not None:
            return False
    return tried > 0


def _constant(
    subject: Subject, trial: Trial, inputs: Mapping[str, Any], dim: str
) -> dict[str, Any]:
    """The inputs with what they have at the first position at all of them."""
    found = dict(inputs)
    for slot in chosen(subject.slots(trial.given), dim):
        axis = slot.shape.index(dim)
        found[slot.name] = each(inputs[slot.name], partial(_repeated, axis=axis))
    return found


def _repeated(value: Tensor, axis: int) -> Tensor:
    return value.narrow(axis, 0, 1).expand(value.shape).clone()


class _Level:
    """What a run on equal inputs shows: whether outputs vary along the positions, and where what
    tells positions apart gets lost."""

    def __init__(self, values: list[Value], dim: str) -> None:
        self.values = {value.node: value for value in values}
        self.dim = dim
        self.ends = values[-1].node.all_input_nodes
        self.fed = fed(values[-1].node.graph)

    def spread(self, node: Node) -> float | None:
        """How far a node's value varies along the positions; None where it has none."""
        value = self.values[node]
        shape = shape_of(value)
        along = [] if shape is None else axes(shape, self.dim)
        if not along or not value.value.is_floating_point():
            return None
        first = value.value.narrow(along[0], 0, 1).expand(value.value.shape)
        return distance(value.value, first)

    @property
    def varies(self) -> bool:
        """Whether an output does; also where no output has positions, so that none can tell."""
        found = [s for s in map(self.spread, self.ends) if s is not None]
        return not found or max(found) > SAME

    @property
    def where(self) -> tuple[str, str]:
        """The first node that levels what told positions apart, else the first one that has
        positions: there they are to be added."""
        way = upstream(self.ends)
        placed = [n for n in self.values if n in way and self.spread(n) is not None]
        telling = {n for n in placed if n not in self.fed and (self.spread(n) or 0.0) > SAME}
        lost = [n for n in placed if n not in telling and upstream([n]) & (telling | self.counts)]
        found = next(iter([*lost, *(n for n in placed if n in self.fed)]), None)
        return ("", "") if found is None else (self.values[found].path, self.values[found].place)

    @property
    def counts(self) -> set[Node]:
        """The nodes that count the positions, without any input."""
        named = (n for n in self.values if getattr(n.target, "__name__", "") == "arange")
        return {n for n in named if n not in self.fed}


PROPERTY = Property("positions", check, __doc__ or "", unfit, minimum=minimum, cases=cases)
