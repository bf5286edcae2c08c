"""From the `data` section of a recipe to splits of samples that are ready for a model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch
from netwright.artifact import Manifest
from netwright.recipe.data import DataSection
from netwright.recipe.named import Section
from torch import Tensor
from torch.utils.data import Dataset

from netwright_runtime.data.errors import DataError, unknown
from netwright_runtime.train.data import augment, checks, preprocessing
from netwright_runtime.train.data.augment import Reach
from netwright_runtime.train.data.collate import MASK, Collate
from netwright_runtime.train.data.columns import Column, Columns, Sample
from netwright_runtime.train.data.errors import Gathering, Unreadable
from netwright_runtime.train.data.preprocessing import Preprocessing
from netwright_runtime.train.data.sources import opened
from netwright_runtime.train.data.splits import divided
from netwright_runtime.train.draws import generator

INDEX = "sample_index"
"""The column that says which sample of the source each row of a batch is, `int64 (B)`."""


@dataclass(frozen=True)
class Augmented:
    """What is done at random to each sample of a split."""

    steps: Sequence[Section]
    reach: Reach
    seed: int


class Samples(Dataset[Sample]):
    """A split: samples by `(epoch, place in the split)`, or by place alone for epoch 0.

    The same key gives the same sample, in any process and any order. What cannot be read any more
    raises Unreadable.
    """

    def __init__(
        self,
        source: Columns,
        numbers: Tensor,
        prepared: Preprocessing,
        random: Augmented | None = None,
    ) -> None:
        self._source = source
        self.numbers = numbers
        self._prepared = prepared
        self._random = random

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, key: int | tuple[int, int]) -> Sample:
        epoch, place = (0, key) if isinstance(key, int) else key
        number = int(self.numbers[place])
        try:
            sample = self._prepared.apply(self._source[number])
        except DataError as fault:
            raise Unreadable(f"{fault.message}; {fault.help}") from fault
        if self._random is not None:
            drawn = generator(self._random.seed, epoch, number, "augmentation")
            sample = augment.augmented(sample, self._random.steps, self._random.reach, drawn)
        return sample | {INDEX: torch.tensor([number] if self._source.batched else number)}


@dataclass(frozen=True)
class Data:
    """All that training reads.

    splits         `train`, and `validation` and `test` where there are such
    inputs         the column for each input of the model
    target         the columns that loss and metrics read
    preprocessing  to be saved with the model
    columns        all that a batch may hold: of the source, masks of ragged ones, made by the loss
    """

    source: Columns
    splits: Mapping[str, Samples]
    inputs: Mapping[str, str]
    target: tuple[str, ...]
    preprocessing: Preprocessing
    columns: Mapping[str, Column]

    @property
    def collate(self) -> Collate:
        """Makes a batch of samples of any split."""
        return Collate(self.source.columns, self.target, self.source.batched)

    @cached_property
    def fingerprint(self) -> str:
        """The SHA-256 of the source's content; it reads all of it."""
        return self.source.fingerprint()


def prepare(
    section: DataSection,
    manifest: Manifest,
    *,
    root: Path,
    seed: int,
    made: Iterable[str] = (),
) -> Data:
    """Open a recipe's data, divide it, and fit what is fitted on the training split.

    Args:
        manifest: of the model that is trained.
        root: the folder of the recipe, which its paths are relative to.
        seed: of augmentation.
        made: columns that the loss adds to a batch, and inputs may read.

    Raises:
        BadData: recipe, model and data do not fit one another; all that was found.
    """
    faults = Gathering()
    with faults:
        source = opened(section.source, root, section.target)
    faults.tell()
    columns = {**offered(source), **{name: Column("int", ()) for name in made}}
    with faults:
        inputs = checks.assigned(manifest, section.inputs, columns)
    with faults:
        target = _target(section, source)
    with faults:
        parts = divided(source, section.split)
    for place, name in enumerate(section.normalise):
        with faults:
            preprocessing.check(source, name, place)
    for place, step in enumerate(section.augment):
        with faults:
            augment.check(step, place, source)
    faults.tell()
    prepared = Preprocessing(
        inputs,
        {n: column.encoding for n, column in source.columns.items() if column.encoding is not None},
        preprocessing.fitted(source, parts["train"], section.normalise),
        target,
        source.columns[target[0]].classes if len(target) == 1 else (),
    )
    random = Augmented(section.augment, augment.reach(source, tuple(inputs.values())), seed)
    splits = {
        name: Samples(source, numbers, prepared, random if name == "train" else None)
        for name, numbers in parts.items()
    }
    return Data(source, splits, inputs, target, prepared, columns)


def offered(source: Columns) -> dict[str, Column]:
    """The columns of a batch: those of the source, and the masks of ragged ones."""
    masks = {
        MASK.format(name): Column("int", (None,) * column.shape.count(None))
        for name, column in source.columns.items()
        if column.ragged
    }
    return {**source.columns, **masks}


def _target(section: DataSection, source: Columns) -> tuple[str, ...]:
    if section.target is None:
        return source.target
    for place, name in enumerate(section.target):
        if name not in source.columns:
            raise unknown(("data", "target", place), "column", name, source.columns)
    return tuple(section.target)


def check_batch(
    data: Data, manifest: Manifest, batch: Sample, bounds: Mapping[str, int | str]
) -> list[DataError]:
    """All that keeps a batch from being the model's inputs; look before the first step.

    Args:
        bounds: for an input that the model indexes with, what its values stay below.
    """
    return checks.misfits(batch, manifest, data.inputs, data.columns, bounds)
