"""Tables in CSV and Parquet files, by pyarrow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from netwright.recipe.named import Section
from netwright.recipe.sources import Csv, Parquet
from torch import Tensor

from netwright_runtime.data.encodings import Categories, Label, Numbers, TextTokens
from netwright_runtime.data.errors import DataError, library, unknown
from netwright_runtime.train.data import hashing
from netwright_runtime.train.data.columns import Column
from netwright_runtime.train.data.errors import located
from netwright_runtime.train.data.holding import Described, Held
from netwright_runtime.train.data.sources import paths
from netwright_runtime.train.data.tokenisers import chosen

Made = tuple[Column, Tensor | Sequence[Tensor]]
"""A column's description, and its values for all samples."""


def csv(arguments: Csv, root: Path) -> Held:
    """The columns of a CSV file; see `_table`."""
    path = paths.file(root, arguments.file, "file")
    return _table(read_csv(path, arguments.separator), arguments, path, root)


def parquet(arguments: Parquet, root: Path) -> Held:
    """The columns of a Parquet file; see `_table`."""
    path = paths.file(root, arguments.file, "file")
    reader = library("pyarrow.parquet", "pyarrow")
    return _table(_read(path, lambda: reader.read_table(path)), arguments, path, root)


def read_csv(path: Path, separator: str) -> Any:
    """A CSV file as a pyarrow table; an empty field has no value, in texts too."""
    reader = library("pyarrow.csv", "pyarrow")
    parsing = reader.ParseOptions(delimiter=separator)
    converting = reader.ConvertOptions(strings_can_be_null=True)
    return _read(
        path, lambda: reader.read_csv(path, parse_options=parsing, convert_options=converting)
    )


def _read(path: Path, reading: Any) -> Any:
    try:
        table = reading()
    except (OSError, ValueError) as fault:  # pyarrow's own errors are of these kinds
        raise DataError(("file",), f"`{path}` cannot be read: {fault}", "mend the file") from fault
    if table.num_rows == 0:
        raise DataError(("file",), f"`{path}` has no line of data", "choose another file")
    return table


def numeric(table: Any) -> list[str]:
    """The columns that hold numbers or truth values."""
    types = library("pyarrow", "pyarrow").types
    kinds = (types.is_integer, types.is_floating, types.is_boolean, types.is_decimal)
    return [field.name for field in table.schema if any(kind(field.type) for kind in kinds)]


def texts(table: Any) -> list[str]:
    """The columns that hold texts."""
    types = library("pyarrow", "pyarrow").types
    kinds = (types.is_string, types.is_large_string, types.is_dictionary)
    return [field.name for field in table.schema if any(kind(field.type) for kind in kinds)]


def numbers(table: Any, names: Sequence[str], key: str) -> Tensor:
    """Columns of numbers side by side, `float (N, F)`."""
    with located(key):
        for name in names:
            _known(name, numeric(table), "column of numbers")
            _complete(table, name)
    parts = [table[name].to_numpy().astype(np.float32) for name in names]
    return torch.from_numpy(np.stack(parts, axis=1))


def _table(table: Any, arguments: Csv | Parquet, path: Path, root: Path) -> Held:
    """`features`: float (F); `categories`: int (K); `tokens`: int (T); and the targets."""
    target = arguments.target
    if target is None:
        raise DataError(("target",), "it is not said what to predict", "name it by `target: ...`")
    made = _target(table, target, arguments.task)
    rest = {*target, arguments.text}
    quantities = _picked(arguments.numbers, numeric(table), {*rest, *(arguments.categories or ())})
    kinds = _picked(arguments.categories, texts(table), rest)
    if quantities:
        encoding = Numbers(tuple(quantities))
        column = Column("float", (len(quantities),), features=0, encoding=encoding)
        made["features"] = (column, numbers(table, quantities, "numbers"))
    if kinds:
        made["categories"] = _categories(table, kinds)
    if arguments.text is not None:
        made["tokens"] = _tokens(table, arguments.text, arguments.tokens, arguments.length, root)
    about = Described({name: column for name, (column, _) in made.items()}, tuple(target))
    held = {name: values for name, (_, values) in made.items()}
    return Held(about, held, partial(hashing.of_files, [("table", path)]))


def _picked(asked: list[str] | None, found: Sequence[str], rest: set[str | None]) -> list[str]:
    return asked if asked is not None else [name for name in found if name not in rest]


def _target(table: Any, target: Sequence[str], task: str | None) -> dict[str, Made]:
    """Classes by index for `int ()`, quantities as `float (1)`."""
    made: dict[str, Made] = {}
    for name in target:
        with located("target"):
            _known(name, table.column_names, "column")
            _complete(table, name)
        if _quantity(table, name, task):
            column = Column("float", (1,), features=0)
            made[name] = (column, numbers(table, [name], "target"))
        else:
            classes, indices = _indexed(table, name)
            label = Column("int", (), classes=classes, below=len(classes))
            made[name] = (_with_label(label, name), indices)
    return made


def _with_label(column: Column, field: str) -> Column:
    return replace(column, encoding=Label(field, column.classes))


def _quantity(table: Any, name: str, task: str | None) -> bool:
    floating = library("pyarrow", "pyarrow").types.is_floating(table.schema.field(name).type)
    return task == "regression" or (task is None and floating)


def _indexed(table: Any, name: str) -> tuple[tuple[str, ...], Tensor]:
    """The different values of a column in their order, and the index of each line's value."""
    values = np.array(table[name].to_pylist())
    classes, indices = np.unique(values, return_inverse=True)
    return tuple(map(str, classes)), torch.from_numpy(indices.astype(np.int64))


def _categories(table: Any, names: Sequence[str]) -> Made:
    with located("categories"):
        for name in names:
            _known(name, table.column_names, "column")
            _complete(table, name)
    found = {name: _indexed(table, name) for name in names}
    encoding = Categories({name: classes for name, (classes, _) in found.items()})
    doc = ", ".join(f"{name}: {len(classes)}" for name, (classes, _) in found.items())
    column = Column("int", (len(names),), doc, encoding=encoding)
    return column, torch.stack([indices for _, indices in found.values()], dim=1)


def _tokens(table: Any, name: str, tokens: Section, length: int | None, root: Path) -> Made:
    with located("text"):
        _known(name, texts(table), "column of texts")
        _complete(table, name)
    lines = table[name].to_pylist()
    tokeniser = chosen(tokens, "\n".join(lines), root)
    encoding = TextTokens(name, tokeniser, length)
    column = Column("int", (None,), below=tokeniser.size, encoding=encoding)
    return column, [torch.from_numpy(encoding({name: line})) for line in lines]


def _known(name: str, names: Sequence[str], what: str) -> None:
    if name not in names:
        raise unknown((), what, name, names)


def _complete(table: Any, name: str) -> None:
    """Every line has a value; the first that has none is named, counted with the line of names."""
    column = table[name]
    missing = column.is_null(nan_is_null=True).to_numpy()
    if missing.any():
        raise DataError(
            (),
            f"`{name}` has no value in {missing.sum()} of {len(column)} lines, "
            f"first in sample {int(missing.argmax())}",
            "fill them in, leave these lines out, or leave the column out",
        )
