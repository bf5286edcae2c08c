"""docs/exporting.md: its commands and its program run, and it tells of every format and scheme."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from netwright.cli import main
from netwright_runtime.export.accuracy import LIMIT
from netwright_runtime.export.formats import FORMATS

from tests.docs.pages import DOCS, fences

PAGE = (DOCS / "exporting.md").read_text(encoding="utf-8")
BLOCKS = [fence for fence in fences(PAGE) if fence.mark]


def test_commands_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    commands = [fence.text for fence in BLOCKS if fence.mark == "run"]
    assert len(commands) == 3
    for command in commands:
        assert main(shlex.split(command)[2:]) == 0
    assert {path.name for path in (tmp_path / "vae").iterdir()} == {
        "forward.onnx", "encode.onnx", "decode.onnx",
    }  # fmt: skip
    assert {path.name for path in (tmp_path / "llama").iterdir()} == {"prefill.pt2", "decode.pt2"}


def test_the_program_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (program,) = [fence.text for fence in BLOCKS if fence.mark == "python"]
    exec(compile(program, "exporting.md", "exec"), {})
    assert "past_values" in capsys.readouterr().out


def test_all_names_are_told() -> None:
    for name, format_ in FORMATS.items():
        assert f"| `{name}` | `{format_.suffix}`" in PAGE
    for scheme, limit in LIMIT.items():
        assert f"{limit:.0%}" in PAGE.split("A mean change", 1)[1]
        assert f"`{scheme}`" in PAGE
