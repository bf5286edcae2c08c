"""`netwright train`: what it prints, and its exit codes."""

from __future__ import annotations

from pathlib import Path

import pytest
from netwright.cli import main

from tests.train.kills import FOLDER

RECIPE = str(FOLDER / "tiny_recipe.yaml")
SHORT = ("--set", "data.workers=0", "--set", "train.epochs=1")


def test_a_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = str(tmp_path / "run")
    assert main(["train", RECIPE, "--out", out, *SHORT]) == 0
    assert f"{out}: 7 steps, loss " in capsys.readouterr().out
    assert main(["train", RECIPE, "--out", out, *SHORT]) == 2
    assert "go on with `--resume`" in capsys.readouterr().err
    assert main(["train", RECIPE, "--out", out, *SHORT, "--resume"]) == 0


def test_a_faulty_recipe_is_told_before_any_data_is_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    assert main(["train", RECIPE, "--out", str(out), "--set", "loss=cross_entrpy"]) == 1
    assert "error[E0701]: there is no loss `cross_entrpy`" in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            "data.source={digits: {size: 12}}",
            "error[E0704]: column `image` float[1, 12, 12] is no input",
        ),
        ("optimiser.AdamW.groups=[{match: x}]", "error[E0704]: no parameter of the model is left"),
        ("train.devices=5", "error[E0704]: a batch of 32 samples cannot be shared by 5 processes"),
        ("train={devices: 2, shrink_batch: true}", "error[E0704]: one of several processes cannot"),
    ],
)
def test_what_only_the_data_show_is_told_at_its_place(
    change: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", RECIPE, "--out", str(tmp_path / "run"), *SHORT, "--set", change]) == 1
    err = capsys.readouterr().err
    assert said in err
    assert "-->" in err
