"""What happens to the values of a column before a model sees them, in training and afterwards.

It is fitted on the training split alone, and saved beside the weights.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from netwright_runtime.data import encodings
from netwright_runtime.data.encodings import Encoding, Record
from netwright_runtime.data.errors import DataError, unknown
from netwright_runtime.train.data.columns import Column, Columns, Sample

FORMAT = 1
"""Version of the JSON; a reader refuses what it does not know."""

AT_ONCE = 256
"""Samples that are in memory together while normalisation is fitted."""


@dataclass(frozen=True)
class Normalisation:
    """Mean 0 and deviation 1, in float64 until the last step.

    mean, deviation  a number, or one for each feature
    axes             how many axes of a sample come after that of the features
    """

    mean: tuple[float, ...]
    deviation: tuple[float, ...]
    axes: int = 0

    def apply(self, values: Tensor) -> Tensor:
        """Normalised values of a sample `(..., F, ...)`, or of a batch."""
        mean, deviation = self._tensors
        return ((values.double() - mean) / deviation).to(values.dtype)

    def undo(self, values: Tensor) -> Tensor:
        """What `apply` made the values from."""
        mean, deviation = (tensor.to(values.device) for tensor in self._tensors)
        return (values.double() * deviation + mean).to(values.dtype)

    @cached_property
    def _tensors(self) -> tuple[Tensor, Tensor]:
        """Mean and deviation, shaped to be taken from a sample or from a batch."""
        shape = () if len(self.mean) == 1 else (-1, *(1,) * self.axes)
        mean, deviation = torch.tensor([self.mean, self.deviation], dtype=torch.float64)
        return mean.reshape(shape), deviation.reshape(shape)


@dataclass(frozen=True)
class Preprocessing:
    """All that a trained model needs to be given raw data.

    inputs          the column of each input of the model
    encodings       by column, how it is made from a record; none for a column that is not read
    normalisations  by column
    classes         of the target, by index
    target          the columns that are predicted
    """

    inputs: Mapping[str, str] = field(default_factory=dict)
    encodings: Mapping[str, Encoding] = field(default_factory=dict)
    normalisations: Mapping[str, Normalisation] = field(default_factory=dict)
    target: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()

    def apply(self, sample: Sample) -> Sample:
        """A sample or a batch with its columns normalised."""
        return {
            name: self.normalisations[name].apply(values) if name in self.normalisations else values
            for name, values in sample.items()
        }

    def read(self, record: Record) -> Sample:
        """The inputs' columns of one record, encoded and normalised: what `apply` takes and gives.

        Raises:
            DataError: a field is missing or does not fit; `where` names it.
        """
        columns = [name for name in dict.fromkeys(self.inputs.values()) if name in self.encodings]
        encoded = {name: torch.from_numpy(self.encodings[name](record)) for name in columns}
        return self.apply(encoded)

    def undo(self, column: str, values: Tensor) -> Tensor:
        """Predicted values of a column in the units of the data."""
        normalisation = self.normalisations.get(column)
        return values if normalisation is None else normalisation.undo(values)

    def to_json(self) -> str:
        """The text of `preprocessing.json`; equal ones give equal bytes."""
        data = {
            "format": FORMAT,
            "inputs": dict(self.inputs),
            "encodings": {n: encodings.to_data(e) for n, e in self.encodings.items()},
            "normalisations": {n: asdict(norm) for n, norm in self.normalisations.items()},
            "target": self.target,
            "classes": self.classes,
        }
        return json.dumps(data, indent=1, ensure_ascii=False, sort_keys=True) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Preprocessing:
        """What `to_json` wrote; raises ValueError for anything else."""
        data = json.loads(text)
        if not isinstance(data, dict) or data.get("format") != FORMAT:
            raise ValueError(f"the preprocessing is not of format {FORMAT}")
        return cls(
            data["inputs"],
            {name: encodings.from_data(e) for name, e in data["encodings"].items()},
            {name: _normalisation(norm) for name, norm in data["normalisations"].items()},
            tuple(data["target"]),
            tuple(data["classes"]),
        )


def _normalisation(data: Mapping[str, Any]) -> Normalisation:
    return Normalisation(tuple(data["mean"]), tuple(data["deviation"]), data["axes"])


def fitted(source: Columns, training: Tensor, names: Iterable[str]) -> dict[str, Normalisation]:
    """The normalisation of each of these columns, by the samples `training` alone.

    A column that is `like` another is normalised as that one. A feature that never changes keeps
    its size and only loses its mean.
    """
    own = {name: source.columns[name].like or name for name in names}
    sums = {leader: _Moments(source.columns[leader]) for leader in own.values()}
    for name, moments in sums.items():
        size = 1 if source.columns[name].ragged else AT_ONCE
        for start in range(0, len(training), size):
            moments.add(source.values(name, training[start : start + size]))
    return {name: sums[leader].normalisation() for name, leader in own.items()}


def check(source: Columns, name: str, place: int) -> None:
    """DataError where column `name`, at `place` of the recipe's list, cannot be normalised."""
    where = ("data", "normalise", place)
    if name not in source.columns:
        raise unknown(where, "column", name, source.columns)
    if source.columns[name].dtype != "float":
        raise DataError(
            where, f"`{name}` is {source.columns[name]}, and has no deviation", "leave it out"
        )


class _Moments:
    """Mean and variance of samples that come some at a time (Chan, Golub, LeVeque 1983)."""

    def __init__(self, column: Column) -> None:
        self._column = column
        self._count = 0
        self._mean = torch.zeros((), dtype=torch.float64)
        self._squares = torch.zeros((), dtype=torch.float64)

    def add(self, values: Tensor) -> None:
        """Take in some samples, `(n, ...)`."""
        axis = self._column.features
        wide = values.double()
        rows = wide[None] if axis is None else wide.movedim(axis + 1 if axis >= 0 else axis, 0)
        rows = rows.reshape(len(rows), -1)
        count = rows.shape[1]
        mean = rows.mean(1)
        squares = ((rows - mean[:, None]) ** 2).sum(1)
        total = self._count + count
        difference = mean - self._mean
        self._mean = self._mean + difference * count / total
        self._squares = self._squares + squares + difference**2 * self._count * count / total
        self._count = total

    def normalisation(self) -> Normalisation:
        deviation = (self._squares / self._count).sqrt()
        deviation = torch.where(deviation > 0, deviation, 1.0)
        axis = self._column.features
        axes = 0 if axis is None else len(self._column.shape) - 1 - axis % len(self._column.shape)
        return Normalisation(tuple(self._mean.tolist()), tuple(deviation.tolist()), axes)
