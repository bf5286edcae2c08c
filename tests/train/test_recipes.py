"""The recipes of the examples: each is sound, fits its data, and is run by the benchmark."""

from __future__ import annotations

from pathlib import Path

import pytest
from netwright.driver.recipe import load_recipe
from netwright_runtime.train import check

ROOT = Path(__file__).parents[2]
RECIPES = sorted((ROOT / "examples" / "recipes").glob("*.yaml"))


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_a_recipe_fits_its_model_and_its_data(path: Path) -> None:
    loaded = load_recipe(path)
    recipe, _ = loaded.sound()
    check(recipe, loaded.folder)


def test_the_benchmark_runs_all_recipes() -> None:
    benchmark = (ROOT / "benchmarks" / "training.py").read_text(encoding="utf-8")
    assert len(RECIPES) > 10
    assert not [path.stem for path in RECIPES if f'"{path.stem}"' not in benchmark]
