"""Modules and weights of lowered graphs: names, beginnings, sharing, what takes a gradient."""

from __future__ import annotations

import copy

import pytest
import torch
from netwright.backends.fx import lower, tie
from netwright.backends.fx.modules import class_of
from netwright.ops.plugin import describe
from netwright.ops.table import MODULES
from torch import nn

from tests.backends.specs import elaborated, lowered

IMAGE = 'inputs: {x: "float[B, 3, H, W]"}\n'
ROWS = 'inputs: {x: "float[B, 4]"}\n'


def names(module: nn.Module) -> list[str]:
    return list(module.state_dict())


def test_every_module_of_the_table_has_a_class() -> None:
    for op in MODULES.values():
        assert issubclass(class_of(op), nn.Module), op.name  # type: ignore[arg-type]


def test_paths_are_names() -> None:
    text = f"""{ROWS}graph:
  stem: Linear(out_features=4)
  layers: {{repeat: 2, graph: {{fc: Linear(out_features=4), act: ReLU}}}}
"""
    module = lowered(text)
    assert names(module) == [
        "stem.weight", "stem.bias", "layers.0.fc.weight", "layers.0.fc.bias",
        "layers.1.fc.weight", "layers.1.fc.bias",
    ]  # fmt: skip
    assert isinstance(module.get_submodule("layers.1.act"), nn.ReLU)
    assert module(torch.ones(2, 4)).shape == (2, 4)


def test_a_module_without_a_level_leaves_its_weights_there() -> None:
    text = f"""{ROWS}graph:
  norm: {{op: BatchNorm1d, key: ""}}
  mlp: {{key: "", graph: {{fc: Linear(out_features=2)}}}}
"""
    module = lowered(text, training=True)
    assert set(names(module)) == {
        "weight", "bias", "running_mean", "running_var", "num_batches_tracked",
        "fc.weight", "fc.bias",
    }  # fmt: skip
    x = torch.arange(12.0).reshape(3, 4)
    norm = nn.BatchNorm1d(4)
    expected = module.get_submodule("fc")(norm(x))
    torch.testing.assert_close(module(x), expected)
    torch.testing.assert_close(module.get_buffer("running_mean"), norm.running_mean)
    torch.testing.assert_close(module.eval()(x), module.get_submodule("fc")(norm.eval()(x)))


def test_initialisers() -> None:
    text = f"""{ROWS}params: {{scale: 0.25}}
graph:
  a: {{parameter: [4], init: constant(scale)}}
  b: {{parameter: [4], init: ones}}
  c: {{parameter: [4]}}
  d: {{parameter: [100, 100]}}
  e: {{parameter: [100, 100], init: "uniform(-scale, scale)"}}
  out: x + a * b + c
"""
    module = lowered(text)
    assert module.get_parameter("a").tolist() == [0.25] * 4
    assert module.get_parameter("b").tolist() == [1.0] * 4
    assert module.get_parameter("c").tolist() == [0.0] * 4
    assert module.get_parameter("d").std().item() == pytest.approx(0.02, rel=0.1)
    assert 0.2 < module.get_parameter("e").abs().max().item() <= 0.25


def test_buffers_are_computed_and_may_read_one_another() -> None:
    text = f"""{ROWS}graph:
  steps: {{buffer: "arange(4)"}}
  halves: {{buffer: "steps / 2", persistent: false}}
  out: x * halves
"""
    module = lowered(text)
    assert names(module) == ["steps"]
    assert module.get_buffer("halves").tolist() == [0.0, 0.5, 1.0, 1.5]
    assert module.get_buffer("steps").dtype == torch.int64
    torch.testing.assert_close(module(torch.ones(1, 4))[0], module.get_buffer("halves"))


def test_frozen() -> None:
    text = f"""{ROWS}graph:
  a: {{op: Linear, out_features: 4, frozen: true}}
  b: {{frozen: true, graph: {{fc: Linear(out_features=4), w: {{parameter: [4]}}, out: fc + w}}}}
  c: Linear(out_features=4)
"""
    learns = {name for name, p in lowered(text).named_parameters() if p.requires_grad}
    assert learns == {"c.weight", "c.bias"}


def test_shared_and_called_again() -> None:
    text = f"""{ROWS}graph:
  fc: {{op: Linear, out_features: 4, repeat: 3, shared: true}}
  again: fc(x) + fc
"""
    module = lowered(text)
    assert names(module) == ["fc.weight", "fc.bias"]
    x = torch.rand(2, 4)
    fc = module.get_submodule("fc")
    torch.testing.assert_close(module(x), fc(x) + fc(fc(fc(x))))


def test_an_inline_block_called_again_reads_what_it_captured() -> None:
    text = f"""{ROWS}graph:
  y: x * 2
  head: {{from: {{t: x}}, graph: {{fc: Linear(out_features=4)(t), out: fc + y}}}}
  both: head + head(y)
"""
    module = lowered(text)
    x = torch.rand(2, 4)
    fc = module.get_submodule("head.fc")
    torch.testing.assert_close(module(x), (fc(x) + 2 * x) + (fc(2 * x) + 2 * x))


def test_tie() -> None:
    text = """inputs: {x: "int[B, T]"}
graph:
  embed: Embedding(num_embeddings=10, embedding_dim=4)
  head: Linear(out_features=10, bias=False)
"""
    module = lowered(text)
    tie(module, [("head.weight", "embed.weight")])
    assert names(module) == ["embed.weight", "head.weight"]
    assert module.get_parameter("head.weight") is module.get_parameter("embed.weight")
    x = torch.tensor([[1, 2]])
    module(x).sum().backward()
    with pytest.raises(ValueError, match="differ in shape"):
        tie(lowered(f"{ROWS}graph: {{a: Linear(out_features=3)}}"), [("a.weight", "a.bias")])


def test_weights_that_no_output_needs_are_kept_and_copied() -> None:
    text = f"""{ROWS}graph:
  unused: {{parameter: [3]}}
  fc: Linear(out_features=4)
"""
    module = lowered(text)
    copied = copy.deepcopy(module)
    assert names(copied) == names(module) == ["unused", "fc.weight", "fc.bias"]
    assert copied.get_parameter("unused") is not module.get_parameter("unused")
    x = torch.rand(2, 4)
    torch.testing.assert_close(copied(x), module(x))


def test_among_adds_the_weights_of_other_cases() -> None:
    text = """inputs: {x: "float[B, 4]", y: {type: "float[B, 4]", optional: true}}
graph:
  fc: {op: Linear, out_features: 4, when: y is not None, from: "y", else: x}
  out: Linear(out_features=2)(x)
"""
    elaboration = elaborated(text)
    plain = elaboration.primary
    assert names(lower(plain)) == ["out.weight", "out.bias"]
    assert len(names(lower(plain, among=elaboration.cases.values()))) == 4


class Scaled(nn.Module):
    """A user's module."""

    def __init__(self, features: int, factor: float = 2.0) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(features))
        self.factor = factor

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        return input * self.weight * self.factor


def test_a_class_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    op = describe(Scaled, rule=lambda args: args["input"])
    monkeypatch.setitem(MODULES, "Scaled", op)
    module = lowered(f"{ROWS}graph:\n  mine: Scaled(features=4, factor=3.0)\n")
    assert names(module) == ["mine.weight"]
    assert module(torch.ones(1, 4)).tolist() == [[3.0] * 4]


def test_on_the_meta_device() -> None:
    text = f"""{IMAGE}graph:
  conv: Conv2d(out_channels=8, kernel_size=3)
  scale: {{parameter: [8, 1, 1], init: trunc_normal(std=0.02)}}
  step: {{buffer: "arange(8).float()"}}
  out: conv * scale * step[:, None, None]
"""
    with torch.device("meta"):
        module = lowered(text)
        assert all(t.is_meta for t in module.state_dict().values())
        assert module(torch.empty(2, 3, 8, 8)).shape == (2, 8, 6, 6)
