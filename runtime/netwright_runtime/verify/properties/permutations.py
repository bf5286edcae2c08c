"""The order of items changes nothing, or reorders the outputs alike.

Proves `permutation_invariant: {over: N}` and `permutation_equivariant: {over: N}`, for sets and for
the nodes or edges of a graph. Inputs are put into another order along N; inputs that hold numbers
of items, as edges do, are numbered anew (`indices: [edge_index]`). Every value along N has to be in
the new order, so that the first node which knows the old one is named; outputs that claim
invariance have to be what they were. Geometric deep learning tests this on outputs (e3nn has
`assert_equivariant`). It runs in double, since sums are taken in another order. It does not apply
to a model that claims neither.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import torch
from torch import Tensor

from netwright_runtime.model.nearness import tolerance
from netwright_runtime.verify.axes import Shape, axes, chosen, each, mixed, parted
from netwright_runtime.verify.property import Finding, Property, Trial
from netwright_runtime.verify.recording import Value, record
from netwright_runtime.verify.subject import Subject

CLAIMS = ("permutation_invariant", "permutation_equivariant")


def unfit(subject: Subject) -> str:
    return "" if subject.declared.keys() & set(CLAIMS) else "the spec claims no such symmetry"


def minimum(subject: Subject) -> dict[str, int]:
    return {subject.declared[name]["over"]: 4 for name in CLAIMS if name in subject.declared}


def check(subject: Subject, trial: Trial) -> Iterator[Finding]:
    for name in CLAIMS:
        claim = subject.declared.get(name)
        if claim and chosen(subject.slots(trial.given), claim["over"]):
            yield from _broken(subject, trial, claim, name == "permutation_invariant")


def _broken(
    subject: Subject, trial: Trial, claim: Mapping[str, Any], invariant: bool
) -> Iterator[Finding]:
    dim = claim["over"]
    graph = subject.graph(trial.given, dtype=torch.float64)
    inputs = subject.inputs(trial, torch.float64)
    order = torch.randperm(trial.size[dim], generator=torch.Generator().manual_seed(trial.seed))
    with torch.no_grad():
        before = record(graph, inputs)
        after = record(graph, reordered(subject, trial, inputs, dim, order, claim.get("indices")))
    found = _parted(before, after, dim, order, invariant)
    if found is not None:
        does = "stays the same" if invariant else "follows it"
        yield Finding(
            f"in another order of `{dim}`, not everything {does}: this value depends on the order",
            found.path,
            found.place,
        )


def reordered(
    subject: Subject,
    trial: Trial,
    inputs: Mapping[str, Any],
    dim: str,
    order: Tensor,
    indices: list[str] | None = None,
) -> dict[str, Any]:
    """The inputs in another order along `dim`; those in `indices` number the items anew."""
    found = dict(inputs)
    for slot in chosen(subject.slots(trial.given), dim):
        moved = partial(permuted, shape=slot.shape, dim=dim, order=order)
        found[slot.name] = each(found[slot.name], moved)
    for name in indices or ():
        if name in found:
            found[name] = each(found[name], lambda v: order.argsort()[v.long()].to(v.dtype))
    return found


def permuted(value: Tensor, shape: Shape, dim: str, order: Tensor) -> Tensor:
    """A value in another order along every axis that is `dim`."""
    for axis in axes(shape, dim):
        value = value.index_select(axis, order)
    return value


def _parted(
    before: list[Value], after: list[Value], dim: str, order: Tensor, invariant: bool
) -> Value | None:
    """The first value that depends on the order, on the way to an output that does."""
    allowed = tolerance(value.value for value in before)

    def telling(value: Tensor, shape: Shape) -> Tensor | None:
        return None if mixed(shape, dim) or not value.is_floating_point() else value

    def follows(value: Tensor, shape: Shape) -> Tensor | None:
        kept = telling(value, shape)
        return None if kept is None else permuted(kept, shape, dim, order)

    if not invariant:
        return parted(before, after, follows, telling, allowed)
    wrong = parted(before, after, telling, telling, allowed, at_output=True)
    return wrong and (parted(before, after, follows, telling, allowed) or wrong)


PROPERTY = Property("permutations", check, __doc__ or "", unfit, minimum=minimum)
