"""`log:` how often and where to."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from netwright.recipe.named import Section


class Log(Section):
    every: Annotated[int, Field(ge=1)] = 10
    """Steps of the optimiser between rows."""
    trackers: list[Literal["csv", "tensorboard", "mlflow"]] = Field(["csv", "tensorboard"])
    peak_flops: Annotated[float, Field(gt=0)] | None = None
    """Operations per second that the device reaches at best, which its utilisation is a share of;
    left out, a product of matrices is timed once."""
