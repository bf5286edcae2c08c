"""Throughput and utilisation, by a clock that the test turns."""

from __future__ import annotations

import pytest
import torch
from netwright_runtime.model import compiled
from netwright_runtime.train.flops import StepFlops
from netwright_runtime.train.meter import Meter
from torch.utils.flop_counter import FlopCounterMode

CPU = torch.device("cpu")


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def _steps(meter: Meter, clock: Clock, count: int) -> None:
    for _ in range(count):
        with meter.data():
            clock.now += 0.5
        with meter.step():
            clock.now += 1.5
            meter.count(samples=8, tokens=80, flops=100)


def test_rates_are_over_data_and_steps_together() -> None:
    clock = Clock()
    meter = Meter(CPU, 200.0, clock=clock)
    _steps(meter, clock, 3)
    clock.now += 100  # an evaluation in between is neither
    found = meter.take()
    assert found.pop("peak_memory") > 2**20
    assert found == {
        "samples_per_second": 24 / 6,
        "tokens_per_second": 240 / 6,
        "data_seconds": 0.5,
        "step_seconds": 1.5,
        "utilisation": pytest.approx(300 / (6 * 200)),
    }


def test_samples_of_all_processes_count_and_the_flops_of_this_one() -> None:
    clock = Clock()
    one, two = (Meter(CPU, 200.0, processes, clock) for processes in (1, 2))
    _steps(one, clock, 1)
    _steps(two, clock, 1)
    alone, shared = one.take(), two.take()
    assert shared["samples_per_second"] == 2 * alone["samples_per_second"]
    assert shared["utilisation"] == alone["utilisation"]


def test_it_begins_anew_after_each_row() -> None:
    clock = Clock()
    meter = Meter(CPU, None, clock=clock)
    _steps(meter, clock, 3)
    meter.take()
    _steps(meter, clock, 1)
    assert meter.take()["samples_per_second"] == 4


def test_what_is_not_known_is_left_out() -> None:
    clock = Clock()
    meter = Meter(CPU, None, clock=clock)
    with meter.step():
        clock.now += 1
    meter.count(samples=2, tokens=0, flops=0)
    assert set(meter.take()) == {
        "samples_per_second", "data_seconds", "step_seconds", "peak_memory"
    }  # fmt: skip


@pytest.mark.parametrize("length", [5, 16])
def test_flops_are_three_times_torchs_count_of_the_forward_pass(length) -> None:
    small = compiled("language/tiny_gpt", dim=16, depth=2, num_heads=2, dropout=0.0)
    tokens = torch.zeros(
        3, length, dtype=torch.long, device="meta"
    )  # elsewhere torch forgets attention
    with FlopCounterMode(display=False) as counter:
        small.build(device="meta")(tokens)
    assert StepFlops(small)({"tokens": tokens}) == 3 * counter.get_total_flops()
    assert counter.get_total_flops() > 0
