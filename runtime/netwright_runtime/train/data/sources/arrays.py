"""NumPy arrays, from `.npz` into memory and from `.npy` mapped into memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from netwright.recipe.sources import Npy, Npz
from numpy.typing import NDArray
from torch import Tensor

from netwright_runtime.data.encodings import Pixels, Values
from netwright_runtime.data.errors import DataError, unknown
from netwright_runtime.train.data import hashing
from netwright_runtime.train.data.columns import DTYPES, Column, Columns, Sample
from netwright_runtime.train.data.errors import located
from netwright_runtime.train.data.sources import paths
from netwright_runtime.train.data.sources.stored import InMemory, OnDisk, Stored

Array = NDArray[np.generic]

_KINDS = {"f": "float", "i": "int", "u": "int", "b": "bool"}
"""NumPy's kinds of dtypes, and what a sample's tensor is."""


class Arrays(Columns):
    """Arrays with samples along the first axis, read when a sample is asked for."""

    def __init__(
        self, stored: Mapping[str, Stored], arguments: Npz | Npy, files: Sequence[tuple[str, Path]]
    ) -> None:
        arrays = {name: held.array for name, held in stored.items()}
        _check(arrays, arguments)
        self._stored = stored
        self._files = files
        self._encodings = {name: _encoding(name, arrays[name], arguments) for name in arrays}
        self.columns = {name: self._column(name) for name in arrays}
        self.target = tuple(arguments.target or ())

    def __len__(self) -> int:
        return len(next(iter(self._stored.values())).array)

    def __getitem__(self, index: int) -> Sample:
        return {name: self._tensor(name, index) for name in self._stored}

    def values(self, name: str, numbers: Tensor) -> Tensor:
        return torch.stack([self._tensor(name, index) for index in numbers.tolist()])

    def fingerprint(self) -> str:
        return hashing.of_files(self._files)

    def _tensor(self, name: str, index: int) -> Tensor:
        return torch.from_numpy(self._encodings[name]({name: self._stored[name].array[index]}))

    def _column(self, name: str) -> Column:
        """Images `(C, H, W)` are normalised by channel, others by their last axis."""
        first = self._tensor(name, 0)
        dtype = DTYPES[first.dtype]
        image = dtype == "float" and first.ndim == 3
        features = None if first.ndim == 0 else 0 if image else -1
        encoding = self._encodings[name]
        return Column(
            dtype, tuple(first.shape), features=features, spatial=image, encoding=encoding
        )


def _encoding(name: str, array: Array, arguments: Npz | Npy) -> Pixels | Values:
    if name in arguments.images:
        return Pixels(name)
    return Values(name, "float" if name in arguments.floats else _KINDS[array.dtype.kind])


def npz(arguments: Npz, root: Path) -> Arrays:
    """A column for each array of the file."""
    path = paths.file(root, arguments.file, "file")
    with located("file"), _reading(path):
        found = np.load(path, allow_pickle=False)
        if isinstance(found, np.ndarray) or not found:
            raise DataError((), f"`{path}` holds no named arrays", "write it by `numpy.savez`")
        arrays = {name: InMemory(found[name]) for name in found}
    return Arrays(arrays, arguments, [("npz", path)])


def npy(arguments: Npy, root: Path) -> Arrays:
    """A column for each file; the arrays stay on disk."""
    arrays: dict[str, Stored] = {}
    files = []
    for name, given in arguments.columns.items():
        path = paths.file(root, given, "columns", name)
        arrays[name] = OnDisk(path)
        with located("columns", name), _reading(path):
            if not isinstance(arrays[name].array, np.ndarray):
                raise DataError((), f"`{path}` holds several arrays", "use the source `npz`")
        files.append((name, path))
    return Arrays(arrays, arguments, files)


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """NumPy's errors are told. Pickled objects are refused: they could run code."""
    try:
        yield
    except (OSError, ValueError) as fault:
        raise DataError((), f"`{path}` cannot be read: {fault}", "write it by NumPy") from fault


def _check(arrays: Mapping[str, Array], arguments: Npz | Npy) -> None:
    named = {
        "images": arguments.images,
        "floats": arguments.floats,
        "target": arguments.target or (),
    }
    for key, names in named.items():
        for name in names:
            if name not in arrays:
                raise unknown((key,), "array", name, arrays)
    for name in arguments.images:
        if arrays[name].dtype != np.uint8 or arrays[name].ndim not in (3, 4):
            raise DataError(
                ("images",),
                f"the array `{name}` is {_shown(arrays[name])}, no bytes (N, H, W) or (N, H, W, C)",
                "name it under `floats`, and give it the shape that the model takes",
            )
    for name, array in arrays.items():
        if array.dtype.kind not in _KINDS or array.ndim == 0 or len(array) == 0:
            raise DataError((), f"the array `{name}` is {_shown(array)}", "give arrays of numbers")
    if len({len(array) for array in arrays.values()}) > 1:
        listed = ", ".join(f"`{name}` {len(array)}" for name, array in arrays.items())
        raise DataError((), f"the arrays differ in length: {listed}", "let them be equal")


def _shown(array: Array) -> str:
    return f"{array.dtype} {array.shape}"
