"""`data:` what a model is trained on, how it is divided and prepared."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from netwright.recipe.augmentations import AUGMENTATIONS
from netwright.recipe.named import Named, Section
from netwright.recipe.sources import SOURCES, Names

Share = Annotated[float, Field(gt=0, le=1)]

PARTS = ("train", "validation", "test")
"""The names of splits."""


class Split(Section):
    """Shares of the samples. Without `train`, the others are taken out of the source's own."""

    train: Share | None = None
    validation: Share | None = None
    test: Share | None = None
    stratify: str | None = None
    """A column of classes, which every split gets in the same proportion."""
    group: str | None = None
    """A column of numbers; samples with the same one come into the same split."""
    seed: Annotated[int, Field(ge=0)] = 0
    """Of the division alone: runs with other seeds of `train` are divided alike."""

    @property
    def shares(self) -> dict[str, float]:
        """The parts that are named, in their order."""
        given = {part: getattr(self, part) for part in PARTS}
        return {part: share for part, share in given.items() if share is not None}

    @model_validator(mode="after")
    def _at_most_all(self) -> Split:
        if sum(self.shares.values()) > 1 + 1e-9:
            raise ValueError("shares of at most 1 together")
        if not self.shares:
            raise ValueError("at least one of `train`, `validation` and `test`")
        if self.stratify is not None and self.group is not None:
            raise ValueError("either `stratify` or `group`")
        return self


class DataSection(Section):
    source: Annotated[Section, Named("source", SOURCES)]
    inputs: dict[str, str] = Field(default_factory=dict)
    """The column of the source for an input of the model, where the names differ."""
    target: Names | None = None
    """The columns that loss and metrics read, where the source does not say."""
    split: Split | None = None
    """Without it, the source's own, or 0.8, 0.1 and 0.1 where it has none."""
    normalise: list[str] = Field(default_factory=list)
    """Columns that get mean 0 and deviation 1, by the training split."""
    augment: list[Annotated[Section, Named("augmentation", AUGMENTATIONS)]] = Field(
        default_factory=list
    )
    """What is done to the samples of the training split, in this order."""
    batch_size: Annotated[int, Field(ge=1)] = 64
    workers: Annotated[int, Field(ge=0)] = 0
    """Processes that load; 0 loads in the training process."""
