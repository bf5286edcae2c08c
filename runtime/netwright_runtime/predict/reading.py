"""Files of data as samples: images, tables, texts and arrays."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from netwright_runtime.data.encodings import Array, Image, Pixels, TextTokens, Values
from netwright_runtime.data.errors import DataError
from netwright_runtime.data.preparation import Preparation
from netwright_runtime.export.metadata import Metadata

IMAGES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff"})
TABLES = {".csv": ",", ".tsv": "\t"}
TEXTS = frozenset({".txt", ".md"})
ARRAYS = frozenset({".npy", ".npz"})


@dataclass(frozen=True)
class Sample:
    """What one prediction is about.

    name    of the file
    row     in the file, from 0 on; None where the file is one sample
    inputs  the model's, by name, without the batch axis; empty where something is wrong
    fault   what is wrong with it, empty for nothing
    """

    name: str
    row: int | None
    inputs: Mapping[str, Array] = field(default_factory=dict)
    fault: str = ""


def samples(path: Path, metadata: Metadata, preparation: Preparation | None) -> Iterator[Sample]:
    """The samples in a file, in order; a sample that cannot be read comes with its fault."""
    try:
        for row, record in _records(path, metadata, preparation):
            yield sample(str(path), row, record, preparation)
    except (OSError, ValueError, csv.Error, zipfile.BadZipFile) as fault:
        yield Sample(str(path), None, fault=str(fault))


def sample(
    name: str, row: int | None, record: Mapping[str, Any], preparation: Preparation | None
) -> Sample:
    """A record as a sample; one that does not fit comes with its fault."""
    if preparation is None:
        return Sample(name, row, {key: np.asarray(value) for key, value in record.items()})
    try:
        return Sample(name, row, preparation.read(record))
    except DataError as fault:
        return Sample(name, row, fault=f"{fault.message}; {fault.help}")
    except KeyError as fault:
        return Sample(name, row, fault=f"there is no field {fault}; the model was trained with it")


Row = tuple[int | None, Mapping[str, Any]]


def _records(path: Path, metadata: Metadata, preparation: Preparation | None) -> Iterator[Row]:
    ending = path.suffix.lower()
    if ending in ARRAYS:
        return _arrays(path, metadata, preparation)
    if preparation is None:
        raise ValueError(
            "the artifact has no preprocessing, and takes `.npy` and `.npz` only; export it from "
            "the folder of its training run"
        )
    if ending in TABLES:
        return _table(path, TABLES[ending])
    if ending in IMAGES:
        fields = _fields(preparation, Image)
        return iter([(None, dict.fromkeys(_one(fields, "images", path), path.read_bytes()))])
    if ending in TEXTS:
        fields = _one(_fields(preparation, TextTokens), "texts", path)
        lines = path.read_text(encoding="utf-8").splitlines()
        return iter([(at, dict.fromkeys(fields, line)) for at, line in enumerate(lines) if line])
    known = ", ".join(sorted(IMAGES | TABLES.keys() | TEXTS | ARRAYS))
    raise ValueError(f"a file that ends in `{ending}` is not read; known are {known}")


def _fields(preparation: Preparation, kind: type[Image] | type[TextTokens]) -> list[str]:
    """The fields of a record that inputs are made from by an encoding of this kind."""
    used = [preparation.encodings.get(column) for column in preparation.inputs.values()]
    return [encoding.field for encoding in used if isinstance(encoding, kind)]


def _one(fields: list[str], what: str, path: Path) -> list[str]:
    if not fields:
        raise ValueError(
            f"the model was not trained on {what}, and cannot tell how they become its inputs; "
            "give `.npy` or `.npz` files, or tables of what it was trained on"
        )
    return fields


def _table(path: Path, delimiter: str) -> Iterator[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        for at, record in enumerate(csv.DictReader(file, delimiter=delimiter)):
            yield at, {name: value or None for name, value in record.items() if name is not None}


def _arrays(path: Path, metadata: Metadata, preparation: Preparation | None) -> Iterator[Row]:
    """Arrays of one sample or of many: as many as their first axis says."""
    loaded = np.load(path, allow_pickle=False)
    inputs = _inputs_by_field(metadata, preparation)
    named: dict[str, Array]
    if path.suffix == ".npz":
        named = dict(loaded)
    elif len(inputs) == 1:
        named = {next(iter(inputs)): loaded}
    else:
        listed = ", ".join(f"`{name}`" for name in inputs)
        raise ValueError(f"the model takes {listed}; give an `.npz` with an array for each")
    many = batched(metadata) and all(
        _many(array, inputs.get(name, name), metadata) for name, array in named.items()
    )
    if not many:
        yield None, named
        return
    for at in range(min(len(array) for array in named.values())):
        yield at, {name: array[at] for name, array in named.items()}


def _inputs_by_field(metadata: Metadata, preparation: Preparation | None) -> dict[str, str]:
    """The input of the model that each field of a record with arrays becomes."""
    if preparation is None:
        return {value.name: value.name for value in metadata.inputs}
    found: dict[str, str] = {}
    for name, column in preparation.inputs.items():
        encoding = preparation.encodings.get(column)
        if encoding is not None and not isinstance(encoding, Values | Pixels):
            raise ValueError(f"`{name}` is not made from arrays; give what it was trained on")
        found[column if encoding is None else encoding.field] = name
    return found


def _many(array: Array, name: str, metadata: Metadata) -> bool:
    """Whether an array holds many samples of an input, and not one."""
    shape = next((v.shape for v in metadata.inputs if v.name == name), ())
    if array.ndim != len(shape) - 1:
        return array.ndim == len(shape)
    # Of an image with channels last, or of many without channels.
    return len(shape) == 4 and array.ndim == 3 and shape[1] == 1 and array.shape[0] != 1


def batched(metadata: Metadata) -> bool:
    """Whether the first axis of every input counts samples."""
    first = {value.shape[0] if value.shape else "" for value in metadata.inputs}
    outputs = {value.shape[0] if value.shape else "" for value in metadata.outputs}
    return len(first) == 1 and first == outputs
