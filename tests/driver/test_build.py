"""Live modules: what runs is the emitted source, and errors lead back to the spec."""

from __future__ import annotations

import copy
import inspect
import pickle

import netwright
import pytest
import torch
from netwright import CallError, TooLarge, build, create_model, emit, graph
from netwright.driver import build as building

from .specs import SMALL, TIED, written


def test_the_emitted_source_is_what_runs(tmp_path):
    path = written(tmp_path, SMALL)
    model = build(path)
    assert type(model).__name__ == "Small"
    assert inspect.getsource(type(model)) in emit(path)
    assert type(build(path)) is type(model), "one text is one class"
    assert type(build(path, width=9)) is not type(model)


def test_create_model_as_in_timm():
    model = create_model("resnet18", num_classes=10, device="meta")
    weight = model.get_parameter("fc.weight")
    assert weight.shape == (10, 512)
    assert weight.is_meta
    assert model.training


def test_device_and_dtype(tmp_path):
    path = written(tmp_path, SMALL)
    model = build(path, dtype=torch.bfloat16, device="meta")
    assert {(p.dtype, p.device.type) for p in model.parameters()} == {(torch.bfloat16, "meta")}
    assert torch.get_default_dtype() == torch.float32


def test_a_model_too_large_for_memory_is_refused_before_anything_is_allocated(
    tmp_path, monkeypatch
):
    path = written(tmp_path, SMALL)
    monkeypatch.setattr(building, "_free_memory", lambda device: 1000)
    with pytest.raises(TooLarge, match=r"need 1\.1 KiB, and cpu has 1000 B free"):
        build(path)
    monkeypatch.setattr(building, "_free_memory", lambda device: 10_000)
    build(path)


def test_an_error_inside_gets_a_note_with_the_place_in_the_spec(tmp_path):
    path = written(tmp_path, SMALL)
    model = build(path)
    with pytest.raises(RuntimeError) as fault:
        model(torch.rand(2, 5))
    (note,) = fault.value.__notes__
    assert note.startswith(f"in the spec: {path}:13:")
    assert "stem: Linear(out_features=width)" in note


def test_the_note_names_the_block_the_error_comes_from(tmp_path):
    model = build(written(tmp_path, SMALL))
    model.get_submodule("layers.1").register_module("fc", torch.nn.Linear(3, 3))
    with pytest.raises(RuntimeError) as fault:
        model(torch.rand(2, 4))
    (note,) = fault.value.__notes__
    assert f"{tmp_path}/small.yaml:22:" in note
    assert "in `layers.1`: `out: x + act`" in note, "the nodes that became one line of source"


def test_what_errors_pass_through_leaves_the_module_as_it_is(tmp_path):
    model = build(written(tmp_path, SMALL)).eval()
    x = torch.rand(2, 4)
    expected = model(x)
    assert not model._forward_hooks
    for other in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert torch.equal(other(x), expected)
    assert torch.equal(torch.fx.symbolic_trace(model)(x), expected)
    assert torch.equal(torch.export.export(model, (x,)).module()(x), expected)
    compiled = torch.compile(model, fullgraph=True, backend="eager")
    assert torch.equal(compiled(x), expected)


def test_the_graph_has_the_weights_of_the_module(tmp_path):
    path = written(tmp_path, TIED)
    model = build(path).eval()
    tokens = torch.tensor([[1, 2, 3]])
    lowered = graph(path)
    lowered.load_state_dict(model.state_dict())
    assert torch.equal(lowered(tokens), model(tokens))
    assert lowered.get_parameter("head.weight") is lowered.get_parameter("embed.weight")
    mask = torch.rand(1, 3)
    masked = graph(path, inputs=["mask"])
    masked.load_state_dict(model.state_dict())
    torch.testing.assert_close(masked(tokens, mask), model(tokens, mask))
    with pytest.raises(CallError, match="nope"):
        graph(path, inputs=["nope"])


def test_a_faulty_spec_is_not_built(tmp_path):
    path = written(
        tmp_path, SMALL.replace("Linear(out_features=width)", "Linear(out_feature=width)")
    )
    for use in (build, emit, graph):
        with pytest.raises(netwright.SpecError, match="E0202"):
            use(path)
