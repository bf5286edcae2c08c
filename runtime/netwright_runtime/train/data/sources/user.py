"""Users' own datasets, described by what they say and by their first sample."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from netwright.recipe.registering import ROOT, UserSource

from netwright_runtime.data.errors import DataError
from netwright_runtime.train.data import hashing
from netwright_runtime.train.data.columns import DTYPES, Column, Columns, Sample
from netwright_runtime.train.data.holding import Described


def opened(arguments: UserSource, root: Path) -> Columns:
    """What the factory of a user's source gives for these arguments."""
    kind = type(arguments)
    given = {name: getattr(arguments, name) for name in kind.model_fields}
    made = kind.factory(**given, **({ROOT: root} if kind.takes_root else {}))
    return made if isinstance(made, Columns) else Adapted(made)


class Adapted(Columns):
    """A map-style dataset of the user's, described by its first sample where it says nothing."""

    def __init__(self, dataset: Any) -> None:
        self._dataset = dataset
        about = Described(getattr(dataset, "columns", None) or _described(self._sample(0)))
        self.columns = about.columns
        target = getattr(dataset, "target", about.target)
        self.target = (target,) if isinstance(target, str) else tuple(target)
        self.task = getattr(dataset, "task", about.task)
        self.splits = getattr(dataset, "splits", about.splits)
        self.gap = getattr(dataset, "gap", about.gap)
        self.batched = getattr(dataset, "batched", about.batched)

    def __len__(self) -> int:
        return len(self._dataset)

    def __getitem__(self, index: int) -> Sample:
        sample = self._sample(index)
        for name, column in self.columns.items():
            if name not in sample or not _fits(sample[name], column):
                found = sample[name].shape if name in sample else "nothing"
                raise DataError(
                    (),
                    f"sample {index}: `{name}` is {column}, found {found}",
                    "let all samples be alike, or describe the columns by `columns`",
                )
        return sample

    def _sample(self, index: int) -> Sample:
        sample = self._dataset[index]
        if not isinstance(sample, Mapping):
            raise DataError(
                (),
                f"sample {index} is a {type(sample).__name__}",
                "let the dataset give mappings from column to tensor",
            )
        return {name: _tensor(value) for name, value in sample.items()}

    def fingerprint(self) -> str:
        """The dataset's own, or the hash of all of its samples."""
        own = getattr(self._dataset, "fingerprint", None)
        if own is not None:
            return str(own())
        digest = hashlib.sha256()
        for index in range(len(self)):
            digest.update(hashing.of_tensors(self[index]).encode())
        return digest.hexdigest()


def _tensor(value: Any) -> torch.Tensor:
    """Floats as float32, whole numbers as int64."""
    tensor = torch.as_tensor(value)
    if tensor.is_floating_point():
        return tensor.float()
    return tensor if tensor.dtype == torch.bool else tensor.long()


def _described(sample: Sample) -> dict[str, Column]:
    return {
        name: Column(DTYPES[tensor.dtype], tuple(tensor.shape)) for name, tensor in sample.items()
    }


def _fits(tensor: torch.Tensor, column: Column) -> bool:
    sizes: Sequence[int | None] = column.shape
    return tensor.ndim == len(sizes) and all(
        size in (None, actual) for size, actual in zip(sizes, tensor.shape, strict=True)
    )
