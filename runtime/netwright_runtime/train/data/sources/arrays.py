"""NumPy arrays, from `.npz` into memory and from `.npy` mapped into memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from netwright.recipe.sources import Npy, Npz
from numpy.typing import NDArray
from torch import Tensor

from netwright_runtime.train.data import hashing
from netwright_runtime.train.data.columns import Column, Columns, Sample
from netwright_runtime.train.data.encodings import Values
from netwright_runtime.train.data.errors import DataError, located, unknown
from netwright_runtime.train.data.sources import paths

Array = NDArray[np.generic]

_KINDS = {"f": "float", "i": "int", "u": "int", "b": "bool"}
"""NumPy's kinds of dtypes, and what a sample's tensor is."""

_TORCH = {"float": torch.float32, "int": torch.int64, "bool": torch.bool}


class Arrays(Columns):
    """Arrays with samples along the first axis, read when a sample is asked for."""

    def __init__(
        self, arrays: Mapping[str, Array], floats: Sequence[str], target: Sequence[str] | None,
        files: Sequence[tuple[str, Path]],
    ) -> None:  # fmt: skip
        _check(arrays, floats, target or ())
        self._arrays = arrays
        self._files = files
        self.columns = {name: _column(name, array, floats) for name, array in arrays.items()}
        self.target = tuple(target or ())

    def __len__(self) -> int:
        return len(next(iter(self._arrays.values())))

    def __getitem__(self, index: int) -> Sample:
        return {name: self._tensor(name, array[index]) for name, array in self._arrays.items()}

    def values(self, name: str) -> Tensor:
        return self._tensor(name, self._arrays[name])

    def fingerprint(self) -> str:
        return hashing.of_files(self._files)

    def _tensor(self, name: str, values: object) -> Tensor:
        return torch.from_numpy(np.array(values)).to(_TORCH[self.columns[name].dtype])


def npz(arguments: Npz, root: Path) -> Arrays:
    """A column for each array of the file."""
    path = paths.file(root, arguments.file, "file")
    with located("file"):
        arrays = _read(path, mapped=False)
    if not isinstance(arrays, Mapping) or not arrays:
        raise DataError(("file",), f"`{path}` holds no named arrays", "write it by `numpy.savez`")
    return Arrays(dict(arrays), arguments.floats, arguments.target, [("npz", path)])


def npy(arguments: Npy, root: Path) -> Arrays:
    """A column for each file; the arrays stay on disk."""
    arrays: dict[str, Array] = {}
    files = []
    for name, given in arguments.columns.items():
        path = paths.file(root, given, "columns", name)
        with located("columns", name):
            array = _read(path, mapped=True)
        if not isinstance(array, np.ndarray):
            raise DataError(("columns", name), f"`{path}` holds no array", "use the source `npz`")
        arrays[name] = array
        files.append((name, path))
    return Arrays(arrays, arguments.floats, arguments.target, files)


def _read(path: Path, mapped: bool) -> object:
    """What the file holds. Pickled objects are refused: they could run code."""
    try:
        found = np.load(path, mmap_mode="r" if mapped else None, allow_pickle=False)
        return found if isinstance(found, np.ndarray) else {name: found[name] for name in found}
    except (OSError, ValueError) as fault:
        raise DataError((), f"`{path}` cannot be read: {fault}", "write it by NumPy") from fault


def _check(arrays: Mapping[str, Array], floats: Sequence[str], target: Sequence[str]) -> None:
    for key, names in (("floats", floats), ("target", target)):
        for name in names:
            if name not in arrays:
                raise unknown((key,), "array", name, arrays)
    for name, array in arrays.items():
        if array.dtype.kind not in _KINDS or array.ndim == 0:
            raise DataError(
                (), f"the array `{name}` is {array.dtype} {array.shape}", "give arrays of numbers"
            )
    if len({len(array) for array in arrays.values()}) > 1:
        listed = ", ".join(f"`{name}` {len(array)}" for name, array in arrays.items())
        raise DataError((), f"the arrays differ in length: {listed}", "let them be equal")


def _column(name: str, array: Array, floats: Sequence[str]) -> Column:
    """An array of images `(N, C, H, W)` is normalised by channel, others by their last axis."""
    dtype = "float" if name in floats else _KINDS[array.dtype.kind]
    image = dtype == "float" and array.ndim == 4
    features = None if array.ndim == 1 else 0 if image else -1
    return Column(
        dtype, array.shape[1:], features=features, spatial=image, encoding=Values(name, dtype)
    )
