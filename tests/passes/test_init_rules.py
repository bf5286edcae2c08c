"""Which weights an init rule names."""

from __future__ import annotations

from pathlib import Path

import netwright
import pytest
from netwright.diagnostics import Report
from netwright.frontend.load import load_text
from netwright.passes.model import elaborate
from netwright.passes.rules import check_init

SPEC = """netwright: 1
model: M
inputs: {{x: "float[B, 8]"}}
graph:
  layers: {{repeat: 2, graph: {{fc: Linear(out_features=8), act: GELU}}}}
init: [{{match: "{match}", with: zeros}}]
"""


def errors(match: str) -> list[str]:
    loaded = load_text(SPEC.format(match=match), "f.yaml")
    assert loaded.module is not None, [d.message for d in loaded.report]
    report = Report()
    found = elaborate(loaded.module, None, {}, report)
    assert found is not None
    check_init([found], report)
    return [d.message for d in report.errors]


@pytest.mark.parametrize(
    "match", ["layers.0.fc.weight", "layers.*.bias", "*.weight", "Linear.bias"]
)
def test_a_rule_names_weights_of_an_inline_block(match: str) -> None:
    assert errors(match) == []


def test_a_class_stands_for_modules_inside_those_of_torch(tmp_path: Path) -> None:
    """As `isinstance(module, nn.Linear)` does for the output projection of an attention."""
    spec = tmp_path / "m.yaml"
    spec.write_text("""netwright: 1
model: M
inputs: {x: "float[B, T, 8]"}
graph:
  attn: {op: MultiheadAttention, num_heads: 2, from: [x, x, x]}
  layer: TransformerEncoderLayer(nhead=2, dim_feedforward=4)
init:
  - {match: Linear.weight, with: constant(2.0)}
  - {match: MultiheadAttention.in_proj_weight, with: constant(3.0)}
""")
    expected = {
        "attn.out_proj.weight": 2.0,
        "layer.self_attn.out_proj.weight": 2.0,
        "layer.linear1.weight": 2.0,
        "attn.in_proj_weight": 3.0,
        "layer.self_attn.in_proj_weight": 3.0,
    }
    for module in (netwright.build(spec), netwright.graph(spec)):
        for name, value in expected.items():
            assert set(module.get_parameter(name).flatten().tolist()) == {value}, name


def test_the_name_of_an_inline_block_is_no_class() -> None:
    assert errors("layers.fc.weight") == ["no weight's name matches `layers.fc.weight`"]


def test_a_tied_weight_begins_as_the_one_that_it_is_tied_to(tmp_path: Path) -> None:
    spec = tmp_path / "m.yaml"
    spec.write_text("""netwright: 1
model: M
inputs: {ids: "int[B, T]"}
graph:
  embed: Embedding(num_embeddings=50, embedding_dim=8)
  head: Linear(out_features=50, bias=False)
init:
  - {match: Embedding.weight, with: normal(std=0.02)}
  - {match: Linear.weight, with: zeros}
tie: {head.weight: embed.weight}
""")
    for module in (netwright.build(spec), netwright.graph(spec)):
        weight = module.get_parameter("head.weight")
        assert weight is module.get_parameter("embed.weight")
        assert 0.015 < float(weight.detach().std()) < 0.025
