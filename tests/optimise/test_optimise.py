"""The door: live modules, specs, optional inputs, what is refused."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import netwright
import netwright_runtime
import netwright_runtime.optimise as package
import pytest
import torch
from netwright_runtime.model import NotBuilt
from netwright_runtime.optimise import PASSES, Altered, optimise
from netwright_runtime.optimise.optimising import explained, opened, optimised_graph
from torch import nn
from torch.fx import GraphModule

from tests.optimise.models import kinds

TEXT = """netwright: 1
model: Net
inputs:
  x: float[B, 3, H, W]
  shift: {type: "float[B, 4]", optional: true}
graph:
  conv: Conv2d(out_channels=4, kernel_size=3, padding=1)
  norm: BatchNorm2d
  drop: Dropout
  pooled: mean(drop, dim=[2, 3]) + (shift if shift is not None else 0.0)
outputs: {pooled: pooled, map: drop}
"""

TWICE = """netwright: 1
model: Net
inputs: {x: "float[B, 4]"}
graph:
  one: x.transpose(0, 1) @ x
  two: x.transpose(0, 1) @ x
  out: one + two
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "net.yaml"
    file.write_text(TEXT, encoding="utf-8")
    return file


def test_a_live_module_keeps_its_weights_and_stays_as_it_is(path: Path) -> None:
    model = netwright.build(path)
    for _ in range(3):
        model(torch.randn(8, 3, 6, 6))
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    fast = optimise(model)
    image = torch.randn(2, 3, 5, 7)
    found = fast(image)
    assert model.training
    assert all(parameter.requires_grad for parameter in model.parameters())
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    expected = model.eval()(x=image)
    torch.testing.assert_close(tuple(found), tuple(expected))
    assert found._fields == ("pooled", "map")


def test_it_stays_in_evaluation_and_takes_no_gradients(path: Path) -> None:
    fast = optimise(path).train()
    assert not any(module.training for module in fast.modules())
    image = torch.randn(2, 3, 5, 5, requires_grad=True)
    assert not fast(image).pooled.requires_grad
    assert torch.equal(fast(image).pooled, fast(image).pooled)


def test_weights_that_no_pass_touches_are_shared(path: Path) -> None:
    model = netwright.build(path)
    shared = {parameter.data_ptr() for parameter in model.parameters()}
    untouched, folded = optimise(model, level=1), optimise(model)
    assert {parameter.data_ptr() for parameter in untouched.parameters()} == shared
    assert not {parameter.data_ptr() for parameter in folded.parameters()} & shared


def test_levels(path: Path) -> None:
    counts = [len(optimise(path, level=level).report.fired) for level in range(3)]
    assert counts == [0, 1, 2]
    with pytest.raises(ValueError, match="there is no level 4; levels are 0 to 3"):
        optimise(path, level=4)


def test_optional_inputs_are_chosen(path: Path) -> None:
    model = netwright.build(path).eval()
    fast = optimise(model, inputs=["shift"])
    image, shift = torch.randn(2, 3, 4, 4), torch.randn(2, 4)
    torch.testing.assert_close(fast(image, shift).pooled, model(image, shift).pooled)
    with pytest.raises(ValueError, match="lowered for calls without `shift`"):
        optimise(model)(image, shift)
    with pytest.raises(ValueError, match=r"optional inputs shft; choices are: none \| shift"):
        optimise(model, inputs=["shft"])


def test_half_precision_stays(path: Path) -> None:
    model = netwright.build(path, dtype=torch.bfloat16).eval()
    image = torch.randn(2, 3, 4, 4, dtype=torch.bfloat16)
    found, expected = optimise(model)(image).pooled, model(image).pooled
    assert found.dtype == torch.bfloat16
    torch.testing.assert_close(found, expected, rtol=0.05, atol=0.05)


def test_a_module_that_was_changed_is_refused(path: Path) -> None:
    model = netwright.build(path)
    model.conv = nn.Conv2d(3, 5, 3)
    with pytest.raises(Altered, match=r"`conv.weight` is \[5, 3, 3, 3\], its spec says \[4, 3"):
        optimise(model)


def test_another_layer_and_hooks_are_refused(path: Path) -> None:
    model = netwright.build(path)
    model.drop = nn.ReLU()
    with pytest.raises(Altered, match="`drop` is ReLU, its spec says Dropout"):
        optimise(model)
    hooked = netwright.build(path)
    hooked.get_submodule("norm").register_forward_hook(lambda *_: None)
    with pytest.raises(Altered, match="`norm` has hooks"):
        optimise(hooked)


def test_another_module_is_refused() -> None:
    with pytest.raises(NotBuilt, match="`Linear` was not built by"):
        optimise(nn.Linear(2, 2))


def test_the_name_is_a_function_whatever_was_imported_before(path: Path) -> None:
    assert netwright_runtime.optimise is not None
    assert package.optimise is optimise
    for _ in range(2):
        graph = netwright_runtime.optimise(path).runs
        assert isinstance(graph, GraphModule)
        assert kinds(graph) == ["absent", "Conv2d", "mean", "add"]


def test_the_report_tells_what_fired_and_where(path: Path) -> None:
    report = optimise(path).report
    text = str(report)
    assert "norm" in text and "folded into conv" in text
    assert "Dropout removed" in text
    assert report.to_json()["fired"][0]["changes"] == (
        {"where": "drop", "what": "Dropout removed"},
    )


def test_every_pass_has_a_name_of_its_own_and_shows_before_and_after() -> None:
    assert len({step.name for step in PASSES}) == len(PASSES)
    for step in PASSES:
        text = import_module(step.rewrite.__module__).__doc__ or ""
        assert "Before::" in text and "After::" in text, step.name


def test_operations_of_a_call_are_counted_before_and_after(tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(TWICE)
    found, model = opened(tmp_path / "net.yaml", None, {}, {})
    graph, report = optimised_graph(found, model, 2)
    told = explained(found, model, graph, report)
    assert (told.before.flops, told.after.flops) == (64, 32)
    assert "64 → 32" in str(told)
    assert "FLOPs" not in str(report)
