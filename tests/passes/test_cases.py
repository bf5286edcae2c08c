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


OTHERWISE = (
    "graph: {b: {op: D, when: training}, y: LayerNorm()(b)}\n"
    'blocks: {D: {inputs: {x: "float[B, C]"}, graph: {c: "cat([x, x], 1)"}}}',
    "graph: {d: 'Dropout(p=0.1 if training else 0.2)'}",
    "graph: {w: {parameter: '[2 if training else 3]', init: ones}, y: x.sum() + w.sum()}",
)


@pytest.mark.parametrize("rest", OTHERWISE)
def test_no_case_builds_otherwise_than_another(rest: str) -> None:
    loaded = load_text(f"{HEAD}{rest}\n", "f.yaml")
    assert loaded.module is not None, [d.message for d in loaded.report]
    report = Report()
    elaborate(loaded.module, None, {}, report)
    assert [d.code for d in report] == ["E0306"]


def test_one_place_of_weights_may_have_a_node_for_each_mode() -> None:
    same = "op: Linear, out_features: 4, key: fc"
    graph = f"a: {{{same}, when: training}}, b: {{{same}, when: not training, from: x}}"
    loaded = load_text(f"{HEAD}graph: {{{graph}, y: a + b}}\n", "f.yaml")
    assert loaded.module is not None, [d.message for d in loaded.report]
    report = Report()
    assert elaborate(loaded.module, None, {}, report) is not None
    assert not report.errors, [d.message for d in report]
