"""Data sections of recipes, as YAML would give them."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest
import torch
from netwright.recipe.data import DataSection
from netwright_runtime.train.data import Columns, DataError, opened
from netwright_runtime.train.data.columns import DTYPES

SOURCE = ("data", "source")


def section(source: Any, **keys: Any) -> DataSection:
    """A data section."""
    return DataSection.model_validate({"source": source, **keys})


def source(written: Any, root: Path = Path()) -> Columns:
    """The source that a recipe writes like this."""
    return opened(section(written).source, root)


def refused(written: Any, root: Path = Path()) -> DataError:
    """What is wrong with a source."""
    with pytest.raises(DataError) as found:
        source(written, root)
    assert found.value.help
    return found.value


def holds_what_it_says(columns: Columns) -> None:
    """Every sample has the columns, dtypes, shapes and bounds that the source describes; so has
    the source that a worker process gets."""
    columns = pickle.loads(pickle.dumps(columns))
    assert len(columns) > 0
    assert set(columns.target) <= columns.columns.keys()
    for index in range(0, len(columns), max(1, len(columns) // 20)):
        sample = columns[index]
        assert sample.keys() == columns.columns.keys()
        for name, column in columns.columns.items():
            tensor = sample[name]
            assert DTYPES[tensor.dtype] == column.dtype
            pairs = zip(column.shape, tensor.shape, strict=True)
            assert all(size in (None, actual) for size, actual in pairs)
            if column.below is not None:
                assert tensor.max() < column.below
            assert not column.classes or column.below == len(column.classes)


def same(first: Columns, second: Columns) -> bool:
    """Whether two sources hold equal samples."""
    return len(first) == len(second) and all(
        torch.equal(a, b)
        for i in range(len(first))
        for a, b in zip(first[i].values(), second[i].values(), strict=True)
    )
