"""What a source of data is: samples by number, and a description of each column."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import torch
from torch import Tensor
from torch.utils.data import Dataset

from netwright_runtime.data.encodings import Encoding

Sample: TypeAlias = dict[str, Tensor]
"""The columns of one sample, without a batch axis; or of a batch, with it."""

DTYPES = {
    torch.bool: "bool", torch.uint8: "uint8", torch.int8: "int8", torch.int16: "int16",
    torch.int32: "int32", torch.int64: "int", torch.float16: "float16",
    torch.bfloat16: "bfloat16", torch.float32: "float", torch.float64: "float64",
}  # fmt: skip
"""Torch's dtypes in the language of specs. Models are trained in float32 or by its casts."""


@dataclass(frozen=True)
class Column:
    """What is known of a column without reading it.

    dtype     as specs name it: `float`, `int`, `bool`
    shape     of one sample; None for a size that differs from sample to sample
    classes   what the numbers of a column of classes stand for, in order
    below     of whole numbers: each is less; None where that is not known
    features  the axis along which each item is normalised by itself; None for all items together
    spatial   the last two axes are height and width, and flips and crops move them
    like      the column whose mean and deviation normalise this one too
    encoding  how it comes from what a file holds; None where it is made, not read
    """

    dtype: str
    shape: tuple[int | None, ...]
    doc: str = ""
    classes: tuple[str, ...] = ()
    below: int | None = None
    features: int | None = None
    spatial: bool = False
    like: str = ""
    encoding: Encoding | None = None

    @property
    def ragged(self) -> bool:
        """Whether samples have to be padded to make a batch."""
        return None in self.shape

    def __str__(self) -> str:
        """As a type is written: `float[3, ?, ?]`."""
        return f"{self.dtype}[{', '.join('?' if s is None else str(s) for s in self.shape)}]"


class Columns(Dataset[Sample], ABC):
    """A source of samples: a map-style dataset with a description, which worker processes get by
    pickle where they are not forked.

    columns  by name, all that a sample holds
    target   the columns to predict, where the source knows
    task     `classification`, `regression`, `language`, ..., or empty
    splits   the numbers of the samples in each split, where the source divides itself
    gap      None where samples have nothing to do with one another. A number: they follow on one
             another in time, and so do splits, with so many samples between them left out
    batched  each sample is a batch already (a graph); no batch axis is added
    """

    columns: Mapping[str, Column]
    target: tuple[str, ...] = ()
    task: str = ""
    splits: Mapping[str, Sequence[int]] | None = None
    gap: int | None = None
    batched: bool = False

    @abstractmethod
    def __len__(self) -> int:
        """How many samples there are."""

    @abstractmethod
    def __getitem__(self, index: int) -> Sample:
        """A sample: the same for the same index, in any process."""

    @abstractmethod
    def fingerprint(self) -> str:
        """The SHA-256 of the content: another one where any sample differs."""

    def values(self, name: str, numbers: Tensor) -> Tensor:
        """A column of the samples `numbers`, stacked; sources override it to read no more."""
        return torch.stack([self[index][name] for index in numbers.tolist()])

    def class_names(self) -> Iterable[str]:
        """The classes of the target, where it has one column of classes."""
        return self.columns[self.target[0]].classes if len(self.target) == 1 else ()
