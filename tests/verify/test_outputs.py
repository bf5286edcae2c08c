"""Ranges of outputs, and probabilities."""

from __future__ import annotations

import pytest
from netwright_runtime.verify.properties.outputs import PROPERTY

from tests.verify.subjects import finding, outcome, subject

TEXT = """\
inputs: {x: "float[B, T, 6]"}
graph:
  scores: Linear(out_features=5)
  probs: softmax(scores, dim=-1)
  gate: sigmoid(scores)
  size: relu(scores)
outputs: {probs: probs, gate: gate, size: size}
properties:
  output_range: {gate: [0, 1], size: [0, null]}
  sums_to_one: {probs: -1}
"""


def test_a_sound_model_passes() -> None:
    found = outcome(subject(TEXT), PROPERTY)
    assert (found.verdict, found.trials) == ("passed", 5)
    assert outcome(subject(TEXT.replace("{probs: -1}", "{probs: 2}")), PROPERTY).verdict == "passed"


@pytest.mark.parametrize(
    ("old", "new", "node", "message"),
    [
        ("gate: sigmoid(scores)", "gate: tanh(scores)", "gate", "the spec says [0, 1]"),
        ("gate: sigmoid(scores)", "gate: 1.5 * sigmoid(scores)", "gate", "the spec says [0, 1]"),
        ("size: relu(scores)", "size: gelu(scores)", "size", "the spec says [0, inf]"),
        ("softmax(scores, dim=-1)", "softmax(scores, dim=1)", "probs", "is to be 1 and is off by"),
        ("softmax(scores, dim=-1)", "scores * 1.0", "probs", "is to be 1 and is off by"),
        (
            "softmax(scores, dim=-1)",
            "2.0 * softmax(scores, dim=-1) - 0.2",
            "probs",
            "holds negative",
        ),
        ("{probs: -1}", "{probs: T}", "probs", "over `T` is to be 1"),
    ],
)
def test_what_is_outside_is_named(old: str, new: str, node: str, message: str) -> None:
    assert old in TEXT
    found = finding(subject(TEXT.replace(old, new)), PROPERTY)
    assert found.node == node
    assert message in found.message


def test_a_range_for_all_outputs() -> None:
    text = TEXT.replace("{gate: [0, 1], size: [0, null]}", "[0, 1]")
    assert finding(subject(text), PROPERTY).node == "size"


@pytest.mark.parametrize(
    ("claim", "message"),
    [
        ("{sums_to_one: {probs: -1}}", "the sum of `probs` over `-1` is to be 1 and is off by "),
        ("{output_range: {probs: [2, null]}}", "`probs` lies within "),
        ("{output_range: [2, null]}", "the output lies within "),
    ],
)
def test_an_output_that_is_not_declared_has_the_name_of_its_node(claim: str, message: str) -> None:
    scores = TEXT.partition("  gate")[0].replace("dim=-1", "dim=1")
    found = finding(subject(f"{scores}properties: {claim}\n"), PROPERTY)
    assert found.node == "probs"
    assert found.message.startswith(message)


def test_it_applies_to_what_claims_it() -> None:
    assert outcome(subject(TEXT.partition("properties")[0]), PROPERTY).verdict == "skipped"


def test_where_a_nan_begins() -> None:
    text = (
        'inputs: {x: "float[B, N]"}\n'
        "graph: {spread: 'std(x, dim=1)', y: 'softplus(spread)'}\n"
        "properties: {output_range: {y: [0, null]}}\n"
    )
    found = finding(subject(text), PROPERTY)
    assert (found.node, found.message) == ("spread", "the output `y` is NaN, and here it begins")
