"""WebDataset shards: plain tar files, read by number through an index.

The index is made once, when the source is opened, from the headers alone. A sample is then one
seek away, so that shuffling is exact over all shards and a resumed run meets the same samples.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, overload

import numpy as np
from netwright.recipe.sources import Shards

from netwright_runtime.data.encodings import Encoding, Image, Record, Values
from netwright_runtime.data.errors import DataError, unknown
from netwright_runtime.train.data import hashing
from netwright_runtime.train.data.columns import Column
from netwright_runtime.train.data.holding import Described, Records

IMAGES = ("jpg", "jpeg", "png", "webp", "ppm", "pgm")
CLASSES = ("cls", "cls2")
ARRAYS = ("npy",)


@dataclass(frozen=True)
class Piece:
    """Where the bytes of one file of a sample lie in a tar file."""

    tar: Path
    start: int
    size: int

    def read(self) -> bytes:
        """The bytes; they are read anew each time, so that worker processes share no file."""
        with self.tar.open("rb") as file:
            file.seek(self.start)
            return file.read(self.size)


@dataclass(frozen=True)
class Rows(Sequence[Record]):
    """Records by number: the fields are the endings, the values bytes, arrays or numbers."""

    names: Sequence[str]
    pieces: Sequence[Mapping[str, Piece]]

    def __len__(self) -> int:
        return len(self.pieces)

    @overload
    def __getitem__(self, index: int) -> Record: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Record]: ...
    def __getitem__(self, index: int | slice) -> Record | Sequence[Record]:
        if isinstance(index, slice):
            return Rows(self.names[index], self.pieces[index])
        return {ending: _value(ending, piece) for ending, piece in self.pieces[index].items()}


def _value(ending: str, piece: Piece) -> Any:
    """Numbers and arrays are decoded here, images by their encoding."""
    if ending in CLASSES:
        return int(piece.read())
    if ending in ARRAYS:
        return np.load(io.BytesIO(piece.read()), allow_pickle=False)
    return piece.read()


def shards(arguments: Shards, root: Path) -> Records:
    """A column for each ending that holds images, classes or arrays."""
    tars = _tars(arguments.files, root)
    rows = _indexed(tars)
    columns = _columns(rows, arguments)
    target = tuple(arguments.target or (name for name in CLASSES[:1] if name in columns))
    for name in target:
        if name not in columns:
            raise unknown(("target",), "column", name, columns)
    named = [(tar.name, tar) for tar in tars]
    about = Described(columns, target)
    return Records(about, rows, partial(hashing.of_files, named), rows.names)


def _tars(patterns: Sequence[str], root: Path) -> list[Path]:
    found = [tar for pattern in patterns for tar in sorted(root.glob(pattern))]
    if not found:
        raise DataError(
            ("files",),
            f"no file matches `{', '.join(patterns)}`",
            f"paths are relative to the recipe's folder, `{root}`",
        )
    return found


def _indexed(tars: Sequence[Path]) -> Rows:
    """Files that share all of their path up to the first dot of the name are one sample."""
    samples: dict[str, dict[str, Piece]] = {}
    for tar in tars:
        try:
            with tarfile.open(tar, "r:") as opened:
                for member in opened:
                    folder, _, name = member.name.rpartition("/")
                    stem, _, ending = name.partition(".")
                    if member.isfile() and stem and ending:
                        pieces = samples.setdefault(f"{tar.name}:{folder}/{stem}", {})
                        pieces[ending] = Piece(tar, member.offset_data, member.size)
        except (OSError, tarfile.TarError) as fault:
            raise DataError(
                ("files",), f"`{tar}` cannot be read: {fault}", "shards are tar files, unpacked"
            ) from fault
    if not samples:
        raise DataError(("files",), "the shards hold no sample", "choose other files")
    return Rows(list(samples), list(samples.values()))


def _columns(rows: Rows, arguments: Shards) -> dict[str, Column]:
    """By the first sample; every other has to have the same endings."""
    endings = [ending for ending in rows.pieces[0] if ending in IMAGES + CLASSES + ARRAYS]
    for name, pieces in zip(rows.names, rows.pieces, strict=True):
        for ending in endings:
            if ending not in pieces:
                raise DataError(
                    ("files",), f"the sample `{name}` has no `.{ending}`", "mend the shards"
                )
    return {ending: _column(ending, rows, arguments) for ending in endings}


def _column(ending: str, rows: Rows, arguments: Shards) -> Column:
    encoding: Encoding
    if ending in IMAGES:
        size = None
        if arguments.size is not None:
            size = (arguments.size, arguments.width or arguments.size)
        encoding = Image(ending, size, arguments.channels)
        shape = (arguments.channels, *(size or (None, None)))
        return Column("float", shape, features=0, spatial=size is not None, encoding=encoding)
    if ending in CLASSES:
        largest = max(_value(ending, pieces[ending]) for pieces in rows.pieces)
        return Column("int", (), below=largest + 1, encoding=Values(ending, "int"))
    first = rows[0][ending]
    dtype = "float" if first.dtype.kind == "f" else "int"
    encoding = Values(ending, dtype)
    array = encoding(rows[0])
    return Column(
        dtype,
        array.shape,
        features=-1 if array.ndim and dtype == "float" else None,
        encoding=encoding,
    )
