"""Runs that are killed at random instants and resumed, held to one that was left alone.

    python -m tests.train.kills --count 1000 --seed 0

A run shuffles, drops out, augments in two worker processes, accumulates, averages its weights and
computes in bf16. Each of its processes is killed by SIGKILL at a random instant of its life, and
another one goes on from what it left behind, until one comes to the end: then weights, state of the
optimiser, averages and metric log have to be those of the run that was left alone, bit for bit.

Processes are forked from this one, which has imported torch and computed nothing.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

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


def recipe(*assignments: str) -> Recipe:
    """The run of all these tests."""
    found, _ = load_recipe(FOLDER / "tiny_recipe.yaml", assignments).sound()
    return found


def run(recipe: Recipe, out: Path) -> None:
    """Begin a run in `out`, or go on with it."""
    train(recipe, out, folder=FOLDER, resume=True)


def forked(body: Callable[[], None]) -> int:
    """The id of a process that runs `body` in a group of its own, and then ends at once."""
    process = os.fork()
    if process:
        return process
    code = 1
    try:
        os.setpgid(0, 0)
        torch.set_num_threads(1)
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
    while time.monotonic() < limit:
        code = finished(process)
        if code is not None:
            return code
        time.sleep(0.001)
    kill(process)
    _, status = os.waitpid(process, 0)
    return os.waitstatus_to_exitcode(status)


def kill(process: int) -> None:
    """Kill a process and its workers."""
    try:
        os.killpg(process, signal.SIGKILL)
    except ProcessLookupError:  # it has no group of its own yet
        os.kill(process, signal.SIGKILL)


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


def killed_at_random(
    folder: Path, count: int, seed: int, told: Callable[[Tally], None] = lambda tally: None
) -> Tally:
    """Kill processes until there were `count` kills, and let the last run come to its end.

    Raises:
        AssertionError: a run ended otherwise than the one that was left alone.
    """
    draw = random.Random(seed)
    wanted = recipe()
    begin = time.monotonic()
    assert ended(forked(lambda: run(wanted, folder / "whole")), 600) == 0
    life = time.monotonic() - begin
    whole, tally = Left.by(folder / "whole"), Tally()
    while tally.kills < count:
        out = folder / f"killed-{tally.runs}"
        while True:
            within = draw.uniform(0, life) if tally.kills < count else 600
            code = ended(forked(lambda out=out: run(wanted, out)), within)  # type: ignore[misc]
            if code == 0:
                break
            assert code == -signal.SIGKILL, f"a process ended with {code} (seed {seed})"
            tally.kills += 1
            told(tally)
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
        tally = killed_at_random(Path(folder), given.count, given.seed, told)
    print(f"{tally.kills} kills, {tally.runs} runs: all ended bit for bit as one left alone")


if __name__ == "__main__":
    main()
