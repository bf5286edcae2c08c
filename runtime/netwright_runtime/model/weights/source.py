"""A tensor of a file, on its way to the model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor

Shapes = Mapping[str, Sequence[int]]
"""The shapes of a model's weights, by name."""


@dataclass(frozen=True, eq=False)
class Source:
    """A tensor of a file, under the name that it has in the model.

    key     its name in the file; of several that were joined or stacked, the first
    part    of a tensor that was split or unstacked, which one, and of how many: (0, 3) is the first
    others  the names of further tensors of the file that are in it
    made    what was done to it, of `split`, `unstacked`, `joined`, `stacked`, `transposed`
    """

    name: str
    key: str
    tensor: Tensor
    part: tuple[int, int] | None = None
    others: tuple[str, ...] = ()
    made: tuple[str, ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        """Its names in the file."""
        return (self.key, *self.others)
