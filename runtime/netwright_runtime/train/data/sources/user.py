"""Users' own datasets as sources: by a call, or by an entry point of a package."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import torch
from netwright.recipe.named import Section
from netwright.recipe.sources import SOURCES
from pydantic import create_model

from netwright_runtime.train.data import hashing
from netwright_runtime.train.data.columns import DTYPES, Column, Columns, Sample
from netwright_runtime.train.data.errors import DataError
from netwright_runtime.train.data.holding import Described

Opener = Callable[[Any, Path], Columns]

GROUP = "netwright.sources"
"""The entry point group: each entry is a factory of datasets; its name is that of the source."""

ROOT = "root"
"""A parameter of this name is given the recipe's folder, and is no argument of the source."""

OPENERS: dict[type[Section], Opener] = {}
"""What opens each of the users' sources, by the model of its arguments."""


def register_source(name: str, factory: Callable[..., Any]) -> None:
    """Make a dataset a source that recipes can name.

    Args:
        factory: a class or function that gives a map-style dataset. Its parameters are the
            source's arguments, with their annotations and defaults; `root`, if it is there, gets
            the recipe's folder. A sample is a mapping from column to tensor, array or number. If
            the dataset has them, `columns`, `target`, `task`, `splits`, `gap`, `batched` and
            `fingerprint()` are those of `Columns`.

    Raises:
        ValueError: there is a source of this name.
        TypeError: a parameter of the factory cannot be named in a recipe.
    """
    if name in SOURCES:
        raise ValueError(f"there is a source `{name}` already")
    arguments = _arguments(name, factory)
    takes_root = ROOT in inspect.signature(factory).parameters

    def opened(given: Section, root: Path) -> Columns:
        values = {key: getattr(given, key) for key in type(given).model_fields}
        made = factory(**values, **({ROOT: root} if takes_root else {}))
        return made if isinstance(made, Columns) else Adapted(made)

    SOURCES[name] = arguments
    OPENERS[arguments] = opened


def _arguments(name: str, factory: Callable[..., Any]) -> type[Section]:
    """A model with a field for each parameter of the factory."""
    fields: dict[str, Any] = {}
    for parameter in inspect.signature(factory, eval_str=True).parameters.values():
        if parameter.name == ROOT:
            continue
        if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
            raise TypeError(f"the source `{name}`: `{parameter}` cannot be named in a recipe")
        kind = Any if parameter.annotation is parameter.empty else parameter.annotation
        default = ... if parameter.default is parameter.empty else parameter.default
        fields[parameter.name] = (kind, default)
    return create_model(name, __base__=Section, __doc__=inspect.getdoc(factory), **fields)


@cache
def load_entry_points() -> tuple[str, ...]:
    """Register what installed packages offer in the group `netwright.sources`; their names."""
    entries = metadata.entry_points(group=GROUP)
    for entry in entries:
        register_source(entry.name, entry.load())
    return tuple(entry.name for entry in entries)


class Adapted(Columns):
    """A map-style dataset of the user's, described by its first sample where it says nothing."""

    def __init__(self, dataset: Any) -> None:
        self._dataset = dataset
        about = Described(getattr(dataset, "columns", None) or _described(self._sample(0)))
        self.columns = about.columns
        target = getattr(dataset, "target", about.target)
        self.target = (target,) if isinstance(target, str) else tuple(target)
        self.task = getattr(dataset, "task", about.task)
        self.splits = getattr(dataset, "splits", about.splits)
        self.gap = getattr(dataset, "gap", about.gap)
        self.batched = getattr(dataset, "batched", about.batched)

    def __len__(self) -> int:
        return len(self._dataset)

    def __getitem__(self, index: int) -> Sample:
        sample = self._sample(index)
        for name, column in self.columns.items():
            if name not in sample or not _fits(sample[name], column):
                found = sample[name].shape if name in sample else "nothing"
                raise DataError(
                    (),
                    f"sample {index}: `{name}` is {column}, found {found}",
                    "let all samples be alike, or describe the columns by `columns`",
                )
        return sample

    def _sample(self, index: int) -> Sample:
        sample = self._dataset[index]
        if not isinstance(sample, Mapping):
            raise DataError(
                (),
                f"sample {index} is a {type(sample).__name__}",
                "let the dataset give mappings from column to tensor",
            )
        return {name: _tensor(value) for name, value in sample.items()}

    def fingerprint(self) -> str:
        """The dataset's own, or the hash of all of its samples."""
        own = getattr(self._dataset, "fingerprint", None)
        if own is not None:
            return str(own())
        digest = hashlib.sha256()
        for index in range(len(self)):
            digest.update(hashing.of_tensors(self[index]).encode())
        return digest.hexdigest()


def _tensor(value: Any) -> torch.Tensor:
    """Floats as float32, whole numbers as int64."""
    tensor = torch.as_tensor(value)
    if tensor.is_floating_point():
        return tensor.float()
    return tensor if tensor.dtype == torch.bool else tensor.long()


def _described(sample: Sample) -> dict[str, Column]:
    return {
        name: Column(DTYPES[tensor.dtype], tuple(tensor.shape)) for name, tensor in sample.items()
    }


def _fits(tensor: torch.Tensor, column: Column) -> bool:
    sizes: Sequence[int | None] = column.shape
    return tensor.ndim == len(sizes) and all(
        size in (None, actual) for size, actual in zip(sizes, tensor.shape, strict=True)
    )
