"""Samples to a batch; ragged columns are padded to the longest, with a mask beside them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import torch
from netwright.recipe.loss import IGNORED
from torch import Tensor

from netwright_runtime.train.data.columns import Column, Sample

MASK = "{}_mask"
"""The name of the column that tells values (1) of a ragged column from padding (0)."""


@dataclass(frozen=True)
class Collate:
    """Makes a batch from samples: each column stacked along a new first axis.

    targets  ragged ones of whole numbers are padded with -100, which losses leave out; all other
             columns are padded with 0
    batched  a sample is a batch already
    """

    columns: Mapping[str, Column]
    targets: Collection[str] = ()
    batched: bool = False

    def __call__(self, samples: Sequence[Sample]) -> Sample:
        if self.batched:
            (batch,) = samples
            return dict(batch)
        made: Sample = {}
        for name in samples[0]:
            values = [sample[name] for sample in samples]
            column = self.columns.get(name)
            if column is None or not column.ragged:
                made[name] = torch.stack(values)
                continue
            whole = column.dtype != "float" and name in self.targets
            made[name] = _padded(values, IGNORED if whole else 0)
            axes = [axis for axis, size in enumerate(column.shape) if size is None]
            made[MASK.format(name)] = _mask(values, axes)
        return made


def _padded(values: Sequence[Tensor], filling: int) -> Tensor:
    """`(B, ...)`, as large along each axis as the largest of `values`."""
    sizes = [max(axis) for axis in zip(*(value.shape for value in values), strict=True)]
    made = values[0].new_full((len(values), *sizes), filling)
    for row, value in zip(made, values, strict=True):
        row[tuple(slice(size) for size in value.shape)] = value
    return made


def _mask(values: Sequence[Tensor], axes: Sequence[int]) -> Tensor:
    """1 where there is a value, along the ragged axes: `int64 (B, T)` for texts."""
    return _padded([torch.ones([v.shape[axis] for axis in axes]).long() for v in values], 0)
