"""Blocks that stay graphs of their own: `scan` and `checkpoint`."""

from __future__ import annotations

import copy

import torch
from torch import nn
from torch.fx import GraphModule

from tests.backends.specs import lowered

SCAN = """inputs: {x: "float[B, T, 4]"}
graph:
  start: zeros([B, 6])
  cell:
    scan: x_t in x over T
    from: {x_t: x_t, h: start}
    graph:
      i: Linear(out_features=6)(x_t)
      r: Linear(out_features=6, bias=False)(h)
      next: tanh(i + r)
    outputs: {h: next, y: next * 2}
outputs: {last: cell, all: cell.y}
"""
BLOCKS = """blocks:
  Layer:
    inputs: {x: "float[B, T, 4]"}
    graph:
      fc: Linear(out_features=4)
      norm: BatchNorm1d(momentum=0.5)(fc.transpose(1, 2))
      out: x + norm.transpose(1, 2) * T
"""


def grads(module: nn.Module) -> list[torch.Tensor]:
    return [p.grad for p in module.parameters() if p.grad is not None]


def test_scan_walks_and_carries() -> None:
    module = lowered(SCAN)
    x = torch.rand(2, 5, 4)
    i, r = module.get_submodule("cell.i"), module.get_submodule("cell.r")
    h, ys = torch.zeros(2, 6), []
    for t in range(5):
        h = torch.tanh(i(x[:, t]) + r(h))
        ys.append(h * 2)
    out = module(x)
    torch.testing.assert_close(out.last, h)
    torch.testing.assert_close(out.all, torch.stack(ys, 1))
    assert list(module.state_dict()) == ["cell.i.weight", "cell.i.bias", "cell.r.weight"]


def checkpointed(control: str, beside: str = "") -> GraphModule:
    layer = f"layers: {{op: Layer, repeat: 2{control}}}"
    return lowered(
        f'inputs: {{x: "float[B, T, 4]"}}\ngraph:\n  {layer}\n{beside}{BLOCKS}', training=True
    )


def test_checkpoint_changes_no_gradient() -> None:
    plain, recomputed = checkpointed(""), checkpointed(", checkpoint: true")
    assert list(plain.state_dict()) == list(recomputed.state_dict())
    recomputed.load_state_dict(plain.state_dict())
    x = torch.rand(3, 5, 4)
    for module in (plain, recomputed):
        module(x).square().sum().backward()
    for a, b in zip(grads(plain), grads(recomputed), strict=True):
        torch.testing.assert_close(a, b)
    assert isinstance(recomputed.get_submodule("layers.1"), GraphModule)


def test_a_checkpointed_module() -> None:
    text = (
        'inputs: {x: "float[B, 4]"}\ngraph: {fc: {op: Linear, out_features: 4, checkpoint: true}}\n'
    )
    module = lowered(text)
    x = torch.rand(2, 4)
    torch.testing.assert_close(module(x), module.get_submodule("fc")(x))
    module(x).sum().backward()
    assert len(grads(module)) == 2


def test_a_checkpointed_block_called_again_at_another_size() -> None:
    beside = "  short: layer(x[:, :2])\noutputs: {long: layer, short: short}\n"
    body = 'inputs: {x: "float[B, 6, 4]"}\ngraph:\n  layer: {op: Layer, checkpoint: true}\n'
    blocks = BLOCKS.replace(
        "norm: BatchNorm1d(momentum=0.5)(fc.transpose(1, 2))", "norm: fc"
    ).replace("norm.transpose(1, 2)", "norm")
    module = lowered(body + beside + blocks)
    assert list(module.state_dict()) == ["layer.fc.weight", "layer.fc.bias"]
    x = torch.rand(2, 6, 4)
    fc = module.get_submodule("layer.fc")
    out = module(x)
    torch.testing.assert_close(out.long, x + fc(x) * 6)
    torch.testing.assert_close(out.short, x[:, :2] + fc(x[:, :2]) * 2)
    out.short.sum().backward()
    assert len(grads(module)) == 2


def test_a_size_that_no_input_of_the_body_bears() -> None:
    text = """inputs: {x: "float[B, T, 4]"}
graph:
  count: T * 2
  row: x[:, 0]
  scaled:
    checkpoint: true
    from: {r: row}
    graph: {fc: Linear(out_features=4)(r), out: fc * count}
"""
    module = lowered(text)
    x = torch.rand(2, 3, 4)
    torch.testing.assert_close(module(x), module.get_submodule("scaled.fc")(x[:, 0]) * 6)


def test_a_body_can_be_copied() -> None:
    module = checkpointed(", checkpoint: true").eval()
    copied = copy.deepcopy(module)
    x = torch.rand(2, 5, 4)
    torch.testing.assert_close(copied(x), module(x))
    with torch.no_grad():
        copied.get_parameter("layers.0.fc.weight").zero_()
    assert not torch.equal(copied(x), module(x))


def test_bodies_compile_as_one_graph() -> None:
    x = torch.rand(2, 5, 4)
    for module in (checkpointed(", checkpoint: true").eval(), lowered(SCAN)):
        compiled = torch.compile(module, fullgraph=True, backend="eager")
        torch.testing.assert_close(compiled(x), module(x))
