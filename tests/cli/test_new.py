"""`netwright new` writes a spec that checks, and never over a file."""

from __future__ import annotations

from pathlib import Path

import netwright
import pytest
from netwright.cli import main


@pytest.mark.parametrize("kind", ["mlp", "cnn", "transformer"])
def test_a_new_spec_checks_clean(kind: str, tmp_path: Path) -> None:
    file = tmp_path / "first.yaml"
    assert main(["new", "First", "--kind", kind, "-o", str(file)]) == 0
    found = netwright.check(file)
    assert found.ok
    assert not found.warnings
    assert found.model == "First"


def test_a_file_is_never_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "first.yaml"
    file.write_text("mine", encoding="utf-8")
    assert main(["new", "First", "-o", str(file)]) == 2
    assert file.read_text(encoding="utf-8") == "mine"
    assert "is there already" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["1x"], ["First", "--kind", "rnn"]])
def test_a_bad_call_says_why(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new", *arguments]) == 2
    assert capsys.readouterr().err.startswith("error: ")
