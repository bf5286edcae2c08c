"""docs/benchmarking.md: commands are ones, columns are those that are printed, code runs."""

from __future__ import annotations

import re
import shlex
from typing import Any

import netwright_runtime.bench
import pytest
from netwright.cli import main
from netwright_runtime.bench import STRATEGIES, NotMeasured, profiling

from tests.docs.pages import DOCS, fences

PAGE = (DOCS / "benchmarking.md").read_text(encoding="utf-8")
COMMANDS = [
    line
    for block in fences(PAGE, "sh")
    for line in block.text.splitlines()
    if line.startswith("netwright")
]
FIRST_CELL = re.compile(r"^\| ([^|]+) \|", re.MULTILINE)


def columns(heading: str) -> set[str]:
    """What the tables under a heading explain."""
    section = PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return {name for cell in FIRST_CELL.findall(section) for name in cell.split(", ")}


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_is_one(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def taken(*_: Any, **given: Any) -> Any:
        raise NotMeasured(f"taken, {given.get('against', '')}")

    monkeypatch.setattr(netwright_runtime.bench, "bench", taken)
    monkeypatch.setattr(netwright_runtime.bench, "profile", taken)
    words = shlex.split(command)
    assert main(words[1:]) == 2
    against = words[words.index("--against") + 1] if "--against" in words else ""
    assert capsys.readouterr().err == f"error: taken, {against}\n"


def test_every_way_and_column_is_explained(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    quick = ["language/tiny_gpt", "--set", "depth=1", "--size", "T=4", "--seconds", "0"]
    reference = "torch.nn:Embedding(num_embeddings=96, embedding_dim=2)"
    assert main(["bench", *quick, "--strategies", "eager", "--against", reference]) == 0
    titles = titles_of(capsys.readouterr().out, "strategy")
    explained = columns("Ways of running a model")
    assert set(titles) - {"model", "strategy", "batch"} <= explained
    assert {f"`{name}`" for name in STRATEGIES} <= explained
    monkeypatch.setattr(profiling, "measured_peak", lambda *_: 1e9)
    monkeypatch.setattr(profiling, "measured_bandwidth", lambda *_: 1e9)
    assert main(["profile", *quick]) == 0
    titles = titles_of(capsys.readouterr().out, "op")
    assert set(titles) - {"node", "op"} == columns("Where time and memory go") - {"column"}
    shown = next(block.text for block in fences(PAGE, "text") if " op " in block.text)
    assert titles_of(shown, "op") == titles


def titles_of(printed: str, second: str) -> list[str]:
    """The titles of the columns of a table, whose second is known."""
    lines = (re.split(r"\s{2,}", line.strip()) for line in printed.splitlines())
    return next(titles for titles in lines if titles[1:2] == [second])


def test_the_code_runs(capsys: pytest.CaptureFixture[str]) -> None:
    (block,) = fences(PAGE, "python")
    exec(compile(block.text, "benchmarking.md", "exec"), {})
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines[:2]] == [["eager", "1"], ["eager", "4"]]
    assert lines[2].split()[-1] in ("compute", "memory")
