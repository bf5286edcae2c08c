"""A run that is killed at any instant, and resumed, is the run that was left alone."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from netwright_runtime.train import files, loop, table

from tests.train import kills

SHORT = ("train.epochs=2", "data.workers=0", "checkpoints.background=false")


def test_kills_at_random_instants_change_nothing(tmp_path: Path) -> None:
    tally = kills.killed_at_random(tmp_path, count=20, seed=1)
    assert tally.kills >= 20
    assert tally.runs >= 1


@pytest.mark.parametrize(
    ("place", "name", "call"),
    [
        (files, "_write", 1),  # before the first byte of a checkpoint
        (os, "fsync", 2),  # it is written, not yet in its place
        (files, "sync_folder", 3),  # it is in its place
        (Path, "unlink", 3),  # an older one goes
        (table.Table, "add", 5),
        (loop.Loop, "_evaluate", 1),
        (loop.Loop, "_step", 4),
        (loop.Loop, "weights", 1),  # all is trained, nothing exported
    ],
)
def test_a_kill_at_this_call_changes_nothing(
    place: object, name: str, call: int, tmp_path: Path, whole: kills.Left
) -> None:
    wanted = kills.recipe(*SHORT)

    def killed() -> None:
        kill_at(place, name, call)
        kills.run(wanted, tmp_path)

    assert kills.ended(kills.forked(killed), 60) == -signal.SIGKILL
    assert kills.ended(kills.forked(lambda: kills.run(wanted, tmp_path)), 60) == 0
    assert not list(whole.differences(kills.Left.by(tmp_path)))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> kills.Left:
    """The same run, left alone."""
    out = tmp_path_factory.mktemp("whole")
    assert kills.ended(kills.forked(lambda: kills.run(kills.recipe(*SHORT), out)), 60) == 0
    return kills.Left.by(out)


def kill_at(place: object, name: str, call: int) -> None:
    """Let this process be killed at a call of the function `name`, before it does anything."""
    original: Callable[..., object] = getattr(place, name)
    calls = 0

    def counted(*given: object, **named: object) -> object:
        nonlocal calls
        calls += 1
        if calls == call:
            signal.raise_signal(signal.SIGKILL)
        return original(*given, **named)

    setattr(place, name, counted)
