"""Weights that cannot learn are named, with the reason."""

from __future__ import annotations

import pytest
from netwright_runtime.verify.properties.gradients import PROPERTY

from tests.faults.plugins import WhereNan
from tests.verify.subjects import finding, outcome, subject
from tests.verify.tapping import PLACE, tapped

INPUT = 'inputs: {x: "float[B, 6]"}\n'


def test_a_model_in_which_all_learns() -> None:
    text = f"{INPUT}graph: {{a: Linear(out_features=5), b: ReLU, c: Linear(out_features=2)}}\n"
    assert outcome(subject(text), PROPERTY).verdict == "passed"


@pytest.mark.parametrize(
    ("graph", "node", "reason"),
    [
        (
            "a: Linear(out_features=4)\n  cut: detach(a)\n  b: Linear(out_features=2)",
            "cut",
            "detaches",
        ),
        (
            "a: Linear(out_features=4)\n  cut: argmax(a, dim=-1)\n  b: Embedding(4, 2)(cut)",
            "cut",
            "",
        ),
        ("a: Linear(out_features=4)\n  b: a * 0.0", "b", "zero throughout"),
        ("a: Linear(out_features=4)\n  b: (a - a).relu()", "b", "zero throughout"),
    ],
)
def test_what_cannot_learn_is_named(graph: str, node: str, reason: str) -> None:
    text = f"{INPUT}graph:\n  {graph}\n".replace(
        "Embedding(4, 2)", "Embedding(num_embeddings=4, embedding_dim=2)"
    )
    found = finding(subject(text), PROPERTY)
    assert found.node == node
    assert reason in found.message
    assert found.place.startswith("net.yaml:")


def test_values_that_are_not_finite_are_named() -> None:
    text = f"{INPUT}graph: {{a: Linear(out_features=4), b: log(a), c: Linear(out_features=2)}}\n"
    assert finding(subject(text), PROPERTY).node == "b"


def test_a_tensor_that_one_case_reads_learns_in_that_case() -> None:
    text = (
        'inputs: {x: "float[B, 6]", hide: {type: "bool[B, 6]", optional: true}}\n'
        "graph:\n  blank: {parameter: [6]}\n"
        "  shown: where(hide, blank, x) if hide is not None else x\n"
        "  fc: Linear(out_features=2)\n"
    )
    assert outcome(subject(text), PROPERTY).verdict == "passed"


def test_a_gradient_of_zeros_in_one_case_is_no_fault() -> None:
    text = (
        'inputs: {x: "float[B, 6]", start: {type: "float[B, 6]", optional: true}}\n'
        "graph:\n  begun: start if start is not None else zeros_like(x)\n"
        "  fc: Linear(out_features=6)\n"
        "  out: fc + x\n"
    )
    assert outcome(subject(text), PROPERTY).verdict == "passed"


def test_frozen_weights_need_no_gradient() -> None:
    text = f"{INPUT}graph: {{a: {{op: Linear, out_features: 4, frozen: true}}}}\n"
    found = outcome(subject(text), PROPERTY)
    assert (found.verdict, found.reason) == ("skipped", "the model has no parameters to train")


def test_integers_between_floats_are_named_whoever_else_learns() -> None:
    text = (
        f"{INPUT}graph:\n  a: Linear(out_features=4)\n"
        "  b: Linear(out_features=4)(a.int().float())\n  out: a + b\n"
    )
    assert finding(subject(text), PROPERTY).node == "b"
    meant = text + "properties: {surrogate_gradients: [b]}\n"
    assert outcome(subject(meant), PROPERTY).verdict == "passed"


def test_the_node_without_a_slope_is_named_and_not_one_after_it() -> None:
    text = (
        f"{INPUT}graph:\n  a: Linear(out_features=4)\n  shut: clamp(a, 90, 99) - 90\n"
        "  out: (shut.exp() - shut).sum(-1)\n"
    )
    assert finding(subject(text), PROPERTY).node == "shut"


def test_a_gradient_that_is_not_finite_at_zero() -> None:
    with tapped(WhereNan) as held:
        found = finding(held, PROPERTY)
    assert (found.node, found.place) == ("tap", PLACE)
    assert "at zero is not finite" in found.message
