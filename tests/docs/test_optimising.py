"""docs/optimising.md: its examples run, its tables name every pass and candidate."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import torch
from netwright.cli import main
from netwright_runtime.optimise import PASSES, choosing, optimising
from netwright_runtime.optimise.candidates import Candidate, candidates
from netwright_runtime.optimise.rewriting import apply
from netwright_runtime.optimise.weights import graph_of

from tests.docs.pages import DOCS, Fence, fences
from tests.optimise.models import kinds, lively, spec

PAGE = (DOCS / "optimising.md").read_text(encoding="utf-8")


def block(heading: str, language: str) -> Fence:
    """The block of a language under a heading."""
    (found,) = (f for f in fences(PAGE, language) if f.heading == heading)
    return found


def executed(fence: Fence) -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": "example"}
    exec(compile(fence.text, "optimising.md", "exec", dont_inherit=True), names)
    return names


def rows(heading: str) -> list[list[str]]:
    """The cells of the table under a heading, without its head."""
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_the_first_example_prints_what_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    executed(block("Optimising", "python"))
    assert capsys.readouterr().out.strip("\n") == block("Optimising", "text").text.strip("\n")


def test_every_pass_has_a_row_in_their_order() -> None:
    told = [(row[0], int(row[1])) for row in rows("Passes")]
    assert told == [(f"`{step.name}`", step.level) for step in PASSES]


def test_the_command_prints_what_is_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command, *shown = block("Beside the source", "console").text.splitlines()
    made = str(tmp_path / "made")
    assert main([made if word == "made" else word for word in shlex.split(command)[2:]]) == 0
    assert capsys.readouterr().out.replace(made, "made").splitlines() == shown
    assert (tmp_path / "made" / "optimised.pt2").is_file()


def test_every_candidate_has_a_row_and_the_example_runs() -> None:
    offered: list[Candidate] = []

    def none_of(*given: Any, **named: Any) -> list[Candidate]:
        offered.extend(candidates(*given, **named))
        return []

    with patch.object(optimising, "candidates", none_of):
        executed(block("Level 3: measured, not assumed", "python"))
    told = [row[0].strip("`") for row in rows("Level 3: measured, not assumed")]
    assert [name for name in told if name != "channels_last"] == [
        "eager", *(candidate.name for candidate in offered)
    ]  # fmt: skip
    assert f"{choosing.MARGIN:.0%}" in PAGE


def test_the_pass_that_is_added_works() -> None:
    names = executed(block("Adding a pass", "python"))
    found = spec('inputs: {x: "float[B, 4]"}\ngraph: {a: -x, b: -a, out: relu(b) - a}\n')
    model = lively(found)
    graph = graph_of(found, model, frozenset())
    (fired,) = apply(graph, [names["PASS"]])
    assert [change.where for change in fired.changes] == ["b"]
    assert kinds(graph) == ["neg", "relu", "sub"]
    x = torch.randn(2, 4, dtype=torch.float64)
    assert torch.equal(graph(x), model(x))


def test_every_level_has_a_row() -> None:
    told = [row[0] for row in rows("Levels")]
    assert told == [str(level) for level in range(optimising.MEASURED + 1)]
