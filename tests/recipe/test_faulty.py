"""Each recipe of `faulty.md`, against the diagnostics below it.

`NETWRIGHT_UPDATE=1 pytest tests/recipe` writes what is printed now into the file.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from netwright.diagnostics import render_all
from netwright.driver.recipe import load_recipe_text

from tests.docs.pages import Fence, fences, replaced

PAGE = Path(__file__).parent / "faulty.md"

NET = """netwright: 1
model: Net
params: {width: 8, depth: {type: int, default: 1}}
variants: {small: {width: 4}}
inputs: {image: "float[B, 1, 8, 8]"}
where: [width % 2 == 0]
graph:
  flat: flatten(image, 1)
  features: Linear(out_features=width * depth)
  logits: Linear(out_features=10)
outputs: {logits: logits, features: features}
"""


def pairs(page: str) -> Iterator[tuple[Fence, Fence]]:
    found = list(fences(page))
    yield from zip(found[::2], found[1::2], strict=True)


def diagnosed(text: str, folder: Path) -> str:
    (folder / "net.yaml").write_text(NET)
    loaded = load_recipe_text(text, "recipe.yaml", folder)
    return render_all(loaded.report, loaded.sources).replace(f"{folder}/", "") + "\n"


def cases() -> list[object]:
    found = pairs(PAGE.read_text(encoding="utf-8"))
    return [pytest.param(i, id=f"{recipe.heading} {i}") for i, (recipe, _) in enumerate(found)]


@pytest.mark.parametrize("number", cases())
def test_faults_are_told_as_written(number: int, tmp_path: Path) -> None:
    page = PAGE.read_text(encoding="utf-8")
    recipe, shown = list(pairs(page))[number]
    printed = diagnosed(recipe.text, tmp_path)
    if os.environ.get("NETWRIGHT_UPDATE"):
        PAGE.write_text(replaced(page, shown, printed), encoding="utf-8")
        return
    assert printed == shown.text
    assert "error[" in printed
