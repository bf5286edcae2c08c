"""Autograd against finite differences."""

from __future__ import annotations

import pytest
from netwright_runtime.verify.properties.numeric_gradients import PROPERTY

from tests.faults import plugins
from tests.faults.fault import Plugin
from tests.verify.subjects import finding, outcome, subject
from tests.verify.tapping import PLACE, tapped

SPEC = """inputs: {x: "float[B, T, 6]"}
graph:
  fc: Linear(out_features=6)
  %s
  out: Linear(out_features=2)
"""

KINKS = [
    "act: amax(relu(fc), dim=-2, keepdim=True)",
    "s, at: sort(fc, dim=-1)\n  act: abs(s)",
    "act: fc * (fc > 0) + round(fc)",
    "act: relu(fc * 0.0) + fc",
    "top, at: topk(fc, 2, dim=-1)\n  g: gather(fc, -1, at) * top\n  wide: cat([g, g], dim=-1)",
]


@pytest.mark.parametrize("graph", ["act: softmax(fc, dim=-1) * fc.float()", *KINKS])
def test_gradients_are_right_and_kinks_are_no_fault(graph: str) -> None:
    assert outcome(subject(SPEC % graph), PROPERTY).verdict == "passed"


def test_padding_has_no_gradient_by_design() -> None:
    table = "Embedding(num_embeddings=3, embedding_dim=4, padding_idx=0)"
    text = f'inputs: {{x: "int[B, T]"}}\ngraph:\n  e: {table}\n  f: Linear(out_features=2)\n'
    assert outcome(subject(text), PROPERTY).verdict == "passed"


def test_a_residual_that_is_detached() -> None:
    text = SPEC % "cut: fc.detach()\n  fc2: Linear(out_features=6)(fc)\n  res: fc2 + cut"
    found = finding(subject(text), PROPERTY)
    assert (found.node, found.place) == ("cut", "net.yaml:6:8")
    assert found.message.startswith("detaches its input: ")


def test_a_straight_through_estimator_is_listed() -> None:
    text = SPEC % "quantised: fc + (round(fc) - fc).detach()"
    assert finding(subject(text), PROPERTY).node == "quantised"
    listed = f"properties: {{surrogate_gradients: [quantised]}}\n{text}"
    assert outcome(subject(listed), PROPERTY).verdict == "passed"


def test_a_node_in_a_repeated_block_is_listed_once() -> None:
    text = SPEC % "layers: {op: Layer, repeat: 2}" + (
        'blocks: {Layer: {inputs: {x: "float[B, T, 6]"}, graph: {fc: Linear(out_features=6), '
        "cut: fc.detach() + x + fc}}}\n"
    )
    assert finding(subject(text), PROPERTY).node == "layers.0.cut"
    listed = f"properties: {{surrogate_gradients: [layers.cut]}}\n{text}"
    assert outcome(subject(listed), PROPERTY).verdict == "passed"


@pytest.mark.parametrize(
    "cls",
    [plugins.WrongBackward, plugins.WrongSign, plugins.HalfDetached, plugins.WithoutGrad],
)
def test_a_module_whose_gradient_is_wrong(cls: type) -> None:
    with tapped(cls) as held:
        found = finding(held, PROPERTY)
    assert (found.node, found.place) == ("tap", PLACE)
    assert found.message.startswith("has a wrong gradient: ")


def test_no_output_to_derive() -> None:
    text = (
        'inputs: {x: "float[B, 6]"}\ngraph: {fc: Linear(out_features=3), k: "argmax(fc, dim=-1)"}\n'
    )
    assert outcome(subject(text), PROPERTY).reason == "no output is floating"


def test_a_module_without_a_shape_rule_is_derived_in_double_too() -> None:
    with Plugin(plugins.Order).registered():
        text = SPEC % "tap: Order"
        assert outcome(subject(text), PROPERTY).verdict == "passed"
