"""Formats beside ONNX and pt2: written, opened in their own runtimes, and what they say."""

from __future__ import annotations

from pathlib import Path

import netwright
import netwright_runtime
import numpy as np
import pytest
import torch
from netwright_runtime.export.accuracy import Accuracy
from netwright_runtime.export.agreement import Agreement, Disagrees
from netwright_runtime.export.formats import FORMATS
from netwright_runtime.export.metadata import Metadata
from netwright_runtime.export.refusal import Unexportable
from safetensors.torch import load_file

from tests.export.specs import LINEAR, MAPS, RECURRENT, written


@pytest.mark.parametrize(
    ("to", "spec", "files"),
    [
        ("torchscript", LINEAR, 2),
        ("safetensors", LINEAR, 1),
        ("openvino", LINEAR, 2),
        ("aoti", RECURRENT, 1),  # of any number of steps
    ],
)
def test_a_file_agrees_and_says_what_it_is(tmp_path: Path, to: str, spec: str, files: int) -> None:
    made = netwright_runtime.export(written(spec, tmp_path), to=to, path=tmp_path / "out")
    for file in made.files:
        assert isinstance(file.close, Agreement)
        text = FORMATS[to].metadata(file.path)
        assert text is not None and Metadata.from_json(text) == file.metadata
    assert len(made.files) == files


def test_safetensors_are_the_weights(tmp_path: Path) -> None:
    module = netwright.build(written(LINEAR, tmp_path))
    path = tmp_path / "w.safetensors"
    netwright_runtime.export(module, to="safetensors", path=path)
    found = load_file(path)
    assert found.keys() == module.state_dict().keys()
    assert all(torch.equal(found[name], weight) for name, weight in module.state_dict().items())


def test_executorch_asks_for_sizes(tmp_path: Path) -> None:
    with pytest.raises(Unexportable, match="fix all dims, as by `--size B=3"):
        netwright_runtime.export(written(LINEAR, tmp_path), to="executorch", path=tmp_path / "x")


@pytest.mark.parametrize(
    ("to", "scheme"),
    [
        ("onnx", "int8-dynamic"),
        ("onnx", "int8-static"),
        ("onnx", "int4-weights"),
        ("pt2", "int8-weights"),
        ("pt2", "int4-weights"),
    ],
)
def test_quantised_files_tell_what_changed(tmp_path: Path, to: str, scheme: str) -> None:
    spec = tmp_path / "wide.yaml"
    spec.write_text(LINEAR.replace("B, 4", "B, 64").replace("features=8", "features=64"))
    samples = tmp_path / "samples.npz"
    np.savez(samples, x=np.random.default_rng(0).normal(size=(40, 64)).astype(np.float32))
    made = netwright_runtime.export(
        spec, to=to, path=tmp_path / "q", quantise=scheme, calibrate=samples, method="forward"
    )
    (file,) = made.files
    assert isinstance(file.close, Accuracy)
    assert file.close.samples == 3  # batches of 16
    assert 0 < file.close.mean <= file.close.largest * 5
    assert file.close.top is not None and file.close.top > 0.8
    assert file.metadata.quantised == scheme
    text = FORMATS[to].metadata(file.path)
    assert text is not None and Metadata.from_json(text).quantised == scheme


def test_what_changes_too_much_is_refused(tmp_path: Path) -> None:
    """Calibrated by samples far too small, static ranges cut the outputs off."""
    samples = tmp_path / "samples.npz"
    np.savez(samples, image=np.zeros((4, 3, 8, 8), dtype=np.float32) + 1e-6)
    from netwright_runtime.export import accuracy

    limits = dict(accuracy.LIMIT)
    try:
        accuracy.LIMIT["int8-static"] = 0.0
        with pytest.raises(Disagrees, match="is the most for the mean"):
            netwright_runtime.export(
                written(MAPS, tmp_path),
                to="onnx",
                path=tmp_path / "q.onnx",
                quantise="int8-static",
                calibrate=samples,
            )
    finally:
        accuracy.LIMIT.update(limits)
    assert not (tmp_path / "q.onnx").exists()


def test_samples_have_to_fit(tmp_path: Path) -> None:
    samples = tmp_path / "samples.npz"
    np.savez(samples, images=np.zeros((1, 3, 8, 8), dtype=np.float32))
    for path, said in [(samples, "does not fit at `image`"), (tmp_path / "no.npz", "is no `.npz`")]:
        with pytest.raises(Unexportable, match=said):
            netwright_runtime.export(
                written(MAPS, tmp_path),
                to="onnx",
                path=tmp_path / "q.onnx",
                quantise="int8-static",
                calibrate=path,
            )
