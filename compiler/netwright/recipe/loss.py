"""`loss:` what training lowers."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from netwright.recipe.named import Named, Section


class CrossEntropy(Section):
    label_smoothing: Annotated[float, Field(ge=0, le=1)] = 0.0


LOSSES: dict[str, type[Section]] = {"cross_entropy": CrossEntropy}

LossSection = Annotated[Section, Named("loss", LOSSES)]
