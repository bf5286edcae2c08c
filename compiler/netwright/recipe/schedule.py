"""`schedule:` how the learning rate changes. Lengths are in steps of the optimiser, `end` and
`start` are factors of the optimiser's `lr`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from netwright.recipe.named import Named, Section

Steps = Annotated[int, Field(ge=0)]
Factor = Annotated[float, Field(ge=0, le=1)]


class Schedule(Section):
    warmup: Steps = 0
    """Steps in which the rate rises linearly from almost nothing."""


class Constant(Schedule):
    """The full rate after the warm-up."""


class Linear(Schedule):
    """Straight down to `end` at the last step."""

    end: Factor = 0.0


class Cosine(Schedule):
    """Half a cosine down to `end` at the last step (Loshchilov and Hutter, 2017)."""

    end: Factor = 0.0


class OneCycle(Section):
    """Up and down by half cosines (Smith and Topin, 2018)."""

    rise: Annotated[float, Field(gt=0, lt=1)] = 0.3
    """The share of the steps in which the rate rises."""
    start: Factor = 0.04
    end: Factor = 4e-6


class WSD(Schedule):
    """Warm-up, stable, decay: the full rate, then straight down in the last `decay` of all steps
    (Hu et al., 2024)."""

    decay: Annotated[float, Field(gt=0, le=1)] = 0.2
    end: Factor = 0.0


SCHEDULES: dict[str, type[Section]] = {
    "constant": Constant,
    "linear": Linear,
    "cosine": Cosine,
    "one_cycle": OneCycle,
    "wsd": WSD,
}

AnySchedule = Constant | Linear | Cosine | OneCycle | WSD
ScheduleSection = Annotated[AnySchedule, Named("schedule", SCHEDULES)]
