"""Which weights an init rule names."""

from __future__ import annotations

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


def test_the_name_of_an_inline_block_is_no_class() -> None:
    assert errors("layers.fc.weight") == ["no weight's name matches `layers.fc.weight`"]
