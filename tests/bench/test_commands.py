"""`netwright bench` and `netwright profile` on the command line."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from netwright.cli import main
from netwright_runtime.bench import profiling

from tests.bench.subjects import spec

__all__ = ["spec"]

QUICK = ["--seconds", "0", "--threads", "1"]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(profiling, "measured_peak", lambda *_: 1e9)
    monkeypatch.setattr(profiling, "measured_bandwidth", lambda *_: 1e9)


def test_bench_prints_a_table_and_writes_numbers_and_a_picture(
    spec: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = tmp_path / "found.json", tmp_path / "found.png"
    against = "torch.nn:Linear(in_features=4, out_features=2)"
    options = ["--strategies", "eager", "--batch", "1,3", "--against", against]
    written = ["--json", str(files[0]), "--plot", str(files[1])]
    assert main(["bench", str(spec), *options, *written, *QUICK]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"Small\n  parameters  50, +40 against the 10 of {against}\n")
    lines = [line.split() for line in out.splitlines() if "  eager  " in line]
    assert [line[0] for line in lines] == ["Small", "torch.nn:Linear(in_features=4,"] * 2
    assert [line[-2] for line in lines[::2]] == ["1.00x", "1.00x"]  # over eager
    assert [row["batch"] for row in json.loads(files[0].read_text())["rows"]] == [1, 1, 3, 3]
    assert files[1].read_bytes().startswith(b"\x89PNG")


def test_a_failure_is_told_below_the_table(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    against = "torch.nn:Linear(in_features=5, out_features=2)"
    assert main(["bench", str(spec), "--strategies", "eager", "--against", against, *QUICK]) == 0
    out = capsys.readouterr().out
    assert "failed, see below" in out
    assert f"{against}, eager, inference at batch 1: RuntimeError: mat1 and mat2 shapes" in out


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--batch", "1,x"], "`--batch 1,x` is not of the form NUMBER,NUMBER"),
        (["--strategies", "best"], "there is no strategy `best`"),
        (["--against", "timm"], "`timm` is not of the form LIBRARY:NAME"),
        (["--size", "Q=3"], "the model has no dim `Q`"),
        (["--device", "cuda:7"], "there is no device `cuda:7`"),
    ],
)
def test_a_call_at_fault_is_told_in_a_line(
    spec: Path, options: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["bench", str(spec), *options, *QUICK]) == 2
    err = capsys.readouterr().err
    assert err.startswith("error: ")
    assert said in err


def test_a_picture_without_matplotlib(
    spec: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delitem(sys.modules, "netwright_runtime.bench.plot", raising=False)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    plot = ["--plot", str(tmp_path / "x.png")]
    assert main(["bench", str(spec), "--strategies", "eager", *plot, *QUICK]) == 2
    assert "`pip install 'netwright[plot]'` brings it" in capsys.readouterr().err


def test_profile_prints_the_tree_of_the_model(
    spec: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["profile", str(spec), "--size", "B=3", *QUICK]) == 0
    lines = capsys.readouterr().out.splitlines()
    names = [line[1:14].rstrip() for line in lines[3:8]]
    assert names == ["layers.0-1  x2"[:13].rstrip(), "  linear", "  act", "out", "outside nodes"]
    assert "Small at B=3" in lines


def test_profile_sorts_nodes_by_what_they_allocate(
    spec: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["profile", str(spec), "--sort", "memory", *QUICK]) == 0
    lines = capsys.readouterr().out.splitlines()[3:6]
    assert [line.split("  ")[0].strip() for line in lines] == [
        "layers.0.linear .. layers.1.linear", "layers.0.act .. layers.1.act", "out",
    ]  # fmt: skip


def test_profile_as_json(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["profile", str(spec), "--json", *QUICK]) == 0
    data = json.loads(capsys.readouterr().out)
    assert [row["name"] for row in data["rows"]] == ["layers.0-1", "linear", "act", "out"]
    total = sum(row["measured"]["seconds"] for row in data["rows"] if row["depth"] == 0)
    assert total + data["outside"] == pytest.approx(data["whole"])
