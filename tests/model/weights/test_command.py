"""`netwright weights`: what it prints and writes, exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from netwright.cli import main
from netwright_runtime import load_weights
from netwright_runtime.model.weights import read
from safetensors.torch import save_file

from .specs import assert_holds, drawn, published, tagger


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, torch.Tensor]:
    """`tagger.yaml` and `w.pt` in the current folder; the weights that the file holds."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "88")
    state = drawn(tagger(tmp_path))
    torch.save({"epoch": 3, "state_dict": published(state)}, "w.pt")
    return state


@pytest.mark.usefixtures("file")
def test_what_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["weights", "tagger.yaml", "w.pt"]) == 0
    lines = (line.rstrip() for line in capsys.readouterr().out.splitlines())
    assert [line for line in lines if line] == [
        "Tagger from w.pt: 16 of 16 weights (7 renamed, 8 split)",
        " weights       number   for example",
        " ──────────────────────────────────────────────────────────────────────────────────────",
        " as they are        1   unembed.weight",
        " renamed            7   embed.weight from wte.weight",
        " split              8   layers.0.q.weight from part 1 of 2 of transformer.h.0.qk.weight",
        "the weights lay inside `state_dict`",
        "key map `published`, which drops `position_ids`",
    ]


def test_the_weights_are_written_also_over_the_file_they_come_from(
    file: dict[str, torch.Tensor], capsys: pytest.CaptureFixture[str]
) -> None:
    save_file(published(file), "w.safetensors")
    assert main(["weights", "tagger.yaml", "w.safetensors", "-o", "w.safetensors", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["complete"] and report["key_map"] == "published"
    assert {m["name"] for m in report["matches"]} == read("w.safetensors").keys() == file.keys()
    model = tagger(Path())
    assert load_weights(model, "w.safetensors").changes == {}
    assert_holds(model, file)
    assert [path.name for path in Path().glob("w.safetensors*")] == ["w.safetensors"]


@pytest.mark.usefixtures("file")
def test_an_incomplete_load_is_shown_and_nothing_is_written(
    capsys: pytest.CaptureFixture[str],
) -> None:
    call = ["weights", "tagger.yaml", "w.pt", "--set", "classes=4", "-o", "out.safetensors"]
    assert main(call) == 1
    out = capsys.readouterr().out
    assert "`classifier.weight`: it is [3, 8], and the weight [4, 8]" in out
    assert "= help: `--skip NAME`" in out
    assert not Path("out.safetensors").exists()
    assert main([*call, "--json"]) == 1
    assert not json.loads(capsys.readouterr().out)["complete"]
    assert main([*call, "--skip", "head.*"]) == 0
    assert "skipped: `classifier.weight`, `classifier.bias`" in capsys.readouterr().out
    assert read("out.safetensors")["head.weight"].shape == (4, 8)
    assert main([*call, "--partial"]) == 0


@pytest.mark.usefixtures("file")
def test_calls_at_fault(capsys: pytest.CaptureFixture[str]) -> None:
    Path("page.pt").write_text("<html>")
    for call, said in (
        (["page.pt"], "`page.pt` is a web page"),
        (["gone.pt"], "No such file or directory: gone.pt"),
        (["w.pt", "--map", "timm"], "no key map `timm`; it has `published`, `other`"),
        (["w.pt", "--skip", "nothing"], "`nothing` matches no weight, and no key of the file"),
        (["w.pt", "--inserted", "head"], "an inserted layer has a number"),
        (["w.pt", "-o", "w.bin"], "`-o w.bin`: the weights are written as `.safetensors`"),
    ):
        assert main(["weights", "tagger.yaml", *call]) == 2
        assert said in capsys.readouterr().err
