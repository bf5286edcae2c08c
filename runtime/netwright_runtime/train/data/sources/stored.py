"""Arrays in memory, and arrays that stay in their files."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class InMemory:
    """An array that was read."""

    array: NDArray[Any]


@dataclass(frozen=True)
class OnDisk:
    """An array that each process maps into its memory by itself: pickle would copy it.

    dtype  of a file that holds nothing but items; None for a file with NumPy's header
    """

    path: Path
    dtype: str | None = None

    @cached_property
    def array(self) -> NDArray[Any]:
        """The array; ValueError for a file with a header that is none, or holds objects."""
        if self.dtype is not None:
            return np.memmap(self.path, np.dtype(self.dtype), mode="r")
        array: NDArray[Any] = np.load(self.path, mmap_mode="r", allow_pickle=False)
        return array

    def __getstate__(self) -> dict[str, Any]:
        return {"path": self.path, "dtype": self.dtype}


Stored = InMemory | OnDisk
