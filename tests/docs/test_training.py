"""The recipes of the page on training are sound, and its sections fit into them."""

from __future__ import annotations

from pathlib import Path

import pytest
from netwright.driver.recipe import load_recipe_text
from netwright.recipe.optimiser import OPTIMISERS
from netwright.recipe.schedule import SCHEDULES
from netwright.recipe.training import Train

from tests.docs.pages import DOCS, Fence, fences

PAGE = (DOCS / "training.md").read_text(encoding="utf-8")
BLOCKS = list(fences(PAGE, "yaml"))
BASE = """model: {spec: vision/resnet, variant: resnet18, params: {num_classes: 10}}
data: {source: digits}
loss: cross_entropy
metrics: [accuracy]
"""


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.heading)
def test_examples_are_sound(block: Fence) -> None:
    text = block.text if block.mark == "recipe" else BASE + block.text
    load_recipe_text(text, "recipe.yaml", Path()).sound()


def test_every_example_is_marked() -> None:
    assert [block.mark for block in BLOCKS] == ["recipe", "section", "section", "section"]


def test_all_names_are_told() -> None:
    for name in (*OPTIMISERS, *SCHEDULES):
        assert f"`{name}`" in PAGE
    told = BLOCKS[2].text
    elsewhere = {"accelerator", "strategy", "devices", "nodes"}
    assert all(f"  {key}:" in told for key in Train.model_fields.keys() - elsewhere)
