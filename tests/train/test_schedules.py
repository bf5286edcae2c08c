from __future__ import annotations

import pytest
from netwright.recipe.schedule import WSD, AnySchedule, Constant, Cosine, Linear, OneCycle
from netwright_runtime.train.schedules import factor


def rates(schedule: AnySchedule, steps: int) -> list[float]:
    return [factor(schedule, step, steps) for step in range(steps)]


def test_constant_is_constant_after_the_warm_up() -> None:
    assert rates(Constant(warmup=3), 6) == [0.25, 0.5, 0.75, 1, 1, 1]


def test_linear_goes_straight_down() -> None:
    assert rates(Linear(end=0.2), 5) == pytest.approx([1, 0.8, 0.6, 0.4, 0.2])


def test_cosine_goes_down_by_half_a_wave() -> None:
    assert rates(Cosine(warmup=1), 6) == pytest.approx(
        [0.5, 1, 0.853553, 0.5, 0.146447, 0], abs=1e-6
    )


def test_one_cycle_rises_and_falls() -> None:
    found = rates(OneCycle(rise=0.5, start=0.1, end=0.0), 9)
    assert found[0] == pytest.approx(0.1)
    assert max(found) == pytest.approx(found[4], rel=0.1)
    assert found[-1] == pytest.approx(0)


def test_wsd_is_stable_before_it_decays() -> None:
    found = rates(WSD(warmup=2, decay=0.4), 10)
    assert found[2:7] == [1] * 5
    assert found[6:] == pytest.approx([1, 2 / 3, 1 / 3, 0])


@pytest.mark.parametrize("steps", [1, 2, 3])
@pytest.mark.parametrize("schedule", [Constant(warmup=9), Linear(), Cosine(), OneCycle(), WSD()])
def test_short_runs_have_a_rate(schedule: AnySchedule, steps: int) -> None:
    assert all(0 <= rate <= 1 for rate in rates(schedule, steps))
