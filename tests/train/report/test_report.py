"""The page of a run, from the files that a run leaves."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from netwright.recipe import Recipe
from netwright_runtime.train.evidence import Confusion, Residuals, keep
from netwright_runtime.train.log import METRICS, SPEED
from netwright_runtime.train.manifest import MANIFEST
from netwright_runtime.train.report import write_report
from netwright_runtime.train.report.repeat import as_yaml
from netwright_runtime.train.table import Table
from ruamel.yaml import YAML

HOSTILE = "<script>alert(1)</script>"

RECIPE = Recipe.model_validate(
    {"model": {"spec": "net.yaml"}, "data": {"source": "digits"}, "loss": "cross_entropy"}
)

RUN: dict[str, Any] = {
    "started": "2030-01-01",
    "command": f"netwright train {HOSTILE}.yaml",
    "recipe": RECIPE.model_dump(mode="json"),
    "model": {
        "name": "Net", "doc": HOSTILE, "spec": "net.yaml", "spec_sha256": "ab",
        "source_sha256": "cd",
        "parameters": 1234567, "sizes": {"B": 2}, "files": {"net.yaml": f"model: Net # {HOSTILE}"},
        "tree": [
            {"depth": depth, "name": name, "kind": "Linear", "results": "float[B, 3]",
             "repeats": 3, "parameters": 99, "flops": 0, "activations": 24, "weights": 396}
            for depth, name in enumerate(["outer", "middle", "innermost"])
        ],
    },
    "data": {"sha256": "ef", "splits": {"train": 10}, "columns": {"image": HOSTILE},
             "inputs": {"x": "image"}, "target": ["label"]},
    "commit": {"hash": "0123abc", "changed": True},
    "versions": {"torch": "9.9"},
    "machine": {"cores": 2},
}  # fmt: skip


class _Balanced(HTMLParser):
    """Holds a document to closing what it opens."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag, attrs) -> None:
        self.open.append(tag)
        self.tags.append(tag)

    def handle_startendtag(self, tag, attrs) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag) -> None:
        assert self.open.pop() == tag


@pytest.fixture
def run(tmp_path) -> Path:
    (tmp_path / MANIFEST).write_text(json.dumps(RUN))
    metrics, speed = Table(tmp_path / METRICS), Table(tmp_path / SPEED)
    for step in range(1, 4):
        metrics.add(step, 0, "train", {"loss": 1 / step, HOSTILE: 1.0})
        speed.add(step, 0, "train", {"samples_per_second": 5.0})
    metrics.add(3, 0, "validation", {"loss": 0.5})
    metrics.add(3, 0, "test", {"loss": 0.25, "accuracy": 0.875})
    metrics.close()
    speed.close()
    return tmp_path


def _text(run: Path) -> str:
    return write_report(run).read_text(encoding="utf-8")


def test_the_page_is_whole_and_needs_nothing_else(run) -> None:
    text = _text(run)
    page = _Balanced()
    page.feed(text)
    assert page.open == []
    assert not {"script", "link", "img", "iframe", "object"} & set(page.tags)
    assert not re.search(r"(src|href|url\(|@import)", text)


def test_what_strangers_wrote_is_text(run) -> None:
    assert HOSTILE not in _text(run)
    assert "&lt;script&gt;" in _text(run)


def test_results_curves_and_the_model_are_there(run) -> None:
    text = _text(run)
    assert '<td>accuracy</td><td></td><td></td><td class="number">0.875</td>' in text
    assert text.count("<svg") == 3
    assert "1,234,567 parameters, at B=2" in text
    assert "innermost  x3" in text
    assert "0123abc, with changes that are not in it" in text


def test_the_tree_begins_with_its_upper_levels(run) -> None:
    shown, _, hidden = _text(run).partition("<summary>all levels</summary>")
    assert "middle" in shown
    assert "innermost" not in shown
    assert "innermost" in hidden


def test_a_confusion_matrix(run) -> None:
    assert "told classes" not in _text(run)
    keep(run, Confusion(["cat", HOSTILE], [[8, 2], [1, 9]]))
    text = _text(run)
    assert "17 of 20 on the diagonal" in text
    assert HOSTILE not in text


def test_residuals(run) -> None:
    keep(run, Residuals([(0.0, 0.5), (1.0, 1.0)], 40))
    assert "residuals, 2 of 40 values" in _text(run)


def test_a_run_that_has_logged_nothing_yet(run) -> None:
    for name in (METRICS, SPEED):
        (run / name).unlink()
    assert "Nothing was logged." in _text(run)


def test_the_recipe_that_is_shown_is_one(run) -> None:
    """It can be copied from the page into a file."""
    written = as_yaml(RUN["recipe"])
    assert Recipe.model_validate(YAML(typ="safe").load(written)) == RECIPE
