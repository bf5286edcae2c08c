"""The folder that the runtime reads: what is in it, and what is refused."""

from __future__ import annotations

import json

import netwright
import pytest
import torch
from netwright.artifact import Artifact, BadArtifact, BlockClass, Dim, Manifest, Port, Weight
from safetensors.torch import load_model

from .specs import SMALL, TIED, written


def test_an_artifact_reads_back_as_it_was_written(tmp_path):
    made = netwright.write(written(tmp_path, SMALL), tmp_path / "a", "small_wide")
    read = Artifact.read(tmp_path / "a")
    assert read == made
    assert read.weights is None
    assert Manifest.from_json(read.manifest.to_json()) == read.manifest
    assert read.source == netwright.emit(tmp_path / "small.yaml", "small_wide")


def test_the_same_model_gives_the_same_bytes(tmp_path):
    path = written(tmp_path, SMALL)
    for folder in ("a", "b"):
        netwright.write(path, tmp_path / folder)
    for name in ("model.py", "manifest.json"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_what_the_manifest_says(tmp_path):
    found = netwright.write(written(tmp_path, TIED), tmp_path / "a").manifest
    assert found.class_name == "Tied"
    assert found.dims == (Dim("B"), Dim("T"))
    assert found.inputs == (
        Port("tokens", "int", ("B", "T")),
        Port("mask", "float", ("B", "T"), optional=True),
    )
    assert found.outputs[0].shape == ("B", "T", 10)
    assert found.parameters == 60 + 6 + 7
    assert Weight("head.weight", (10, 6), "float", tied_to="embed.weight") in found.weights
    assert len(found.lines) == len((tmp_path / "a" / "model.py").read_text().splitlines())
    assert ("small.yaml", 6, 10) in found.lines


def test_classes_and_their_repeats():
    elaborated = netwright.load("resnet50").elaborate()
    from netwright.backends.source import emit
    from netwright.driver.manifest import manifest
    from netwright.passes.generalise import generalise

    facts = generalise(elaborated)
    found = manifest(elaborated, facts, emit(facts))
    assert found.classes == (BlockClass("Bottleneck", 16), BlockClass("ResNet", 1))
    assert found.params["block"] == "Bottleneck"


def test_weights_are_those_of_the_seed(tmp_path):
    path = written(tmp_path, TIED)
    made = netwright.write(path, tmp_path / "a", weights=True, seed=3)
    assert made.weights is not None
    torch.manual_seed(3)
    expected = netwright.build(path)
    model = netwright.build(path)
    load_model(model, str(made.weights))
    for name, value in expected.state_dict().items():
        assert torch.equal(model.state_dict()[name], value), name


def test_what_is_no_artifact_is_refused(tmp_path):
    with pytest.raises(BadArtifact, match="is no artifact"):
        Artifact.read(tmp_path)
    netwright.write(written(tmp_path, SMALL), tmp_path / "a")
    manifest = tmp_path / "a" / "manifest.json"
    data = json.loads(manifest.read_text())
    faults: list[object] = [{**data, "format": 99}, {**data, "extra": 1}, []]
    for broken in faults:
        manifest.write_text(json.dumps(broken))
        with pytest.raises(BadArtifact):
            Artifact.read(tmp_path / "a")
    manifest.write_text("{")
    with pytest.raises(BadArtifact, match="cannot be read"):
        Artifact.read(tmp_path / "a")


def test_weights_say_whether_they_are_frozen(tmp_path):
    text = """netwright: 1
model: Net
inputs: {x: "float[B, 4]"}
graph:
  a: {op: Linear, out_features: 4, frozen: true}
  b: {op: Part, frozen: true}
  c: Linear(out_features=4)
blocks:
  Part:
    inputs: {x: "float[B, 4]"}
    graph: {d: Linear(out_features=4), e: {parameter: [4]}, f: d + e}
"""
    spec = tmp_path / "net.yaml"
    spec.write_text(text)
    weights = netwright.write(spec, tmp_path / "out").manifest.weights
    assert [w.name for w in weights if not w.frozen] == ["c.weight", "c.bias"]
    assert {"a.weight", "b.d.bias", "b.e"} <= {w.name for w in weights if w.frozen}
