"""`data:` what a model is trained on, how it is divided and prepared."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from netwright.recipe.named import Named, Section


class Digits(Section):
    """scikit-learn's handwritten digits."""


SOURCES: dict[str, type[Section]] = {"digits": Digits}
AUGMENTATIONS: dict[str, type[Section]] = Field(default_factory=dict)


class DataSection(Section):
    source: Annotated[Section, Named("source", SOURCES)]
    inputs: dict[str, str] = Field(default_factory=dict)
    """The column of the source for an input of the model, where the names differ."""
    target: str | list[str] | None = None
    """The columns that loss and metrics read, where the source does not say."""
    split: dict[str, float] | None = None
    """Shares of `train`, `validation` and `test`; without them the source's own."""
    normalise: list[str] = Field(default_factory=list)
    """Columns that get mean 0 and deviation 1, by the training split."""
    augment: list[Annotated[Section, Named("augmentation", AUGMENTATIONS)]] = Field(
        default_factory=list
    )
    batch_size: Annotated[int, Field(ge=1)] = 64
    workers: Annotated[int, Field(ge=0)] = 0
    """Processes that load; 0 loads in the training process."""
