"""No output at a position depends on inputs at later ones.

Proves what `properties: {causal: {over: T}}` claims. All inputs after a position are changed, and
up to that position every value has to stay: not of the outputs alone, so that the first node that
looks ahead is named. Tests of language models do this for
logits. It runs in double, and with no tolerance to speak of: a mask that adds -20 instead of -inf
leaks, too. It does not apply to a model that does not claim it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor

from netwright_runtime.model.sizes import evaluate, names_in
from netwright_runtime.verify.axes import Shape, View, chosen, others, parted
from netwright_runtime.verify.property import Finding, Property, Trial
from netwright_runtime.verify.recording import record
from netwright_runtime.verify.subject import Subject

EXACT = 1e-12
"""Both runs call the same kernels on the same shapes, so that rounding is the same in both."""


def unfit(subject: Subject) -> str:
    return "" if "causal" in subject.declared else "the spec does not claim `causal`"


def minimum(subject: Subject) -> dict[str, int]:
    return {subject.declared["causal"]["over"]: 4}


def check(subject: Subject, trial: Trial) -> Iterator[Finding]:
    dim = subject.declared["causal"]["over"]
    if not chosen(subject.slots(trial.given), dim):
        return
    last = random.Random(trial.seed).randrange(trial.size[dim] - 1)
    graph = subject.graph(trial.given, dtype=torch.float64)
    inputs = subject.inputs(trial, torch.float64)
    view = until(dim, last, trial.size)
    with torch.no_grad():
        before = record(graph, inputs)
        after = record(graph, _later_changed(subject, trial, inputs, dim, last))
    found = parted(before, after, view, view, EXACT)
    if found is not None:
        yield Finding(
            f"inputs after position {last} of `{dim}` change values up to it",
            found.path,
            found.place,
            "mask what lies ahead, or pad on the left alone",
        )


def _later_changed(
    subject: Subject, trial: Trial, inputs: Mapping[str, Any], dim: str, last: int
) -> dict[str, Any]:
    """The inputs with other values at all positions after `last`."""
    found = dict(inputs)
    other = others(subject, trial, torch.float64)
    for slot in chosen(subject.slots(trial.given), dim):
        axis = slot.shape.index(dim)
        found[slot.name] = _spliced(inputs[slot.name], other[slot.name], axis, last + 1)
    return found


def _spliced(first: Any, second: Any, axis: int, at: int) -> Any:
    """The items of `first` before `at`, then those of `second`."""
    if isinstance(first, list):
        return [_spliced(a, b, axis, at) for a, b in zip(first, second, strict=True)]
    rest = second.shape[axis] - at
    return torch.cat([first.narrow(axis, 0, at), second.narrow(axis, at, rest)], axis)


def until(dim: str, last: int, sizes: Mapping[str, int]) -> View:
    """What belongs to the positions up to `last`: along every axis, as many items as a call with
    that many positions has. `B * T` does not tell which items these are."""

    def view(value: Tensor, shape: Shape) -> Tensor | None:
        for axis, size in enumerate(shape):
            if isinstance(size, str) and dim in names_in(size):
                if "*" in size:
                    return None
                kept = int(evaluate(size, {**sizes, dim: last + 1}))
                value = value.narrow(axis, 0, min(max(kept, 0), value.shape[axis]))
        return value if any(dim in names_in(s) for s in shape if isinstance(s, str)) else None

    return view


PROPERTY = Property("causality", check, __doc__ or "", unfit, minimum=minimum)
