"""`netwright export`: weights, run folders, and what is said of faults."""

from __future__ import annotations

import json
from pathlib import Path

import netwright
import pytest
from netwright.cli import main
from netwright.driver.recipe import load_recipe_text
from netwright_runtime.export.metadata import Metadata
from netwright_runtime.train import train
from safetensors.torch import save_file

from tests.export.specs import LINEAR, MAPS, written

RECIPE = """\
model: {spec: model.yaml}
data: {source: {digits: {channels: 3}}, normalise: [image], batch_size: 512}
loss: cross_entropy
train: {epochs: 1}
"""


def test_weights_come_from_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = written(LINEAR, tmp_path)
    weights, out = tmp_path / "w.safetensors", tmp_path / "again.safetensors"
    module = netwright.build(spec)
    save_file({name: weight + 1 for name, weight in module.state_dict().items()}, weights)
    arguments = [str(spec), "--weights", str(weights), "--to", "safetensors", "-o", str(out)]
    assert main(["export", *arguments]) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"{out}: `forward`, ") and "within 0 of the model at B=" in said
    assert "fresh" not in said and "note" not in said


def test_a_run_goes_with_its_preprocessing(tmp_path: Path) -> None:
    written(MAPS.replace("features=5", "features=10"), tmp_path)
    (recipe, _) = load_recipe_text(RECIPE, "recipe.yaml", tmp_path).sound()
    train(recipe, tmp_path / "run", folder=tmp_path)
    (tmp_path / "model.yaml").unlink()  # the run keeps the text of its spec
    out = tmp_path / "digits.pt2"
    assert main(["export", str(tmp_path / "run"), "--to", "pt2", "-o", str(out)]) == 0
    from netwright_runtime.export.formats import FORMATS

    said = Metadata.from_json(FORMATS["pt2"].metadata(out) or "")
    saved = json.loads((tmp_path / "run" / "preprocessing.json").read_text(encoding="utf-8"))
    assert said.preprocessing == saved
    assert said.classes == tuple(map(str, range(10)))


def test_faults_of_the_call_end_with_two(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec, out = str(written(LINEAR, tmp_path)), str(tmp_path / "x.onnx")
    for more, said in [
        (["--to", "onnxx"], "there is no format `onnxx`"),
        (["--to", "onnx", "--dtype", "int8"], "there is no dtype `int8`"),
        (["--to", "onnx", "--weights", str(tmp_path / "none.pt")], "none.pt"),
        (["--to", "onnx", "--size", "B"], "is not of the form NAME=NUMBER"),
    ]:
        assert main(["export", spec, "-o", out, *more]) == 2
        assert said in capsys.readouterr().err
