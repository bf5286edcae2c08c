"""Runs that take turns, by a clock that the tasks turn."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from netwright_runtime.measure.timing import FEWEST, Time, interleaved


class Clock:
    """Turned by the tasks, which leave their names."""

    def __init__(self) -> None:
        self.now = 0.0
        self.ran: list[str] = []

    def __call__(self) -> float:
        return self.now

    def task(self, name: str, seconds: float) -> Callable[[], None]:
        def run() -> None:
            self.ran.append(name)
            self.now += seconds

        return run


def test_tasks_take_turns_and_none_always_follows_the_same_other() -> None:
    clock = Clock()
    tasks = {name: clock.task(name, 1.0) for name in "abc"}
    found = interleaved(tasks, rounds=3, warm_up=1, clock=clock)
    assert "".join(clock.ran) == "abcabcbcacab"
    assert found == {name: Time(1.0, 1.0, 1.0, 3) for name in "abc"}


def test_a_quick_task_runs_several_times_in_its_turn_and_counts_with_the_mean() -> None:
    clock = Clock()
    found = interleaved({"a": clock.task("a", 0.25)}, 2, 0, least=1.0, clock=clock)
    assert found["a"] == Time(0.25, 0.25, 0.25, 2)
    assert len(clock.ran) == 1 + 2 * 4


@pytest.mark.parametrize(("seconds", "rounds"), [(2.5, FEWEST), (5.0, 5), (99.0, 20)])
def test_no_round_begins_after_the_time_for_them(seconds: float, rounds: int) -> None:
    clock = Clock()
    found = interleaved({"a": clock.task("a", 1.0)}, 20, 0, seconds=seconds, clock=clock)
    assert found["a"].runs == rounds


def test_the_spread_is_in_quartiles() -> None:
    assert Time.of([5.0, 1.0, 2.0, 4.0, 3.0]) == Time(3.0, 2.0, 4.0, 5)
    assert Time.of([7.0]) == Time(7.0, 7.0, 7.0, 1)
