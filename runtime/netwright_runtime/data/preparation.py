"""The preprocessing that a training run saved, as arrays: what a service does with raw data.

`netwright_runtime.train.data.preprocessing` fits and writes it, and does the same to tensors.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from netwright_runtime.data import encodings
from netwright_runtime.data.encodings import Array, Encoding, Record

FORMAT = 1
"""Version of `preprocessing.json`."""


@dataclass(frozen=True)
class Normalised:
    """Mean 0 and deviation 1; `axes` axes of a sample come after that of the features."""

    mean: tuple[float, ...]
    deviation: tuple[float, ...]
    axes: int

    def apply(self, values: Array) -> Array:
        """Normalised values of a sample `(..., F, ...)`."""
        made: Array = (values.astype(np.float64) - self._of(self.mean)) / self._of(self.deviation)
        return made.astype(values.dtype)

    def undo(self, values: Array) -> Array:
        """What `apply` made the values from."""
        made: Array = values.astype(np.float64) * self._of(self.deviation) + self._of(self.mean)
        return made.astype(values.dtype)

    def _of(self, numbers: tuple[float, ...]) -> Array:
        shape = () if len(numbers) == 1 else (-1, *(1,) * self.axes)
        return np.array(numbers, dtype=np.float64).reshape(shape)


@dataclass(frozen=True)
class Preparation:
    """How records become inputs, and outputs become answers.

    inputs     the column of each input of the model
    encodings  by column, how it is made from a record
    target     the columns that are predicted; `classes` are its names, by index
    """

    inputs: Mapping[str, str] = field(default_factory=dict)
    encodings: Mapping[str, Encoding] = field(default_factory=dict)
    normalised: Mapping[str, Normalised] = field(default_factory=dict)
    target: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Preparation:
        """From the content of `preprocessing.json`; raises ValueError for another format."""
        if data.get("format") != FORMAT:
            raise ValueError(f"the preprocessing is not of format {FORMAT}")
        return cls(
            data["inputs"],
            {name: encodings.from_data(e) for name, e in data["encodings"].items()},
            {
                name: Normalised(tuple(n["mean"]), tuple(n["deviation"]), n["axes"])
                for name, n in data["normalisations"].items()
            },
            tuple(data["target"]),
            tuple(data["classes"]),
        )

    def read(self, record: Record) -> dict[str, Array]:
        """The model's inputs from a record.

        Raises:
            DataError: a field is missing or does not fit; `where` names it.
        """
        return {name: self._column(column, record) for name, column in self.inputs.items()}

    def undo(self, values: Array) -> Array:
        """Predicted values in the units of the data, where one column is predicted."""
        known = self.normalised.get(self.target[0]) if len(self.target) == 1 else None
        return values if known is None else known.undo(values)

    def _column(self, column: str, record: Record) -> Array:
        encoding = self.encodings.get(column)
        raw = np.asarray(record[column]) if encoding is None else encoding(record)
        known = self.normalised.get(column)
        return raw if known is None else known.apply(raw)
