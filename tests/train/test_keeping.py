from __future__ import annotations

import errno
import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from netwright_runtime.train import files
from netwright_runtime.train.checkpoint import Best, Checkpoint, Progress
from netwright_runtime.train.keeping import Keeper, NotWritten


def checkpoint(step: int, best: Best | None = None) -> Checkpoint:
    return Checkpoint("a run", Progress(step=step, best=best), {"model/a": torch.full((99,), step)})


def saved(keeper: Keeper, *steps: int, best: Best | None = None) -> None:
    for step in steps:
        keeper.save(checkpoint(step, best))
    keeper.close()


@pytest.mark.parametrize("background", [False, True])
def test_the_last_ones_are_kept(background: bool, tmp_path: Path) -> None:
    keeper = Keeper(tmp_path, keep=2, background=background)
    saved(keeper, 1, 2, 3, 4)
    assert keeper.steps() == [3, 4]


def test_the_best_one_is_kept_too(tmp_path: Path) -> None:
    keeper = Keeper(tmp_path, keep=1)
    keeper.save(checkpoint(1))
    saved(keeper, 2, 3, 4, best=Best(0.9, 2))
    assert keeper.steps() == [2, 4]


def test_the_newest_is_found(tmp_path: Path) -> None:
    keeper = Keeper(tmp_path)
    saved(keeper, 9, 10)
    found, faults = keeper.newest()
    assert found is not None
    assert (found.progress.step, faults) == (10, [])


def test_without_any_nothing_is_found(tmp_path: Path) -> None:
    assert Keeper(tmp_path).newest() == (None, [])


def test_a_damaged_one_is_passed_over(tmp_path: Path) -> None:
    keeper = Keeper(tmp_path)
    saved(keeper, 1, 2)
    newest = keeper.path(2)
    newest.write_bytes(newest.read_bytes()[:-20])
    found, faults = keeper.newest()
    assert found is not None
    assert found.progress.step == 1
    assert [str(newest) in str(fault) for fault in faults] == [True]


def test_what_an_interrupted_write_left_is_deleted(tmp_path: Path) -> None:
    left = Keeper(tmp_path).folder / f"step-000000001.safetensors{files.TEMPORARY}"
    left.write_bytes(b"half")
    assert Keeper(tmp_path).newest() == (None, [])
    assert not left.exists()


class Faulty(io.FileIO):
    """A file whose writes fail after `room` bytes."""

    room = 100
    fault = errno.ENOSPC

    def write(self, data: Any) -> int:
        if self.tell() >= self.room:
            raise OSError(self.fault, os.strerror(self.fault))
        return super().write(bytes(data)[: self.room - self.tell()]) or 0


def fail_to_write(monkeypatch: pytest.MonkeyPatch, fault: int) -> None:
    monkeypatch.setattr(Faulty, "fault", fault)
    opened: Callable[..., Faulty] = lambda path, mode, buffering: Faulty(path, mode)  # noqa: E731
    monkeypatch.setattr(files, "open", opened, raising=False)


def fail_to_sync(monkeypatch: pytest.MonkeyPatch, fault: int) -> None:
    def sync(descriptor: int) -> None:
        raise OSError(fault, os.strerror(fault))

    monkeypatch.setattr(os, "fsync", sync)


def fail_to_rename(monkeypatch: pytest.MonkeyPatch, fault: int) -> None:
    def rename(source: Path, target: Path) -> None:
        raise OSError(fault, os.strerror(fault), str(source))

    monkeypatch.setattr(os, "replace", rename)


@pytest.mark.parametrize("background", [False, True])
@pytest.mark.parametrize("fault", [errno.ENOSPC, errno.EIO, errno.EDQUOT])
@pytest.mark.parametrize("fail", [fail_to_write, fail_to_sync, fail_to_rename])
def test_a_fault_of_the_disk_costs_no_earlier_checkpoint(
    fail: Callable[[pytest.MonkeyPatch, int], None],
    fault: int,
    background: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    keeper = Keeper(tmp_path, keep=1, background=background)
    keeper.save(checkpoint(1))
    keeper.wait()
    with monkeypatch.context() as patched:
        fail(patched, fault)
        with pytest.raises(NotWritten, match=f"{os.strerror(fault)}; the last .*step-000000001"):
            saved(keeper, 2)
    found, faults = keeper.newest()
    assert found is not None
    assert (found.progress.step, faults, keeper.steps()) == (1, [], [1])
    assert [path.name for path in keeper.folder.iterdir()] == ["step-000000001.safetensors"]


def test_a_first_checkpoint_that_fails_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_to_write(monkeypatch, errno.ENOSPC)
    with pytest.raises(NotWritten, match="No space left on device; no checkpoint yet"):
        Keeper(tmp_path).save(checkpoint(1))


def test_the_log_is_durable_before_a_checkpoint_is(tmp_path: Path) -> None:
    seen: list[int] = []
    keeper = Keeper(tmp_path, before=lambda: seen.append(len(keeper.steps())))
    saved(keeper, 5)
    assert seen == [0]
