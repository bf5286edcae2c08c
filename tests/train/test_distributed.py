"""Two processes on the CPU, by gloo, do what one does at the same batch size."""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from pathlib import Path

import pytest
from netwright_runtime.train.keeping import Keeper
from netwright_runtime.train.log import METRICS
from netwright_runtime.train.table import read

from tests.train import kills
from tests.train.kills import ended, forked, recipe

ALONE = (
    "model.spec=mixers.yaml",  # without running statistics, which each process has of its own
    "data.workers=0",
    "train.precision=32-true",
    "schedule=constant",  # the same, however many epochs follow
)
TOGETHER = ("train.devices=2", "train.accelerator=cpu")


def run(out: Path, assignments: Sequence[str]) -> None:
    wanted = recipe(*ALONE, *assignments)
    assert ended(forked(lambda: kills.run(wanted, out)), 120) == 0


def run_together(out: Path, strategy: str, *assignments: str) -> None:
    """As `torchrun --nproc-per-node 2` starts them."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

    def body(rank: int) -> None:
        os.environ.update(
            RANK=str(rank), LOCAL_RANK=str(rank), WORLD_SIZE="2", LOCAL_WORLD_SIZE="2",
            GROUP_RANK="0", MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port),
            TORCHELASTIC_RUN_ID="tests",
        )  # fmt: skip
        wanted = recipe(*ALONE, *TOGETHER, f"train.strategy={strategy}", *assignments)
        kills.run(wanted, out)

    processes = [forked(lambda rank=rank: body(rank)) for rank in range(2)]  # type: ignore[misc]
    assert [ended(process, 120) for process in processes] == [0, 0]


def values(out: Path, *names: str) -> list[float]:
    return [row.value for row in read(out / METRICS) if row.name in names]


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("alone")
    run(out, ["train.epochs=2"])
    return out


@pytest.mark.parametrize("strategy", ["ddp", "fsdp"])
def test_losses_are_those_of_one_process(strategy: str, alone: Path, tmp_path: Path) -> None:
    run_together(tmp_path, strategy, "train.epochs=2")
    wanted = values(alone, "loss", "gradient_norm", "accuracy")
    assert len(wanted) > 20
    assert values(tmp_path, "loss", "gradient_norm", "accuracy") == pytest.approx(wanted, rel=1e-4)


@pytest.mark.parametrize(
    ("first", "then"), [("ddp", "fsdp"), ("fsdp", "ddp"), ("alone", "fsdp"), ("fsdp", "alone")]
)
def test_a_checkpoint_of_either_loads_in_the_other(
    first: str, then: str, alone: Path, tmp_path: Path
) -> None:
    for strategy, epochs in ((first, 1), (then, 2)):
        if strategy == "alone":
            run(tmp_path, [f"train.epochs={epochs}"])
        else:
            run_together(tmp_path, strategy, f"train.epochs={epochs}")
    found, _ = Keeper(tmp_path).newest()
    assert found is not None
    assert found.progress.step == 14
    last = values(alone, "loss")[-3:]
    assert values(tmp_path, "loss")[-3:] == pytest.approx(last, rel=1e-3)
