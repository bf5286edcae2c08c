"""`netwright sweep`, whole."""

from __future__ import annotations

from pathlib import Path

import pytest
from netwright.cli import main

RECIPE = Path(__file__).parents[1] / "train" / "tiny_recipe.yaml"

SMALL = [
    str(RECIPE), "--set", "data.workers=0", "--set", "train.epochs=1", "--set", "log.trackers=[]",
    "--set", "sweep={objectives: {accuracy: max, parameters: min}, max_parameters: 100000}",
]  # fmt: skip

OVER = ["--over", "model.params.width=[4, 8, 500]", "--over", "optimiser.AdamW.lr=[1e-3, 1e-2]"]


def test_a_sweep_over_params_and_recipe_goes_on(tmp_path, capsys) -> None:
    out = ["--out", str(tmp_path / "s")]
    assert main(["sweep", *SMALL, *OVER, *out, "--trials", "2"]) == 0
    assert main(["sweep", *SMALL, *OVER, *out, "--trials", "3"]) == 0
    printed = capsys.readouterr().out
    assert printed.count("trial ") >= 3
    assert "3 trained" in printed
    page = (tmp_path / "s" / "sweep.html").read_text()
    assert "model.params.width" in page
    assert (tmp_path / "s" / "pareto.svg").is_file()
    runs = list((tmp_path / "s").glob("trial-*/weights.safetensors"))
    assert len(runs) == 3


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ([], 2, "nothing to try"),
        (["--over", "train.epoch=[1]"], 1, "`train.epoch` cannot be 1"),
        (["--over", "train.ema=[1"], 1, "<--over train.ema>"),
        (["--over", "train.ema={low: 1, high: 0}"], 2, "a `low` that is less than `high`"),
        (["--over", "train.seed=[1]", "--set", "train.devices=2"], 1, "one process"),
    ],
)
def test_what_cannot_be_swept_is_told_before_anything_runs(
    tmp_path, capsys, words, code, message
) -> None:
    assert main(["sweep", *SMALL, *words, "--out", str(tmp_path / "s")]) == code
    assert message in capsys.readouterr().err
    assert not (tmp_path / "s").exists()
