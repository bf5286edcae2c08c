"""The scale of values before training."""

from __future__ import annotations

import pytest
from netwright_runtime.verify.properties.initial_scale import PROPERTY

from tests.verify.subjects import finding, outcome, subject

TEXT = """\
inputs: {x: "float[B, 64]"}
graph:
  stem: Linear(out_features=128)
  act: ReLU
  body: {graph: {fc: Linear(out_features=64)}}
outputs: {y: body}
init:
  - {match: Linear.weight, with: kaiming_normal(a=0)}
  - {match: Linear.bias, with: zeros}
properties: {init_scale: {y: [0.9, 1.9], stem: [1, 2], body.fc: [0.9, 1.9]}}
"""


def test_values_of_the_claimed_scale_pass() -> None:
    found = outcome(subject(TEXT), PROPERTY)
    assert (found.verdict, found.trials) == ("passed", 5)


@pytest.mark.parametrize(
    ("rule", "node"),
    [("normal(std=0.02)", "stem"), ("normal(std=1.0)", "body.fc"), ("zeros", "stem")],
)
def test_a_wrong_initialiser_is_told_by_its_output(rule: str, node: str) -> None:
    text = TEXT.replace("kaiming_normal(a=0)", rule)
    found = finding(subject(text), PROPERTY)
    assert found.node == node
    assert "the standard deviation of `y` begins at" in found.message


def test_a_node_of_another_scale() -> None:
    text = TEXT.replace("kaiming_normal(a=0)", "normal(std=1.0)")
    text = text.replace("y: [0.9, 1.9], ", "")
    assert finding(subject(text), PROPERTY).node == "stem"


def test_it_applies_to_what_claims_it() -> None:
    text = TEXT.partition("properties")[0].replace("kaiming_normal(a=0)", "zeros")
    assert outcome(subject(text), PROPERTY).verdict == "skipped"
