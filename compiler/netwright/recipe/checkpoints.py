"""`checkpoints:` what is kept of a run while it goes on."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from netwright.recipe.named import Section


class Best(Section):
    """The checkpoint with the best value of a metric on the validation split is kept too."""

    metric: str = "loss"
    mode: Literal["min", "max"] = "min"


class Checkpoints(Section):
    every: Annotated[int, Field(ge=1)] | None = None
    """Steps of the optimiser between checkpoints; there is one after each epoch anyway."""
    keep: Annotated[int, Field(ge=1)] = 2
    """How many of the last are kept."""
    best: Best | None = None
    background: bool = True
    """Write in a thread while training goes on."""
