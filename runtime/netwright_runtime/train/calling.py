"""A model called with a batch: inputs by the names of columns, outputs by their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from netwright.artifact import Manifest
from torch import Tensor

from netwright_runtime.train.data.columns import Sample


@dataclass(frozen=True)
class Signature:
    """How a batch goes in and outputs come out.

    inputs   the column for each input of the model
    outputs  the names of the outputs, in order
    """

    inputs: Mapping[str, str]
    outputs: Sequence[str]

    @classmethod
    def of(cls, manifest: Manifest, inputs: Mapping[str, str]) -> Signature:
        return cls(inputs, tuple(port.name for port in manifest.outputs))

    def arguments(self, batch: Sample) -> dict[str, Tensor]:
        """The model's arguments by name."""
        return {name: batch[column] for name, column in self.inputs.items()}

    def named(self, given: Any) -> dict[str, Tensor]:
        """What the model gave, by the names of its outputs; lists of tensors are left out."""
        values = (given,) if len(self.outputs) == 1 else given
        pairs = zip(self.outputs, values, strict=True)
        return {name: value for name, value in pairs if isinstance(value, Tensor)}
