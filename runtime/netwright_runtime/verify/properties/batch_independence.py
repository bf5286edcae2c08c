"""A sample's output depends on that sample alone.

Proves that nothing mixes across the batch in evaluation: the last sample is changed, then the
first, and no other sample's values may change, in any node. Karpathy's recipe and several test
suites check this on the outputs by gradient; by comparison of every node it is found where it
happens, for integer inputs too. It does not apply to a model without a batch dim
(`properties: {batch: null}`).
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
    with torch.no_grad():
        before = record(graph, inputs)
    for sample in (trial.size[batch] - 1, 0):
        changed = {
            slot.name: _changed(inputs[slot.name], other[slot.name], slot.shape, batch, sample)
            for slot in subject.slots(trial.given)
        }
        with torch.no_grad():
            after = record(graph, changed)
        for a, b in zip(before, after, strict=True):
            if _mixes(a, b, batch, sample):
                yield Finding(
                    f"another sample of `{batch}` changes this one's values",
                    a.path,
                    a.place,
                    "in a model without independent samples, say `properties: {batch: null}`",
                )
                return


def _changed(value: Any, other: Any, shape: tuple[int | str, ...], batch: str, sample: int) -> Any:
    """`value` with one sample replaced by that of `other`."""
    if isinstance(value, list):
        pairs = zip(value, other, strict=True)
        return [_changed(v, o, shape, batch, sample) for v, o in pairs]
    if batch not in shape:
        return value
    axis = shape.index(batch)
    changed = value.clone()
    changed.select(axis, sample).copy_(other.select(axis, sample))
    return changed


def _mixes(before: Value, after: Value, batch: str, sample: int) -> bool:
    """Whether samples other than the one that was changed differ between two runs."""
    if before.type is None or not isinstance(before.value, Tensor):
        return False
    shape = [size_text(size) for size in before.type.shape]
    if batch not in shape:
        return False
    axis = shape.index(batch)
    kept = torch.tensor([k for k in range(before.value.shape[axis]) if k != sample])
    left, right = before.value.index_select(axis, kept), after.value.index_select(axis, kept)
    return not identical(left, right)


PROPERTY = Property(
    "batch_independence", check, __doc__ or "", unfit, minimum=lambda subject: subject.two_samples
)
