"""A sample's output depends on that sample alone.

Proves that nothing mixes across the batch in evaluation: one sample is changed, and no other
sample's values may change, in any node. Karpathy's recipe and several test suites check this on the
outputs by gradient; by comparison of every node it is found where it happens, for integer inputs
too. It does not apply to a model without a batch dim (`properties: {batch: null}`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from netwright_runtime.model.compiled import size_text
from netwright_runtime.verify.compare import identical
from netwright_runtime.verify.property import Finding, Property, Trial
from netwright_runtime.verify.recording import Value, record
from netwright_runtime.verify.subject import Subject


def unfit(subject: Subject) -> str:
    return "" if subject.batch is not None else "the model has no batch dim"


def check(subject: Subject, trial: Trial) -> Iterator[Finding]:
    batch = subject.batch
    assert batch is not None
    graph = subject.graph(trial.given)
    inputs = subject.inputs(trial)
    other = subject.inputs(Trial(trial.sizes, trial.given, trial.seed + 1))
    changed = {
        slot.name: _changed(inputs[slot.name], other[slot.name], slot.shape, batch)
        for slot in subject.slots(trial.given)
    }
    with torch.no_grad():
        before, after = record(graph, inputs), record(graph, changed)
    for a, b in zip(before, after, strict=True):
        if _mixes(a, b, batch):
            yield Finding(
                f"another sample of `{batch}` changes this one's values",
                a.path,
                a.place,
                "in a model without independent samples, say `properties: {batch: null}`",
            )
            return


def _changed(value: Any, other: Any, shape: tuple[int | str, ...], batch: str) -> Any:
    """`value` with its last sample replaced by that of `other`."""
    if isinstance(value, list):
        return [_changed(v, o, shape, batch) for v, o in zip(value, other, strict=True)]
    if batch not in shape:
        return value
    axis = shape.index(batch)
    last = value.shape[axis] - 1
    return torch.cat([value.narrow(axis, 0, last), other.narrow(axis, last, 1)], axis)


def _mixes(before: Value, after: Value, batch: str) -> bool:
    """Whether the samples before the last differ between two runs."""
    if before.type is None or not isinstance(before.value, Tensor):
        return False
    shape = [size_text(size) for size in before.type.shape]
    if shape.count(batch) != 1:
        return False
    axis = shape.index(batch)
    kept = before.value.shape[axis] - 1
    return not identical(before.value.narrow(axis, 0, kept), after.value.narrow(axis, 0, kept))


PROPERTY = Property(
    "batch_independence", check, __doc__ or "", unfit, minimum=lambda subject: subject.two_samples
)
