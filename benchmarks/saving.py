"""How long saving a checkpoint stops a training run, in a thread and without one."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import netwright
import torch
from netwright.recipe.optimiser import AdamW
from netwright_runtime.measure.timing import Time
from netwright_runtime.train import snapshot
from netwright_runtime.train.checkpoint import Checkpoint, Progress
from netwright_runtime.train.ema import Averages
from netwright_runtime.train.keeping import Keeper
from netwright_runtime.train.optimisers import optimiser

from benchmarks.result import Goal, Result, Row

_ROUNDS = 5
_STEPS = 40
"""Products of matrices that stand for the steps of training while a thread writes."""


def run() -> Result:
    """ResNet-34 with AdamW and averaged weights: what the training thread waits for.

    A step between two saves is stood for by products of matrices, which show how far the thread
    that writes takes time from them.
    """
    module = netwright.build("resnet34", num_classes=1000)
    made = optimiser(AdamW(), module)
    for parameter in module.parameters():
        parameter.grad = torch.zeros_like(parameter)
    made.step()
    averages = Averages(module, 0.99)

    def checkpoint(step: int) -> Checkpoint:
        tensors = snapshot.taken(module, made, averages)
        return Checkpoint("benchmark", Progress(step), tensors)

    size = sum(t.numel() * t.element_size() for t in checkpoint(0).tensors.values())
    stalls = {name: _stalls(checkpoint, name == "in a thread") for name in _NAMES}
    (alone, alone_steps), (thread, thread_steps) = stalls.values()
    rows = (
        Row("save: the run waits for the file", Time.of(alone)),
        _row("save: a thread writes", thread, alone, "the run waits"),
        Row("steps, nothing is written", Time.of(alone_steps)),
        _row("steps, a thread writes beside them", thread_steps, alone_steps, "nothing is written"),
    )
    stalled = Time.of(thread).median / Time.of(alone).median
    goals = (Goal("a thread stalls the run for a fifth of the time", stalled, 0.2),)
    notes = (
        f"A checkpoint has {size / 1e6:.0f} MB; a step here is {_STEPS} products of matrices.",
        f"torch with {torch.get_num_threads()} thread(s).",
    )
    return Result("saving", "Saving a checkpoint", rows, goals, notes)


_NAMES = ("in the run", "in a thread")


def _row(name: str, seconds: list[float], against: list[float], what: str) -> Row:
    ratio = Time.of(seconds).median / Time.of(against).median
    return Row(name, Time.of(seconds), ratio, what)


def _stalls(
    checkpoint: Callable[[int], Checkpoint], background: bool
) -> tuple[list[float], list[float]]:
    """Seconds that each save takes of the run, and that the steps after it take."""
    stalls: list[float] = []
    steps: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        keeper = Keeper(Path(folder), keep=1, background=background)
        for step in range(_ROUNDS + 1):
            with _timed(stalls):
                keeper.save(checkpoint(step))
            with _timed(steps):
                _compute()
            keeper.wait()
        keeper.close()
    return stalls[1:], steps[1:]


@contextmanager
def _timed(seconds: list[float]) -> Iterator[None]:
    start = time.perf_counter()
    yield
    seconds.append(time.perf_counter() - start)


def _compute() -> None:
    matrix = torch.ones(512, 512)
    for _ in range(_STEPS):
        matrix = (matrix @ matrix).clamp(max=1)
