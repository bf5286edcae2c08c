"""A shift of the input shifts the outputs alike, or changes nothing.

Proves `translation_equivariant` and `translation_invariant: {over: [H, W], by: 4, margin: 8}`. The
input is shifted in a circle along each dim; `by` is a multiple of the model's total stride. Borders
break the symmetry unless all padding is circular: values that are closer than `margin` steps of the
input to one are left out, and for invariance the input is zero there and by as much further in as
it is shifted. The margin is to be at least half the receptive field. Positions, and strides that
`by` is no multiple of, are what breaks it. e3nn and escnn test such symmetries on outputs; here the
first node that breaks it is named. It runs in double. It does not apply to a model that claims
neither.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor

from netwright_runtime.model.compiled import Slot
from netwright_runtime.model.nearness import tolerance
from netwright_runtime.model.sizes import evaluate, names_in
from netwright_runtime.verify.axes import Shape, View, chosen, each, parted
from netwright_runtime.verify.property import Finding, Property, Trial
from netwright_runtime.verify.recording import record
from netwright_runtime.verify.subject import Subject

CLAIMS = ("translation_invariant", "translation_equivariant")


def unfit(subject: Subject) -> str:
    return "" if subject.declared.keys() & set(CLAIMS) else "the spec claims no such symmetry"


def minimum(subject: Subject) -> dict[str, int]:
    """Sizes that leave something between the margins."""
    found: dict[str, int] = {}
    for claim in (subject.declared[name] for name in CLAIMS if name in subject.declared):
        least = 2 * claim.get("margin", 0) + 4 * claim["by"]
        found |= {dim: max(least, found.get(dim, 0)) for dim in claim["over"]}
    return found


def check(subject: Subject, trial: Trial) -> Iterator[Finding]:
    for name in CLAIMS:
        claim = subject.declared.get(name)
        if claim is not None:
            for dim in claim["over"]:
                yield from _broken(subject, trial, claim, dim, name == "translation_invariant")


def _broken(
    subject: Subject, trial: Trial, claim: Mapping[str, Any], dim: str, invariant: bool
) -> Iterator[Finding]:
    by, margin = claim["by"], claim.get("margin", 0)
    inputs, slots = subject.inputs(trial, torch.float64), chosen(subject.slots(trial.given), dim)
    if invariant and margin:
        inputs |= {s.name: _emptied(inputs[s.name], s, dim, margin + by) for s in slots}
    moved = {s.name: _rolled(inputs[s.name], s, dim, by) for s in slots}
    graph = subject.graph(trial.given, dtype=torch.float64)
    with torch.no_grad():
        before, after = record(graph, inputs), record(graph, {**inputs, **moved})
    allowed = tolerance(value.value for value in before)
    expected, seen = (_inner(trial, dim, by, margin, roll) for roll in (True, False))
    found = parted(before, after, expected, seen, allowed)
    if invariant:
        wrong = parted(before, after, _floats, _floats, allowed, at_output=True)
        found = wrong and (found or wrong)
    if found is not None:
        does = "stays the same" if invariant else "moves with it"
        yield Finding(
            f"shifted by {by} along `{dim}`, not everything {does}: this value does not",
            found.path,
            found.place,
            "`margin` leaves out what borders reach; `by` is a multiple of the total stride",
        )


def _rolled(value: Any, slot: Slot, dim: str, by: int) -> Any:
    return each(value, lambda v: v.roll(by, slot.shape.index(dim)))


def _emptied(value: Any, slot: Slot, dim: str, width: int) -> Any:
    """An input that is zero within `width` of the borders."""
    axis = slot.shape.index(dim)

    def emptied(part: Tensor) -> Tensor:
        part = part.clone()
        part.narrow(axis, 0, width).zero_()
        part.narrow(axis, part.shape[axis] - width, width).zero_()
        return part

    return each(value, emptied)


def _floats(value: Tensor, shape: Shape) -> Tensor | None:
    return value if value.is_floating_point() else None


def _inner(trial: Trial, dim: str, by: int, margin: int, roll: bool) -> View:
    """What borders do not reach of a value, as it is or as it is expected after the shift."""

    def view(value: Tensor, shape: Shape) -> Tensor | None:
        at = [i for i, s in enumerate(shape) if isinstance(s, str) and dim in names_in(s)]
        if not value.is_floating_point() or (not at and margin):
            return None
        if not at:
            return value
        size = str(shape[at[0]])
        grown = int(evaluate(size, {**trial.size, dim: trial.size[dim] + by}))
        step = grown - value.shape[at[0]]
        kept = -(-margin * step // by)
        length = value.shape[at[0]] - 2 * kept - step
        if len(at) > 1 or "*" in size or length <= 0:
            return None
        value = value.roll(step, at[0]) if roll else value
        return value.narrow(at[0], kept + step, length) if margin else value

    return view


PROPERTY = Property("translations", check, __doc__ or "", unfit, trials=2, minimum=minimum)
