"""The emitted source, read anew, against the spec's graph."""

from __future__ import annotations

import pytest
from netwright_runtime.verify.properties.fixed_point import PROPERTY

from tests.verify.subjects import outcome, patched, subject

SPEC = """inputs: {x: "float[B, T, 6]", y: "float[B, T, 6]"}
where: [T <= 64]
graph:
  a: Linear(out_features=6)(x)
  b: Linear(out_features=6)(y)
  both: a + b
  c: Linear(out_features=6)(both)
"""


def test_the_source_has_the_graph_of_the_spec() -> None:
    assert outcome(subject(SPEC), PROPERTY).verdict == "passed"


@pytest.mark.parametrize(
    ("old", "new", "node"),
    [
        ("self.b(y)", "self.b(x)", "b"),
        ("self.b(y)", "self.b(self.a(y))", "a"),
        (" + self.b(y)", "", "b"),
    ],
)
def test_a_source_that_connects_otherwise(old: str, new: str, node: str) -> None:
    found = outcome(patched(subject(SPEC), old, new), PROPERTY)
    assert found.verdict == "failed"
    assert node in {f.node for f in found.findings}
    assert all(f.place.startswith("net.yaml:") for f in found.findings)


def test_a_tensor_with_two_names_is_one() -> None:
    text = (
        'inputs: {x: "float[B, 6]"}\n'
        "graph:\n  first: Shift\n  mid: Linear(out_features=6)\n  second: Shift\n"
        "  last: Linear(out_features=6)\n"
        "tie: {second.offset: first.offset}\n"
        'blocks: {Shift: {inputs: {x: "float[B, C]"}, '
        "graph: {offset: {parameter: [C]}, out: x + offset}}}\n"
    )
    assert outcome(subject(text), PROPERTY).verdict == "passed"


def test_an_input_that_leads_nowhere() -> None:
    text = SPEC.replace("both: a + b", "both: a.clone()\n  unused: b * 2")
    found = outcome(subject(text), PROPERTY)
    said = {f.node: f.message for f in found.findings}
    assert "leads to no output" in said["y"]


def test_what_is_computed_of_buffers_alone_keeps_their_names() -> None:
    text = (
        'inputs: {x: "float[B, 4]"}\n'
        "graph:\n  marks: {buffer: arange(4) + 1.0}\n  other: {buffer: arange(4) * 0.5}\n"
        "  twice: marks * 2 + other\n  fc: Linear(out_features=4)(x * twice)\n"
    )
    assert outcome(subject(text), PROPERTY).verdict == "passed"
    crossed = outcome(patched(subject(text), "self.marks * 2", "self.other * 2"), PROPERTY)
    assert [f.node for f in crossed.findings] == ["fc"]
