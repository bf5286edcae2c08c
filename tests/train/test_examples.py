"""The recipe of the examples learns; the examples with loops of their own run."""

from __future__ import annotations

from pathlib import Path

import pytest
from netwright.driver.recipe import load_recipe
from netwright_runtime.train import train

from tests.processes import python

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_the_recipe_of_the_digits(tmp_path: Path) -> None:
    given = ["train.epochs=4", "train.ema=0.9", "log.trackers=[]", "log.peak_flops=1e9"]
    loaded = load_recipe(EXAMPLES / "digits.yaml", given)
    recipe, _ = loaded.sound()
    found = train(recipe, tmp_path, folder=loaded.folder)
    assert found.measured["accuracy"] > 0.9


@pytest.mark.parametrize("library", ["lightning", "accelerate", "transformers"])
def test_a_model_in_the_trainer_of_a_library(library: str) -> None:
    done = python(EXAMPLES / f"with_{library}.py", EXAMPLES / "rescnn.yaml", "--epochs", 1)
    assert done.returncode == 0, done.stderr
    accuracy = float(done.stdout.rpartition("after 1 epochs: ")[2].rstrip("%\n"))
    assert accuracy > 50
