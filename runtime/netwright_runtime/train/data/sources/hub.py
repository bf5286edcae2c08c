"""Data sets of the library `datasets`, from a folder or from the hub."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from netwright.recipe.sources import Datasets

from netwright_runtime.data.encodings import Image, TextTokens, Values
from netwright_runtime.data.errors import DataError, library, unknown
from netwright_runtime.train.data.columns import Column
from netwright_runtime.train.data.holding import Described, Records
from netwright_runtime.train.data.sources import paths
from netwright_runtime.train.data.tokenisers import chosen

SPLITS = {
    "train": ("train",),
    "validation": ("validation", "valid", "val", "dev"),
    "test": ("test",),
}
"""Our names of splits, and those that publishers use."""

_REMEDIES = {
    "name": "look for its name on the hub, and whether the hub can be reached",
    "folder": "write it by `save_to_disk`",
}

_DTYPES = {"float": "float", "int": "int", "uint": "int", "bool": "bool"}
"""The beginnings of the library's dtypes, and what a sample's tensor is."""


def datasets(arguments: Datasets, root: Path) -> Records:
    """The columns that can be tensors; images in [0, 1], texts as `tokens`."""
    library("datasets", "datasets")
    from datasets import concatenate_datasets

    loaded = _loaded(arguments, root)
    parts = {
        ours: loaded[name] for ours, names in SPLITS.items() for name in names if name in loaded
    }
    if not parts:
        raise unknown(("folder" if arguments.folder else "name",), "split", "train", loaded)
    whole = concatenate_datasets(list(parts.values()))
    columns = _columns(whole, arguments, root)
    starts, ranges = 0, {}
    for name, part in parts.items():
        ranges[name] = range(starts, starts + len(part))
        starts += len(part)
    target = tuple(arguments.target or (["label"] if "label" in columns else []))
    for name in target:
        if name not in columns:
            raise unknown(("target",), "column", name, columns)
    about = Described(columns, target, "", ranges if len(parts) > 1 else None)
    return Records(about, whole, partial(_fingerprint, whole))


def _loaded(arguments: Datasets, root: Path) -> Mapping[str, Any]:
    """The splits by name."""
    import datasets as ds

    key = "name" if arguments.folder is None else "folder"
    try:
        if arguments.folder is None:
            assert arguments.name is not None
            found = ds.load_dataset(arguments.name, arguments.config, revision=arguments.revision)
        else:
            top = paths.folder(root, arguments.folder, "folder")
            saved = any((top / name).is_file() for name in ("state.json", "dataset_dict.json"))
            found = ds.load_from_disk(str(top)) if saved else ds.load_dataset(str(top))
    except (OSError, ValueError, ds.exceptions.DatasetsError) as fault:
        shown = arguments.name or arguments.folder
        raise DataError((key,), f"`{shown}` cannot be loaded: {fault}", _REMEDIES[key]) from fault
    return found if isinstance(found, ds.DatasetDict) else {"train": found}


def _columns(whole: Any, arguments: Datasets, root: Path) -> dict[str, Column]:
    features = dict(whole.features)
    for name in arguments.columns or ():
        if name not in features:
            raise unknown(("columns",), "column", name, features)
    asked = features if arguments.columns is None else arguments.columns
    made = {name: _column(name, features[name], arguments) for name in asked}
    for name, column in made.items():
        if column is None and arguments.columns is not None and name != arguments.text:
            raise DataError(
                ("columns",), f"`{name}` is {features[name]}, no tensor", "leave it out"
            )
    columns = {name: column for name, column in made.items() if column is not None}
    if arguments.text is not None:
        columns["tokens"] = _tokens(whole, arguments, root)
    return columns


def _column(name: str, feature: Any, arguments: Datasets) -> Column | None:
    """How a feature of the library becomes a tensor; None where it cannot."""
    import datasets as ds

    match feature:
        case ds.ClassLabel(names=names):
            return Column(
                "int", (), classes=tuple(names), below=len(names), encoding=Values(name, "int")
            )
        case ds.Image():
            return _image(name, arguments)
        case ds.Value(dtype=dtype):
            return _numbers(name, dtype, ())
        case ds.Array2D() | ds.Array3D():
            return _numbers(name, feature.dtype, tuple(feature.shape))
        case ds.List(feature=ds.Value(dtype=dtype), length=length):
            return _numbers(name, dtype, (None if length < 0 else length,))
    return None


def _numbers(name: str, dtype: str, shape: tuple[int | None, ...]) -> Column | None:
    """A column of numbers, normalised by its last axis where that has a size."""
    kind = _kind(dtype)
    if kind is None:
        return None
    features = -1 if shape and shape[-1] is not None else None
    return Column(kind, shape, features=features, encoding=Values(name, kind))


def _image(name: str, arguments: Datasets) -> Column:
    size = None
    if arguments.size is not None:
        size = (arguments.size, arguments.width or arguments.size)
    shape = (arguments.channels, *(size or (None, None)))
    encoding = Image(name, size, arguments.channels)
    return Column("float", shape, features=0, spatial=size is not None, encoding=encoding)


def _kind(dtype: str) -> str | None:
    return next((kind for start, kind in _DTYPES.items() if dtype.startswith(start)), None)


def _tokens(whole: Any, arguments: Datasets, root: Path) -> Column:
    import datasets as ds

    name = arguments.text
    feature = whole.features.get(name)
    if not isinstance(feature, ds.Value) or feature.dtype not in ("string", "large_string"):
        texts = [n for n, f in whole.features.items() if getattr(f, "dtype", "") == "string"]
        raise unknown(("text",), "column of texts", str(name), texts)
    tokeniser = chosen(arguments.tokens, "\n".join(whole[str(name)]), root)
    encoding = TextTokens(str(name), tokeniser, arguments.length)
    return Column("int", (None,), below=tokeniser.size, encoding=encoding)


def _fingerprint(whole: Any) -> str:
    """The hash of all rows as Arrow holds them, in the order of the splits."""
    digest = hashlib.sha256()
    for rows in whole.with_format("arrow").iter(batch_size=1000):
        digest.update(str(rows.schema.remove_metadata()).encode())
        for batch in rows.to_batches():
            digest.update(batch.serialize())
    return digest.hexdigest()
