"""What a device reaches at best: products of matrices, and copies."""

from __future__ import annotations

import time
from collections.abc import Callable

import torch

from netwright_runtime.measure.timing import Clock

ENOUGH = 0.01
"""Seconds that a product has to take for its time to say something."""

LARGEST = 8192
"""Rows of the largest matrix."""

COPIED = 2**27
"""Bytes that a copy reads, more than caches hold: 128 MiB."""

_TRIES = 5
"""The best of them counts: other processes only ever make it slower."""


def measured_peak(
    device: torch.device, dtype: torch.dtype, clock: Clock = time.perf_counter
) -> float:
    """Operations per second of a product of square matrices.

    No kernel does better as a rule, so it stands for the peak that a data sheet would name.
    """
    size, best = 128, 0.0
    while True:
        seconds = min(_product(size, device, dtype, clock) for _ in range(_TRIES))
        best = max(best, 2 * size**3 / seconds)
        if seconds >= ENOUGH or size == LARGEST:
            return best
        size *= 2


def _product(size: int, device: torch.device, dtype: torch.dtype, clock: Clock) -> float:
    """Seconds of one product."""
    matrix = torch.ones(size, size, device=device, dtype=dtype)
    return _seconds(lambda: matrix @ matrix, device, clock)


def measured_bandwidth(device: torch.device, clock: Clock = time.perf_counter) -> float:
    """Bytes per second that a copy of a large tensor reads and writes."""
    source = torch.ones(COPIED, device=device, dtype=torch.uint8)
    target = torch.empty_like(source)
    seconds = min(_seconds(lambda: target.copy_(source), device, clock) for _ in range(_TRIES))
    return 2 * COPIED / seconds


def _seconds(task: Callable[[], object], device: torch.device, clock: Clock) -> float:
    synchronise(device)
    begin = clock()
    task()
    synchronise(device)
    return clock() - begin


def synchronise(device: torch.device) -> None:
    """Wait until the device has done what was started."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
