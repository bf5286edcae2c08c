"""Taking turns: what is compared is run round after round, one after the other."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass


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
    tasks: Mapping[str, Callable[[], object]], rounds: int, warm_up: int = 1
) -> dict[str, Time]:
    """The times of all `tasks`: each runs once a round, after `warm_up` rounds unmeasured."""
    for _ in range(warm_up):
        for task in tasks.values():
            task()
    seconds: dict[str, list[float]] = {name: [] for name in tasks}
    for _ in range(rounds):
        for name, task in tasks.items():
            gc.collect()
            start = time.perf_counter()
            task()
            seconds[name].append(time.perf_counter() - start)
    return {name: Time.of(found) for name, found in seconds.items()}
