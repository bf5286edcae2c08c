"""Runs that are killed at random instants and resumed, held to one that was left alone.

    python -m tests.train.kills --count 1000 --seed 0

A run shuffles, drops out, augments in two worker processes, accumulates, averages its weights and
computes in bf16. Each of its processes is killed by SIGKILL at a random instant of its life, and
another one goes on from what it left behind, until one comes to the end: then weights, state of the
optimiser, averages and metric log have to be those of the run that was left alone, bit for bit.

An instant is a call of a Python function in any of its threads, counted from the beginning, which
makes it the same on any machine; or, every other time, a moment, at which a process may be in the
middle of a write. Processes are forked from this one, which has imported torch and computed
nothing.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import sklearn.datasets  # noqa: F401  the children have it then
import torch
from netwright.driver.recipe import load_recipe
from netwright.recipe import Recipe
from netwright_runtime.train import train
from netwright_runtime.train.checkpoint import Checkpoint
from netwright_runtime.train.keeping import Keeper
from netwright_runtime.train.log import METRICS
from safetensors.torch import load_file

FOLDER = Path(__file__).parent

PATIENCE = 600.0
"""Seconds after which a process that does not end is killed, and found out."""


def recipe(*assignments: str) -> Recipe:
    """The run of all these tests."""
    found, _ = load_recipe(FOLDER / "tiny_recipe.yaml", assignments).sound()
    return found


def run(recipe: Recipe, out: Path) -> None:
    """Begin a run in `out`, or go on with it."""
    train(recipe, out, folder=FOLDER, resume=True)


def forked(body: Callable[[], None], quiet: bool = False) -> int:
    """The id of a process that runs `body` in a group of its own, and then ends at once.

    quiet  its workers are not heard either, when they find that it is no more
    """
    process = os.fork()
    if process:
        return process
    code = 1
    try:
        os.setpgid(0, 0)
        torch.set_num_threads(1)
        if quiet:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        body()
        code = 0
    finally:
        os._exit(code)


def finished(process: int) -> int | None:
    """How the process ended: its exit code, or the negative number of a signal; None before."""
    found, status = os.waitpid(process, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if found else None


def ended(process: int, within: float) -> int:
    """How the process ended, once it is killed after `within` seconds if it has not by then."""
    limit = time.monotonic() + within
    while (code := finished(process)) is None and time.monotonic() < limit:
        time.sleep(0.001)
    if code is None:
        os.kill(process, signal.SIGKILL)
        _, status = os.waitpid(process, 0)
        code = os.waitstatus_to_exitcode(status)
    with suppress(ProcessLookupError):
        os.killpg(process, signal.SIGKILL)  # its workers
    return code


@dataclass(frozen=True, eq=False)
class Left:
    """What a finished run leaves behind."""

    weights: dict[str, torch.Tensor]
    checkpoint: Checkpoint
    steps: tuple[int, ...]
    metrics: bytes

    @classmethod
    def by(cls, out: Path) -> Left:
        keeper = Keeper(out)
        checkpoint, faults = keeper.newest()
        assert checkpoint is not None and not faults
        weights = load_file(out / "weights.safetensors")
        return cls(weights, checkpoint, tuple(keeper.steps()), (out / METRICS).read_bytes())

    def differences(self, other: Left) -> Iterator[str]:
        """What is not the same, in words."""
        yield from _differing("weights", self.weights, other.weights)
        mine, theirs = self.checkpoint, other.checkpoint
        yield from _differing("checkpoint", mine.tensors, theirs.tensors)
        if (mine.progress, mine.run, mine.scaler) != (theirs.progress, theirs.run, theirs.scaler):
            yield f"progress: {mine.progress} and {theirs.progress}"
        if self.steps != other.steps:
            yield f"checkpoints: {self.steps} and {other.steps}"
        if self.metrics != other.metrics:
            yield "metrics.csv"


def _differing(what: str, one: object, other: object) -> Iterator[str]:
    assert isinstance(one, dict) and isinstance(other, dict)
    if one.keys() != other.keys():
        yield f"{what}: names"
    for name in one.keys() & other.keys():
        if not torch.equal(one[name], other[name]):
            yield f"{what}: {name}"


@dataclass
class Tally:
    """Kills so far, and the runs that came to their end in spite of them."""

    kills: int = 0
    runs: int = 0


class Calls:
    """Counts the calls of functions in all threads of a process; at one of them it is killed."""

    def __init__(self, fatal: int | None = None) -> None:
        self.count = 0
        self._fatal = fatal
        self._process = os.getpid()  # workers are forked from it, and left alone
        threading.setprofile(self._called)
        sys.setprofile(self._called)

    def _called(self, frame: FrameType, event: str, argument: object) -> None:
        self.count += 1
        if self.count == self._fatal and os.getpid() == self._process:
            os.kill(self._process, signal.SIGKILL)


def counted(wanted: Recipe, out: Path) -> int:
    """How many calls a run makes that is left alone."""

    def body() -> None:
        calls = Calls()
        run(wanted, out)
        (out / "calls").write_text(str(calls.count))

    assert ended(forked(body), PATIENCE) == 0
    return int((out / "calls").read_text())


def killed_at_call(wanted: Recipe, out: Path, call: int) -> int:
    """How a process ended that was killed at a call, if it made so many."""

    def body() -> None:
        Calls(call)
        run(wanted, out)

    return ended(forked(body, quiet=True), PATIENCE)


@dataclass(frozen=True)
class Killer:
    """Ends processes of a run at random instants.

    calls    that the whole run makes
    seconds  that it takes; None for no kills from outside
    """

    recipe: Recipe
    draw: random.Random
    calls: int
    seconds: float | None = None

    def __call__(self, out: Path, number: int) -> int:
        if self.seconds is not None and number % 2:
            within = self.draw.uniform(0, self.seconds)
            return ended(forked(lambda: run(self.recipe, out), quiet=True), within)
        return killed_at_call(self.recipe, out, self.draw.randrange(self.calls))


def killed_at_random(
    folder: Path,
    count: int,
    seed: int,
    from_outside: bool = False,
    told: Callable[[Tally], None] = lambda tally: None,
) -> Tally:
    """Kill processes until there were `count` kills, and let the last run come to its end.

    Raises:
        AssertionError: a run ended otherwise than the one that was left alone.
    """
    wanted, tally = recipe(), Tally()
    begin = time.monotonic()
    calls = counted(wanted, folder / "whole")
    seconds = time.monotonic() - begin if from_outside else None
    kill, whole = Killer(wanted, random.Random(seed), calls, seconds), Left.by(folder / "whole")
    while tally.kills < count:
        out = folder / f"killed-{tally.runs}"
        while tally.kills < count and (code := kill(out, tally.kills)):
            assert code == -signal.SIGKILL, f"a process ended with {code} (seed {seed})"
            tally.kills += 1
            told(tally)
        assert ended(forked(lambda: run(wanted, out)), PATIENCE) == 0  # noqa: B023
        found = list(whole.differences(Left.by(out)))
        assert not found, f"after {tally.kills} kills (seed {seed}): {found}"
        shutil.rmtree(out)
        tally.runs += 1
    return tally


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--count", type=int, default=1000, help="kills")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()

    def told(tally: Tally) -> None:
        if tally.kills % 50 == 0:
            print(f"{tally.kills} kills, {tally.runs} runs ended as they should", flush=True)

    with tempfile.TemporaryDirectory() as folder:
        tally = killed_at_random(Path(folder), given.count, given.seed, True, told)
    print(f"{tally.kills} kills, {tally.runs} runs: all ended bit for bit as one left alone")


if __name__ == "__main__":
    main()
