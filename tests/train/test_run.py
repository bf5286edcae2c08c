"""Whole runs of a small model."""

from __future__ import annotations

import errno
import json
import os
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from netwright_runtime import train
from netwright_runtime.train.checkpoint import Checkpoint
from netwright_runtime.train.keeping import Keeper
from netwright_runtime.train.log import METRICS
from netwright_runtime.train.loop import Loop
from netwright_runtime.train.losses import Loss, Losses
from netwright_runtime.train.table import Row, read
from safetensors.torch import load_file, save_file
from torch import Tensor

from tests.train.kills import FOLDER, Left, recipe

PLAIN = ("data.workers=0", "train.epochs=2", "checkpoints.background=false")
FEW = (*PLAIN, "train.epochs=1")


def run(out: Path, *assignments: str, resume: bool = False) -> train.Run:
    return train.train(recipe(*assignments), out, folder=FOLDER, resume=resume)


def rows(out: Path, name: str, split: str = "train") -> list[Row]:
    return [row for row in read(out / METRICS) if (row.name, row.split) == (name, split)]


def losses(out: Path) -> list[float]:
    return [row.value for row in rows(out, "loss")]


def same(one: Mapping[str, Tensor], other: Mapping[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[n], other[n]) for n in one)


def test_a_run_learns_and_leaves_all_that_is_needed(tmp_path: Path) -> None:
    found = run(tmp_path, "data.workers=0", "train.epochs=6")
    assert found.steps == 42
    assert found.measured["accuracy"] > 0.8
    assert losses(tmp_path)[-1] < 0.7 * losses(tmp_path)[0]
    for name in ("weights.safetensors", "preprocessing.json", "recipe.json", METRICS):
        assert (tmp_path / name).is_file()
    assert len(Keeper(tmp_path).steps()) in (2, 3)
    assert [row.step for row in rows(tmp_path, "accuracy", "validation")] == [7, 14, 21, 28, 35, 42]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Left:
    """What a run leaves behind that nothing disturbed."""
    out = tmp_path_factory.mktemp("whole")
    run(out, *PLAIN)
    return Left.by(out)


def test_the_same_run_twice_is_the_same(whole: Left, tmp_path: Path) -> None:
    run(tmp_path, *PLAIN)
    assert not list(whole.differences(Left.by(tmp_path)))


def test_another_seed_is_another_run(tmp_path: Path) -> None:
    run(tmp_path / "one", *FEW)
    run(tmp_path / "two", *FEW, "train.seed=1")
    assert losses(tmp_path / "one") != losses(tmp_path / "two")


def test_neither_workers_nor_threads_that_write_change_a_number(
    whole: Left, tmp_path: Path
) -> None:
    run(tmp_path, *PLAIN, "data.workers=2", "checkpoints.background=true")
    assert not list(whole.differences(Left.by(tmp_path)))


def test_a_folder_that_holds_a_run_is_left_alone(tmp_path: Path) -> None:
    run(tmp_path, *FEW)
    before = (tmp_path / METRICS).read_bytes()
    with pytest.raises(train.Occupied, match="holds a run; go on with `--resume`"):
        run(tmp_path, *FEW)
    assert (tmp_path / METRICS).read_bytes() == before


def test_what_came_to_no_checkpoint_is_begun_anew(
    whole: Left, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        Small(patched, room=0, calls=4)
        with pytest.raises(train.OutOfMemory):
            run(tmp_path, *PLAIN)
    assert rows(tmp_path, "loss")
    run(tmp_path, *PLAIN)
    assert not list(whole.differences(Left.by(tmp_path)))


def test_a_run_goes_on_with_more_epochs(tmp_path: Path) -> None:
    run(tmp_path, *FEW)
    found = run(tmp_path, *FEW, "train.epochs=2", resume=True)
    assert found.steps == 14
    assert [row.step for row in rows(tmp_path, "loss")] == list(range(1, 15))


@pytest.mark.parametrize(
    "change", ["train.seed=5", "data.batch_size=16", "model.params={width: 4}"]
)
def test_a_checkpoint_of_another_run_is_refused(change: str, tmp_path: Path) -> None:
    run(tmp_path, *FEW)
    with pytest.raises(train.BadCheckpoint, match="holds another run"):
        run(tmp_path, *FEW, change, resume=True)


def test_a_damaged_checkpoint_is_passed_over(
    whole: Left, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(tmp_path, *PLAIN)
    newest = Keeper(tmp_path).path(14)
    newest.write_bytes(newest.read_bytes()[:1000])
    run(tmp_path, *PLAIN, resume=True)
    assert f"warning: `{newest}` cannot be read" in capsys.readouterr().err
    assert not list(whole.differences(Left.by(tmp_path)))


def test_where_all_checkpoints_are_damaged_nothing_is_begun_anew(tmp_path: Path) -> None:
    run(tmp_path, *FEW)
    keeper = Keeper(tmp_path)
    for step in keeper.steps():
        keeper.path(step).write_bytes(b"nothing")
    with pytest.raises(train.BadCheckpoint, match="cannot be read"):
        run(tmp_path, *FEW, resume=True)


@pytest.mark.parametrize(
    ("number", "place", "step"),
    [(signal.SIGTERM, "_step", 5), (signal.SIGINT, "_step", 7), (signal.SIGTERM, "measure", 7)],
)
def test_a_signal_leaves_a_checkpoint_within_a_step(
    number: signal.Signals,
    place: str,
    step: int,
    whole: Left,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    original = getattr(Loop, place)

    def signalled(self: Loop, given: Any) -> Any:
        if self.progress.step == step:
            os.kill(os.getpid(), number)
        return original(self, given)

    with monkeypatch.context() as patched:
        patched.setattr(Loop, place, signalled)
        after = step + (place == "_step")
        with pytest.raises(train.Interrupted, match=f"stopped after step {after}"):
            run(tmp_path / "stopped", *PLAIN)
    assert Checkpoint.read(Keeper(tmp_path / "stopped").path(after)).progress.step == after
    run(tmp_path / "stopped", *PLAIN, resume=True)
    assert not list(whole.differences(Left.by(tmp_path / "stopped")))


def test_a_run_begins_with_given_weights(tmp_path: Path) -> None:
    run(tmp_path / "one", *FEW)
    given = f"model.weights={tmp_path}/one/weights.safetensors"
    run(tmp_path / "two", *FEW, given)
    assert losses(tmp_path / "two")[0] < losses(tmp_path / "one")[0]


def test_weights_of_another_model_are_refused(tmp_path: Path) -> None:
    save_file({"fc.weight": torch.zeros(2)}, tmp_path / "other.safetensors")
    with pytest.raises(train.BadData, match="the weights are of another model"):
        run(tmp_path / "run", *FEW, f"model.weights={tmp_path}/other.safetensors")


def test_the_averages_are_what_is_written(tmp_path: Path) -> None:
    run(tmp_path, *FEW)
    checkpoint, _ = Keeper(tmp_path).newest()
    assert checkpoint is not None
    written = load_file(tmp_path / "weights.safetensors")
    averages, last = checkpoint.part("ema"), checkpoint.part("model")
    assert all(torch.equal(written[name], averages[name]) for name in averages)
    assert not torch.equal(averages["logits.weight"], last["logits.weight"])
    assert torch.equal(written["norm.running_mean"], last["norm.running_mean"])


def test_a_group_is_matched_by_the_names_of_the_model(tmp_path: Path) -> None:
    run(tmp_path / "one", *FEW)
    run(tmp_path / "two", *FEW, "optimiser.AdamW.groups=[{match: logits.*, lr: 1e-4}]")
    assert losses(tmp_path / "one") != losses(tmp_path / "two")


def test_a_group_without_parameters_is_told_where_the_recipe_says_it(tmp_path: Path) -> None:
    with pytest.raises(train.BadData) as caught:
        run(tmp_path, *FEW, "optimiser.AdamW.groups=[{match: '*.nothing', lr: 1}]")
    assert caught.value.faults[0].where == ("optimiser", "groups", 0, "match")


def test_accumulation_gives_the_gradients_of_the_larger_batch(tmp_path: Path) -> None:
    still = (
        "model.params={p: 0.0}",
        "train.precision=64-true",
        "data.augment=[]",
        "data.workers=0",
    )
    frozen = (*still, "train.epochs=1", "optimiser={SGD: {lr: 0.1}}", "checkpoints.every=null")
    spec = "model.spec=mixers.yaml"
    for name, batch, accumulate in (("one", 64, 1), ("four", 16, 4)):
        more = (f"data.batch_size={batch}", f"train.accumulate={accumulate}")
        run(tmp_path / name, *frozen, spec, *more)
    assert losses(tmp_path / "one") == pytest.approx(losses(tmp_path / "four"), rel=1e-6)


@pytest.mark.parametrize("precision", ["32-true", "bf16-true", "64-true"])
def test_precisions(precision: str, tmp_path: Path) -> None:
    run(tmp_path, *FEW, f"train.precision={precision}")
    assert all(0 < loss < 5 for loss in losses(tmp_path))


@pytest.mark.parametrize("asked", [False, True])
def test_determinism_is_asked_for_while_the_run_lasts(
    asked: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bool] = []
    original = Loop._epoch

    def watched(self: Loop) -> None:
        seen.append(torch.are_deterministic_algorithms_enabled())
        original(self)

    monkeypatch.setattr(Loop, "_epoch", watched)
    run(tmp_path, *FEW, f"train.deterministic={str(asked).lower()}")
    assert seen == [asked]
    assert not torch.are_deterministic_algorithms_enabled()


def test_computing_again_changes_no_number(tmp_path: Path) -> None:
    run(tmp_path / "one", *FEW)
    run(tmp_path / "two", *FEW, "train.checkpointing=true")
    assert losses(tmp_path / "one") == losses(tmp_path / "two")


def test_clipping_bounds_the_step(tmp_path: Path) -> None:
    sgd = "optimiser={SGD: {lr: 1.0}}"
    constant = (
        "schedule=constant",
        "train.ema=null",
        "train.precision=32-true",
        "train.accumulate=99",
    )
    begin, clipped = tmp_path / "begin", tmp_path / "clipped"
    run(begin, *FEW, "optimiser={SGD: {lr: 0.0}}", *constant)
    run(clipped, *FEW, sgd, *constant, "train.clip=0.25")
    first, last = (Keeper(out).newest()[0] for out in (begin, clipped))
    assert first is not None
    assert last is not None
    names = [name for name in first.part("model") if "norm.running" not in name]
    moved = torch.stack(
        [
            (first.part("model")[n] - last.part("model")[n]).double().norm()
            for n in names
            if "num" not in n
        ]
    )
    assert moved.norm().item() == pytest.approx(0.25, rel=1e-4)


def test_a_loss_that_is_no_number_stops_the_run_and_names_the_node(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = Loop._prepared

    def spoiled(self: Loop, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        if self.progress.step == 5:
            with torch.no_grad():
                self.module.get_parameter("blocks.1.fc.bias").fill_(torch.inf)
        return original(self, batch)

    monkeypatch.setattr(Loop, "_prepared", spoiled)
    said = (
        r"the loss of step 6 is not finite: `blocks.1.fc.bias` is a weight that holds infinity "
        r"before the step; the last checkpoint is `.*step-000000003.safetensors`"
    )
    with pytest.raises(train.Diverged, match=said):
        run(tmp_path, *PLAIN)
    assert Keeper(tmp_path).steps() == [3]


@pytest.mark.parametrize("fault", [errno.ENOSPC, errno.EIO])
def test_a_full_disk_ends_the_run_and_costs_nothing(
    fault: int, whole: Left, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = os.write

    def full(descriptor: int, data: bytes) -> int:
        if data.startswith(b"12,"):  # the rows of the 12th step
            raise OSError(fault, os.strerror(fault))
        return original(descriptor, data[:7])  # a write may take less than it is given

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", full)
        said = f"could not be written: {os.strerror(fault)}; the last checkpoint is .*009"
        with pytest.raises(train.NotWritten, match=said):
            run(tmp_path, *PLAIN)
    run(tmp_path, *PLAIN, resume=True)
    assert not list(whole.differences(Left.by(tmp_path)))


class Small:
    """A device with room for so many samples at once, from the call with this number on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, room: int, calls: int = 0) -> None:
        self.seen: list[int] = []
        original = Loss.__call__

        def called(
            loss: Loss, outputs: Mapping[str, Tensor], batch: Mapping[str, Tensor]
        ) -> Losses:
            size = len(batch["label"])
            if torch.is_grad_enabled():
                self.seen.append(size)
                if size > room and len(self.seen) > calls:
                    raise torch.OutOfMemoryError("no room")
            return original(loss, outputs, batch)

        monkeypatch.setattr(Loss, "__call__", called)


def test_where_memory_runs_out_the_batch_is_halved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    small = Small(monkeypatch, room=8)
    run(tmp_path, *FEW, "train.shrink_batch=true")
    assert small.seen[:3] == [32, 16, 8]
    assert set(small.seen[2:]) == {8}
    assert "batches are computed in 4 pieces" in capsys.readouterr().err
    checkpoint, _ = Keeper(tmp_path).newest()
    assert checkpoint is not None
    assert checkpoint.batch_divisor == 4


def test_where_memory_runs_out_and_nothing_is_allowed_the_run_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Small(monkeypatch, room=8)
    with pytest.raises(
        train.OutOfMemory, match="memory ran out in step 1, with 32 samples at once"
    ):
        run(tmp_path, *FEW)


def test_what_a_run_is_made_of_is_written_down(tmp_path: Path) -> None:
    run(tmp_path, *FEW)
    written = json.loads((tmp_path / "recipe.json").read_text())
    assert type(recipe(*FEW)).model_validate(written) == recipe(*FEW)
