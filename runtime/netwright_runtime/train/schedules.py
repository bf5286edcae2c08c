"""Learning rates as functions of the step alone: there is nothing to save."""

from __future__ import annotations

import math

from netwright.recipe.schedule import WSD, AnySchedule, Constant, Cosine, Linear, OneCycle


def factor(schedule: AnySchedule, step: int, steps: int) -> float:
    """What the optimiser's rate is multiplied by in step number `step` of `steps`, from 0."""
    if isinstance(schedule, OneCycle):
        return _one_cycle(schedule, step, steps)
    if step < schedule.warmup:
        return (step + 1) / (schedule.warmup + 1)
    done = _share(step - schedule.warmup, steps - schedule.warmup)
    match schedule:
        case Constant():
            return 1.0
        case Linear(end=end):
            return _line(1.0, end, done)
        case Cosine(end=end):
            return _half_cosine(1.0, end, done)
        case WSD(decay=decay, end=end):
            length = max(1, round(decay * steps))
            return _line(1.0, end, max(0.0, _share(step - (steps - length), length)))


def _one_cycle(schedule: OneCycle, step: int, steps: int) -> float:
    top = schedule.rise * steps
    if step < top:
        return _half_cosine(schedule.start, 1.0, step / top)
    return _half_cosine(1.0, schedule.end, _share(step - top, steps - top))


def _share(done: float, of: float) -> float:
    """How far `done` steps have come; the last step is 1."""
    return min(1.0, done / max(1, of - 1))


def _line(first: float, last: float, share: float) -> float:
    return first + (last - first) * share


def _half_cosine(first: float, last: float, share: float) -> float:
    return last + (first - last) * (1 + math.cos(math.pi * share)) / 2
