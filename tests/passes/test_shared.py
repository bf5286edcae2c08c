"""Iterations that share one module have the same weights."""

from __future__ import annotations

import pytest
from netwright.diagnostics import Report
from netwright.frontend.load import load_text
from netwright.passes.model import elaborate

HEAD = """netwright: 1
model: M
inputs: {x: "float[B, 4]"}
graph:
"""

BOTH = "{fc: Linear(out_features=4), both: 'concat([fc, fc], -1)'}"
LATER = "{fc: {op: Linear, out_features: 4, when: i > 0}}"
KEYED = "  g: {op: Linear, out_features: 2 * i + 2, repeat: 2, key: fc}\n"


@pytest.mark.parametrize(
    ("graph", "weight"),
    [
        (f"  g: {{repeat: 2, shared: true, graph: {BOTH}}}\n", "fc.weight"),
        (f"  g: {{repeat: 2, shared: true, graph: {LATER}}}\n", "fc.bias"),
        (KEYED, "bias"),
    ],
    ids=["grows", "absent", "one key"],
)
def test_other_weights_in_another_iteration(graph: str, weight: str) -> None:
    loaded = load_text(HEAD + graph, "f.yaml")
    assert loaded.module is not None, [d.message for d in loaded.report]
    report = Report()
    elaborate(loaded.module, None, {}, report)
    (found,) = report.errors
    message = f"the iterations of `g` share their weights, but `{weight}` is not the same in all"
    assert (found.code, found.message, found.span.line) == ("E0301", message, 5)
