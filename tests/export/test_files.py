"""What exported files hold: the spec's names, ranges and entry points, and what they say."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import netwright
import netwright_runtime
import onnx
import onnxruntime
import pytest
import torch
from netwright_runtime.export import agreement
from netwright_runtime.export.agreement import Disagrees
from netwright_runtime.export.exporting import Options, write
from netwright_runtime.export.formats import FORMATS
from netwright_runtime.export.formats.format import Writing
from netwright_runtime.export.metadata import BadMetadata, Metadata
from netwright_runtime.export.refusal import Unexportable
from netwright_runtime.model import compiled

from tests.export.specs import CACHE, LINEAR, MAPS, RECURRENT, written


def shapes(path: Path) -> dict[str, list[Any]]:
    """The inputs and outputs of an ONNX file with their sizes, as onnxruntime shows them."""
    session = onnxruntime.InferenceSession(path)
    return {v.name: v.shape for v in [*session.get_inputs(), *session.get_outputs()]}


def test_onnx_has_the_names_of_the_spec(tmp_path: Path) -> None:
    path = tmp_path / "maps.onnx"
    (file,) = netwright_runtime.export(
        written(MAPS, tmp_path), to="onnx", path=path, opset=20
    ).files
    assert shapes(path) == {"image": ["B", 3, "H", "W"], "logits": ["B", 5]}
    model = onnx.load(path)
    assert [o.version for o in model.opset_import if not o.domain] == [20]
    inner = {d.dim_param for v in model.graph.value_info for d in v.type.tensor_type.shape.dim}
    assert "(H//4)" in inner
    said = Metadata.from_json({p.key: p.value for p in model.metadata_props}["netwright"])
    assert said == file.metadata
    assert said.constraints == ("H % 4 == 0", "W % 4 == 0", "H <= 256", "W >= 8")
    assert (said.model, said.spec, len(said.spec_sha256)) == ("Maps", "model.yaml", 64)
    assert said.netwright == netwright.__version__


def test_constraints_are_the_ranges_of_a_program(tmp_path: Path) -> None:
    path = tmp_path / "maps.pt2"
    netwright_runtime.export(written(MAPS, tmp_path), to="pt2", path=path)
    program = torch.export.load(path)
    ranges = sorted(
        (int(r.lower), int(r.upper))
        for r in program.range_constraints.values()
        if r.upper.is_Integer
    )
    assert any(upper in {64, 256} for _, upper in ranges)
    module = program.module()
    assert module(image=torch.zeros(1, 3, 4, 8)).shape == (1, 5)  # the least that the spec admits
    with pytest.raises((AssertionError, RuntimeError)):
        module(image=torch.zeros(1, 3, 260, 8))
    with pytest.raises((AssertionError, RuntimeError)):
        module(image=torch.zeros(1, 3, 6, 8))


def test_a_folder_has_a_file_for_each_entry_point(tmp_path: Path) -> None:
    spec = written(LINEAR, tmp_path)
    made = netwright_runtime.export(spec, to="onnx", path=tmp_path / "all", given=["scale"])
    assert [f.path.name for f in made.files] == ["forward.onnx", "encode.onnx"]
    assert shapes(made.files[0].path) == {
        "x": ["B", 4], "scale": ["B"], "left": ["B", 3], "right": ["B", 8],
    }  # fmt: skip
    assert shapes(made.files[1].path) == {"x": ["B", 4], "code": ["B", 8]}
    one = netwright_runtime.export(spec, to="onnx", path=tmp_path / "one.onnx")
    assert one.left_out == ("encode",)
    assert "scale" not in shapes(one.files[0].path)
    named = netwright_runtime.export(spec, to="onnx", path=tmp_path / "e.onnx", method="encode")
    assert named.files[0].entry == "encode"


def test_state_becomes_prefill_and_decode(tmp_path: Path) -> None:
    made = netwright_runtime.export(written(CACHE, tmp_path), to="onnx", path=tmp_path / "lm")
    prefill, decode = made.files
    assert (prefill.entry, decode.entry) == ("prefill", "decode")
    assert "past.0" not in shapes(prefill.path)
    assert shapes(decode.path)["past.0"] == ["B", "P", 8]
    assert shapes(decode.path)["present.0"] in (["B", "P + T", 8], ["B", "T + P", 8])
    assert decode.metadata.state == {"past": "present"}
    assert decode.metadata.below == {"tokens": 11}
    first, second = (onnxruntime.InferenceSession(file.path) for file in made.files)
    tokens = torch.randint(0, 11, (2, 5)).numpy()
    whole, _ = first.run(None, {"tokens": tokens})
    _, cache = first.run(None, {"tokens": tokens[:, :4]})
    last, _ = second.run(None, {"tokens": tokens[:, 4:], "past.0": cache})
    assert abs(last[:, 0] - whole[:, 4]).max() < 1e-5


@pytest.mark.parametrize("to", ["onnx", "pt2"])
def test_recurrent_layers_walk_any_number_of_steps(tmp_path: Path, to: str) -> None:
    made = netwright_runtime.export(written(RECURRENT, tmp_path), to=to, path=tmp_path / "rnn")
    assert made.files[0].metadata.inputs[0].shape == ("B", "T", 4)
    kept = torch.ops.aten.gru.input.py_kernels
    assert all(
        "recurrent" not in kernel.__module__
        for kernel in kept.values()
        if hasattr(kernel, "__module__")
    )


def test_a_live_module_keeps_weights_mode_and_gradients(tmp_path: Path) -> None:
    spec = written(LINEAR, tmp_path)
    module = netwright.build(spec).train()
    path = tmp_path / "live.onnx"
    netwright_runtime.export(module, to="onnx", path=path)
    assert module.training and all(p.requires_grad for p in module.parameters())
    x = torch.randn(3, 4)
    left, right = module(x)
    found = onnxruntime.InferenceSession(path).run(None, {"x": x.numpy()})
    assert torch.allclose(torch.from_numpy(found[0]), left, atol=1e-6)
    assert torch.allclose(torch.from_numpy(found[1]), right, atol=1e-6)


def test_a_fixed_dim_stays_fixed(tmp_path: Path) -> None:
    path = tmp_path / "fixed.onnx"
    spec = written(MAPS, tmp_path)
    netwright_runtime.export(spec, to="onnx", path=path, sizes={"H": 16, "W": 32})
    assert shapes(path)["image"] == ["B", 3, 16, 32]
    with pytest.raises(Unexportable, match="no sizes meet"):
        netwright_runtime.export(spec, to="onnx", path=path, sizes={"H": 512})


def test_large_weights_lie_beside_the_graph(tmp_path: Path) -> None:
    model = compiled(written(LINEAR, tmp_path))
    path = tmp_path / "large.onnx"
    options = Options(writing=Writing(external=64))
    write(model, model.build(), FORMATS["onnx"], path, options)
    assert (tmp_path / "large.onnx.data").is_file()
    assert len(onnx.load(path, load_external_data=False).graph.initializer) > 0


def test_an_export_that_disagrees_is_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "wrong.onnx"
    real = agreement.opened

    def off(*arguments: Any) -> Any:
        run = real(*arguments)
        return lambda inputs: [tensor + 1 for tensor in run(inputs)]

    monkeypatch.setattr(agreement, "opened", off)
    with pytest.raises(Disagrees, match=r"`left` of `forward` differs from the model by .* at B="):
        netwright_runtime.export(written(LINEAR, tmp_path), to="onnx", path=path)
    assert os.listdir(tmp_path) == ["model.yaml"]


def test_faults_name_what_there_is(tmp_path: Path) -> None:
    spec = written(LINEAR, tmp_path)

    def export(**more: Any) -> None:
        arguments: dict[str, Any] = {"to": "onnx", "path": tmp_path / "x.onnx", **more}
        netwright_runtime.export(spec, **arguments)

    cases: list[tuple[dict[str, Any], str]] = [
        ({"to": "onx"}, "no format `onx`; there are `onnx`"),
        ({"method": "decode"}, "no entry point `decode`; it has `forward`, `encode`"),
        ({"given": ["scales"]}, "no optional input `scales`; there are `scale`"),
        ({"sizes": {"T": 3}}, "no dim `T`; it has `B`"),
        ({"quantise": "int3"}, "not quantised by `int3`; it has `int8-dynamic`"),
        ({"quantise": "int8-static"}, "needs samples"),
    ]
    for more, said in cases:
        with pytest.raises(Unexportable, match=said):
            export(**more)


def test_metadata_of_another_format_are_refused() -> None:
    with pytest.raises(BadMetadata, match="not of format 1"):
        Metadata.from_json('{"format": 7}')
