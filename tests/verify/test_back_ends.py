"""Source and graph agree, and where they do not, the node is named."""

from __future__ import annotations

import pytest
from netwright_runtime.verify.properties.back_ends import PROPERTY

from tests.verify.subjects import finding, outcome, patched, subject

SPEC = """inputs: {x: "float[B, 6]"}
graph:
  wide: Linear(out_features=8)
  a, b: chunk(wide, 2, dim=-1)
  gated: a * b.sigmoid()
  drop: Dropout(p=0.5)
  out: Linear(out_features=3)
"""


def test_both_back_ends_agree() -> None:
    assert outcome(subject(SPEC), PROPERTY).verdict == "passed"


@pytest.mark.parametrize(
    ("old", "new", "node"),
    [
        ("b.sigmoid()", "b.tanh()", "gated"),
        ("a * ", "b * ", "gated"),
        ("self.out(", "-self.out(", "out"),
    ],
)
def test_a_source_that_computes_otherwise(old: str, new: str, node: str) -> None:
    found = finding(patched(subject(SPEC), old, new), PROPERTY)
    assert found.node in (node, "")
    assert "differ" in found.message


def test_a_source_that_differs_in_training_alone() -> None:
    found = finding(patched(subject(SPEC), "nn.Dropout(0.5)", "nn.Dropout(0.1)"), PROPERTY)
    assert found.node == "drop"
    assert "training" in found.message
    assert found.place.startswith("net.yaml:")


CALLED = """inputs: {x: "float[B, 6]"}
graph:
  wide: Linear(out_features=6)
  drop: Dropout(p=0.5)
  scaled: drop * 0.5 if training else drop
  act: ReLU
  out: Linear(out_features=3)
"""


@pytest.mark.parametrize(
    ("old", "new", "node"),
    [
        ("self.wide(x)", "self.wide(self.wide(x))", "wide"),
        ("self.wide(x)", "self.wide(x[:, :3])", "wide"),
        ("x * 0.5 if self.training else x", "x * 0.5 if self.training else -x", "scaled"),
    ],
    ids=["called twice", "raises", "in one mode alone"],
)
def test_what_the_source_adds_is_named_and_not_what_reads_it(old: str, new: str, node: str) -> None:
    found = finding(patched(subject(CALLED), old, new), PROPERTY)
    assert found.node == node
