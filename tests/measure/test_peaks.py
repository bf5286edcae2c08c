"""What a device reaches at best, by a clock that the test turns."""

from __future__ import annotations

from itertools import count

import pytest
import torch
from netwright_runtime.measure.peaks import COPIED, ENOUGH, measured_bandwidth, measured_peak

CPU = torch.device("cpu")


def test_the_peak_is_of_a_product_of_matrices_that_takes_long_enough() -> None:
    fast = [time for n in range(5) for time in (n, n + ENOUGH / 2)]
    slow = [time for n in range(10, 15) for time in (n, n + 0.25)]
    ticks = iter([*fast, *slow])
    assert measured_peak(CPU, torch.float32, lambda: next(ticks)) == pytest.approx(
        2 * 128**3 / (ENOUGH / 2)
    )
    assert next(ticks, None) is None


def test_the_peak_of_a_slow_device_takes_a_small_product() -> None:
    seconds = count()
    assert measured_peak(CPU, torch.float32, lambda: next(seconds)) == 2 * 128**3


def test_a_copy_reads_and_writes() -> None:
    ticks = iter([0.0, 4.0, 10.0, 10.5, 20.0, 24.0, 30.0, 34.0, 40.0, 44.0])
    assert measured_bandwidth(CPU, lambda: next(ticks)) == 2 * COPIED / 0.5
