"""Taking turns: what is compared is run round after round, one after the other."""

from __future__ import annotations

import gc
import math
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

Clock = Callable[[], float]

FEWEST = 3
"""Rounds that are made even where the time for them is over."""


@dataclass(frozen=True)
class Time:
    """Seconds of several runs of one thing: the median, and the quartiles around it."""

    median: float
    low: float
    high: float
    runs: int

    @classmethod
    def of(cls, seconds: list[float]) -> Time:
        if len(seconds) < 2:
            return cls(seconds[0], seconds[0], seconds[0], 1)
        low, median, high = statistics.quantiles(seconds, n=4, method="inclusive")
        return cls(median, low, high, len(seconds))


def interleaved(
    tasks: Mapping[str, Callable[[], object]],
    rounds: int,
    warm_up: int = 1,
    *,
    seconds: float = math.inf,
    least: float = 0.0,
    clock: Clock = time.perf_counter,
) -> dict[str, Time]:
    """The times of all `tasks`: each has its turn once a round, after `warm_up` rounds unmeasured.

    A round begins with the task that was second in the round before, so that none always follows
    the same other.

    Args:
        seconds: no round begins later than this, once there are `FEWEST`.
        least: seconds that a turn takes. A quicker task runs several times in its turn, and counts
            with the mean.
    """
    with _frozen():
        return _interleaved(tasks, rounds, warm_up, seconds, least, clock)


def _interleaved(
    tasks: Mapping[str, Callable[[], object]],
    rounds: int,
    warm_up: int,
    seconds: float,
    least: float,
    clock: Clock,
) -> dict[str, Time]:
    for _ in range(warm_up):
        for task in tasks.values():
            task()
    repeats = {name: _repeats(task, least, clock) for name, task in tasks.items()}
    names, found = list(tasks), {name: list[float]() for name in tasks}
    end = clock() + seconds
    for number in range(rounds):
        if number >= FEWEST and clock() >= end:
            break
        first = number % max(len(names), 1)
        for name in names[first:] + names[:first]:
            gc.collect()
            found[name].append(_turn(tasks[name], repeats[name], clock))
    return {name: Time.of(times) for name, times in found.items()}


def _repeats(task: Callable[[], object], least: float, clock: Clock) -> int:
    """How often a task runs in its turn, so that the turn takes `least` seconds."""
    if least == 0:
        return 1
    return max(1, math.ceil(least / max(_turn(task, 1, clock), least / 1000)))


def _turn(task: Callable[[], object], repeats: int, clock: Clock) -> float:
    """Seconds of one run."""
    start = clock()
    for _ in range(repeats):
        task()
    return (clock() - start) / repeats


@contextmanager
def _frozen() -> Iterator[None]:
    """What is alive now is left out by the collections between turns, which then take no time."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
