"""`forward` calls the methods that compute a part of it, where nothing is lost by that."""

from __future__ import annotations

from pathlib import Path

import netwright
import pytest
import torch

SPEC = """\
netwright: 1
model: Parted
inputs: {x: "float[B, 4]"}
graph:
  a: Linear(out_features=4)
  b: relu(a)
  c: Linear(out_features=4)
  d: Linear(out_features=4)
  out: OUT
methods:
  METHODS
"""

FEATURES = "features: {outputs: {y: c}}"
FULL = "features: {outputs: {y: c, z: b}}"
TAIL = "tail: {inputs: {h: b}, outputs: {y: d}}"
BOTH = "features: {outputs: {y: c}}\n  tail: {inputs: {h: c}, outputs: {y: d}}"

CASES = {
    "the beginning": (FEATURES, "sigmoid(d)", ["features"]),
    "several results": (FULL, "d + b", ["features"]),
    "what the method keeps is read later": (FEATURES, "d + b", []),
    "the end": (TAIL, "sigmoid(d)", ["tail"]),
    "two": (BOTH, "sigmoid(d)", ["features", "tail"]),
    "a result that is no node": ("sum: {outputs: {y: c + b}}", "sigmoid(d)", []),
}
"""Methods, the model's last node, and the methods that `forward` calls."""


@pytest.mark.parametrize("name", CASES)
def test_forward_calls_what_it_shares(name: str, tmp_path: Path) -> None:
    methods, out, called = CASES[name]
    path = tmp_path / "parted.yaml"
    text = SPEC.replace("OUT", out).replace("METHODS", methods)
    path.write_text(text, encoding="utf-8")
    forward = netwright.emit(path).partition("def forward(")[2]
    assert [name for name in ("features", "tail", "sum") if f"self.{name}(" in forward] == called
    module, graph = netwright.build(path), netwright.graph(path)
    graph.load_state_dict(module.state_dict())
    x = torch.randn(3, 4)
    assert torch.equal(module(x), graph(x))
