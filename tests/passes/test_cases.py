"""Where a spec reads `training`, it is elaborated for both modes."""

from __future__ import annotations

import pytest
from netwright.diagnostics import Report
from netwright.frontend.load import load_text
from netwright.passes.model import Case, elaborate

HEAD = 'netwright: 1\nmodel: M\ninputs: {x: "float[B, 4]"}\n'
READING = (
    "graph: {y: x if training else 2 * x}",
    "graph: {y: {op: Linear, out_features: 4, when: training}}",
    "graph: {y: {when: training, graph: {fc: Linear(out_features=4)}}}",
    "graph: {y: {from: {a: 'x if training else 2 * x'}, graph: {z: relu(a)}}}",
    "graph: {y: {graph: {z: {when: training, graph: {fc: Linear(out_features=4)}}}}}",
    "graph: {y: {graph: {z: relu(x)}, outputs: {a: z if training else x}}}",
    "graph: {y: relu(x)}\noutputs: {a: y if training else x}",
    "graph: {y: {op: ReLU, repeat: 2 if training else 1}}",
)


@pytest.mark.parametrize("graph", READING)
def test_what_reads_training_has_two_cases(graph: str) -> None:
    loaded = load_text(f"{HEAD}{graph}\n", "f.yaml")
    assert loaded.module is not None, [d.message for d in loaded.report]
    report = Report()
    found = elaborate(loaded.module, None, {}, report)
    assert found is not None
    assert set(found.cases) == {Case(), Case(training=True)}
