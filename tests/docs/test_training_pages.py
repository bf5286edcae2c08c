"""The pages on losses, reports and sweeps: their recipes are sound, and their tables complete."""

from __future__ import annotations

import re

import pytest
import torch
from netwright.recipe import Recipe
from netwright.recipe.loss import LOSSES
from netwright.recipe.metrics import METRICS, MetricArguments
from netwright_runtime.train.meter import Meter
from ruamel.yaml import YAML

from tests.docs.pages import DOCS, fences

PAGES = {
    name: (DOCS / "training" / f"{name}.md").read_text(encoding="utf-8")
    for name in ("losses", "report", "sweep")
}

SECTIONS = [(name, fence.text) for name, page in PAGES.items() for fence in fences(page, "yaml")]

BASE = {"model": {"spec": "vision/resnet"}, "data": {"source": "digits"}, "loss": "cross_entropy"}


def _rows(page: str, title: str) -> dict[str, str]:
    """The rows of the table under a title: what the first cell names, and the whole row."""
    table = PAGES[page].partition(f"{title}\n")[2].partition("\n|")[2].partition("\n\n")[0]
    lines = [line.strip("|").split("|") for line in table.splitlines()[2:]]
    return {name: "|".join(row) for row in lines for name in re.findall(r"`(\w+)`", row[0])}


@pytest.mark.parametrize(("page", "text"), SECTIONS)
def test_examples_are_sound(page: str, text: str) -> None:
    Recipe.model_validate(BASE | YAML(typ="safe").load(text))


def test_every_page_has_examples() -> None:
    assert [page for page, _ in SECTIONS] == ["losses", "losses", "report", "sweep"]


def test_every_loss_has_a_row() -> None:
    assert _rows("losses", "## Losses").keys() == LOSSES.keys()


def test_every_metric_has_a_row_that_says_what_is_better() -> None:
    rows = _rows("losses", "## Metrics")
    assert rows.keys() == METRICS.keys()
    for name, kind in METRICS.items():
        assert issubclass(kind, MetricArguments)
        assert f" {kind.better} " in rows[name], name


def test_the_arguments_of_every_loss_are_told() -> None:
    common = {"weight", "output", "target", "first", "second", "scale", "time", "clean"}
    for name, kind in LOSSES.items():
        for argument in kind.model_fields.keys() - common:
            assert f"`{argument}`" in PAGES["losses"], f"{name}: {argument}"


def test_all_measurements_of_speed_are_told() -> None:
    meter = Meter(torch.device("cpu"), 1.0)
    meter.count(1, 1, 1)
    assert meter.take().keys() <= _rows("report", "machine:").keys()
