"""docs/training/data.md: its recipes are sound, and its tables complete."""

from __future__ import annotations

import re

import pytest
from netwright.recipe.augmentations import AUGMENTATIONS
from netwright.recipe.data import DataSection
from netwright.recipe.sources import SOURCES
from ruamel.yaml import YAML

from tests.docs.pages import DOCS, fences
from tests.train.data.sections import source

PAGE = (DOCS / "training" / "data.md").read_text(encoding="utf-8")

RECIPES = [fence.text for fence in fences(PAGE, "yaml")]

MADE_HERE = (
    "digits", "breast_cancer", "wine", "diabetes", "sonnets", "sunspots", "co2", "seasonal",
    "karate", "digit_scenes", "moving_squares", "interactions",
)  # fmt: skip
"""Sources that need no file."""


def rows(title: str) -> dict[str, str]:
    """The rows of the table under a title: what the first cell names, and the second cell."""
    table = PAGE.partition(f"{title}\n")[2].partition("\n\n|")[2].partition("\n\n")[0]
    cells = [line.strip("|").split("|") for line in table.splitlines()[2:]]
    return {name: row[1] for row in cells for name in re.findall(r"`(\w+)`", row[0])}


@pytest.mark.parametrize("text", RECIPES)
def test_recipes_are_sound(text: str) -> None:
    DataSection.model_validate(YAML(typ="safe").load(text)["data"])


def test_there_are_recipes() -> None:
    assert len(RECIPES) == 5


def test_every_source_has_a_row() -> None:
    assert rows("## Sources").keys() == SOURCES.keys()


@pytest.mark.parametrize("name", MADE_HERE)
def test_columns_are_as_the_row_says(name: str) -> None:
    said = re.findall(r"`(\w+)`", rows("## Sources")[name])
    assert said == list(source(name).columns)


def test_every_augmentation_has_a_row() -> None:
    assert rows("## Augmentation").keys() == AUGMENTATIONS.keys()
