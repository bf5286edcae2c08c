"""How fast a run goes: throughput, time for data and for steps, memory, utilisation."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch

Clock = Callable[[], float]


class Meter:
    """Adds up between two rows of the log.

        with meter.data(): batch = next(batches)
        with meter.step(): ...                      forward, backward, optimiser
        meter.count(samples=64, tokens=0, flops=10**9)
        log.speed(step, epoch, meter.take())

    peak       operations per second that the device reaches at best, None where it is not known
    processes  how many do the same as this one, each with samples of its own
    """

    def __init__(
        self,
        device: torch.device,
        peak: float | None,
        processes: int = 1,
        clock: Clock = time.perf_counter,
    ) -> None:
        self._device, self._peak, self._processes, self._clock = device, peak, processes, clock
        self._forget()

    def _forget(self) -> None:
        self._data = self._step = 0.0
        self._samples = self._tokens = self._flops = self._steps = 0

    @contextmanager
    def data(self) -> Iterator[None]:
        """Time spent waiting for a batch."""
        begin = self._clock()
        yield
        self._data += self._clock() - begin

    @contextmanager
    def step(self) -> Iterator[None]:
        """Time spent on one step of the optimiser, all its batches included."""
        begin = self._clock()
        yield
        self._step += self._clock() - begin
        self._steps += 1

    def count(self, samples: int, tokens: int, flops: int) -> None:
        """What a batch held, and what its forward and backward pass take."""
        self._samples += samples
        self._tokens += tokens
        self._flops += flops

    def take(self) -> dict[str, float]:
        """What was measured since the last time; seconds are means over steps, memory is bytes."""
        if self._device.type == "cuda":
            begin = self._clock()
            torch.cuda.synchronize(self._device)  # what was started is not yet done
            self._step += self._clock() - begin
        seconds, steps = self._data + self._step, max(self._steps, 1)
        found = {
            "samples_per_second": _per(self._samples * self._processes, seconds),
            "tokens_per_second": _per(self._tokens * self._processes, seconds),
            "data_seconds": self._data / steps,
            "step_seconds": self._step / steps,
            "peak_memory": float(peak_memory(self._device)),
            "utilisation": _per(self._flops, seconds * (self._peak or 0)),
        }
        absent = {"tokens_per_second": self._tokens, "utilisation": self._flops * (self._peak or 0)}
        self._forget()
        return {name: value for name, value in found.items() if absent.get(name, 1)}


def _per(count: float, seconds: float) -> float:
    return count / seconds if seconds else 0.0


def peak_memory(device: torch.device) -> int:
    """Bytes: on a GPU the most that tensors took, else the most that the process held."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return held if sys.platform == "darwin" else held * 1024


PRECISIONS = {
    "32-true": torch.float32, "bf16-mixed": torch.bfloat16, "16-mixed": torch.float16,
    "bf16-true": torch.bfloat16, "64-true": torch.float64,
}  # fmt: skip
"""What products are computed in, by the recipe's precision."""
