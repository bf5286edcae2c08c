"""Values drawn from the space of a sweep."""

from __future__ import annotations

import json
from typing import Any

from netwright.recipe.sweep import Range, Sweep
from optuna import Trial
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)


def drawn(trial: Trial, sweep: Sweep) -> dict[str, Any]:
    """A value for each key, by the study's sampler."""
    return values(sweep, {key: _suggested(trial, key, s) for key, s in sweep.over.items()})


def values(sweep: Sweep, params: dict[str, Any]) -> dict[str, Any]:
    """The params of a trial as values of the recipe: a choice is kept as JSON, as it may be a
    list."""
    return {
        key: value if isinstance(sweep.over[key], Range) else json.loads(value)
        for key, value in params.items()
    }


def _suggested(trial: Trial, key: str, space: list[Any] | Range) -> Any:
    match distribution(space):
        case CategoricalDistribution(choices=choices):
            return trial.suggest_categorical(key, choices)
        case IntDistribution(low=low, high=high, step=step, log=log):
            return trial.suggest_int(key, low, high, step=step, log=log)
        case FloatDistribution(low=low, high=high, step=step, log=log):
            return trial.suggest_float(key, low, high, step=step, log=log)


def distribution(space: list[Any] | Range) -> BaseDistribution:
    """Where one value is drawn from."""
    if not isinstance(space, Range):
        return CategoricalDistribution([json.dumps(choice) for choice in space])
    if space.whole:
        return IntDistribution(int(space.low), int(space.high), space.log, int(space.step or 1))
    return FloatDistribution(float(space.low), float(space.high), space.log, space.step)
