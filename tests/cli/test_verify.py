"""`netwright verify`: what it prints, what repeats a failure, exit codes."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest
from netwright.cli import main

SPEC = """netwright: 1
model: Net
params: {width: {type: int, default: 4, min: 1}}
inputs: {x: "float[B, T, 6]"}
graph:
  fc: Linear(out_features=width)
  act: ReLU
"""
MIXES = SPEC + "  mix: act - mean(act, dim=0)\n"


def written(folder: Path, text: str) -> str:
    path = folder / "net.yaml"
    path.write_text(text)
    return str(path)


def test_a_sound_model(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", written(tmp_path, SPEC), "--quick"]) == 0
    out = capsys.readouterr().out
    assert "note: `B` is taken as the batch" in out
    assert "28 parameters" in out
    assert "failed" not in out


def test_a_failure_comes_with_the_command_that_repeats_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path, MIXES)
    assert main(["verify", path, "--only", "batch_independence", "--set", "width=3"]) == 1
    out = capsys.readouterr().out
    assert f"{path}:8:" in out
    assert "in `mix`" in out
    (again,) = (line for line in out.splitlines() if "again: " in line)
    arguments = shlex.split(again.partition("again: ")[2])
    assert "--size T=1" in again and "--size B=2" in again
    assert main(arguments[1:]) == 1
    assert "in `mix`" in capsys.readouterr().out


def test_json_and_the_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, report = written(tmp_path, MIXES), tmp_path / "report.md"
    options = ["--only", "batch_independence", "--only", "types"]
    assert main(["verify", path, *options, "--json", "--report", str(report)]) == 1
    (model,) = json.loads(capsys.readouterr().out)
    verdicts = {o["property"]: o["verdict"] for o in model["outcomes"]}
    assert verdicts == {"types": "passed", "batch_independence": "failed"}
    assert "| batch_independence |" in report.read_text()
    assert "**failed**" in report.read_text()


def test_params_are_drawn_where_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = SPEC + "  two: act.reshape([B, T, 2, width // 2])\n"
    assert main(["verify", written(tmp_path, text), "--quick", "--params", "8"]) == 1
    out = capsys.readouterr().out
    assert "error[params]: with width=" in out
    assert "let `where`, `min`, `max` or `choices` say which params fit" in out
    text = text.replace("graph:", "where: [width % 2 == 0]\ngraph:")
    assert main(["verify", written(tmp_path, text), "--quick", "--params", "8"]) == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--only", "causalty"], "there is no property `causalty`"),
        (["--quick", "--full"], "exclude one another"),
        (["--size", "B=x"], "not of the form"),
    ],
)
def test_a_wrong_call(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert main(["verify", written(tmp_path, SPEC), *arguments]) == 2
    assert said in capsys.readouterr().err
