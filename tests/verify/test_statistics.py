"""Scales at the start of training."""

from __future__ import annotations

import pytest
from netwright_runtime.verify.properties.statistics import PROPERTY

from tests.faults.plugins import HugeStart, NanStart
from tests.verify.subjects import finding, outcome, subject
from tests.verify.tapping import PLACE, tapped

SPEC = """inputs: {x: "float[B, 6]"}
params: {gain: 1.0, scale: 1.0}
graph:
  fc: Linear(out_features=6)
  layers: {op: Layer, repeat: 10}
  scaled: layers * gain
  out: Linear(out_features=6)
  power: out * scale
blocks:
  Layer:
    inputs: {x: "float[B, 6]"}
    graph: {fc: Linear(out_features=6), act: Tanh, %s}
"""

RESIDUAL = SPEC % "res: x + act"


def test_a_model_that_begins_well() -> None:
    assert outcome(subject(RESIDUAL), PROPERTY).verdict == "passed"


def test_a_last_layer_of_zeros_is_meant() -> None:
    text = (
        f"{RESIDUAL}init: [{{match: out.weight, with: zeros}}, {{match: out.bias, with: zeros}}]\n"
    )
    assert outcome(subject(text), PROPERTY).verdict == "passed"


@pytest.mark.parametrize("gain", [1e7, 1e-8])
def test_outputs_of_an_absurd_scale(gain: float) -> None:
    found = finding(subject(RESIDUAL, scale=gain), PROPERTY)
    assert (found.node, found.place) == ("power", "net.yaml:10:10")
    assert found.message.startswith("an output begins with a scale of ")


def test_a_large_value_is_a_warning() -> None:
    held = outcome(subject(RESIDUAL, gain=500.0), PROPERTY)
    assert held.verdict == "warned"
    assert {f.node for f in held.findings} == {"scaled"}


def test_a_gradient_that_fades() -> None:
    held = subject(SPEC % "small: act * 0.2 + 1")
    found = finding(held, PROPERTY)
    assert found.node == "fc"
    assert found.message.startswith("the gradient fades to ")


def test_a_gradient_that_grows() -> None:
    held = subject(SPEC % "large: sin(300 * act)")
    found = finding(held, PROPERTY)
    assert found.message.startswith("the gradient grows to ")


def test_weights_that_begin_without_numbers_or_too_large() -> None:
    with tapped(NanStart, features=6) as held:
        found = finding(held, PROPERTY)
    assert (found.place, found.message) == (PLACE, "gives NaN values with the initial weights")
    with tapped(HugeStart, features=6) as held:
        assert "tap" in {f.node for f in outcome(held, PROPERTY).findings}


def test_a_gradient_that_is_infinite() -> None:
    found = finding(subject(SPEC % "root: sqrt((act - x) * 0.0) + act"), PROPERTY)
    assert found.node == "layers.9.root"
    assert "is not finite" in found.message


def test_a_softmax_that_gives_all_to_one_item() -> None:
    text = (
        'inputs: {x: "float[B, T, 16]"}\n'
        "graph:\n"
        "  q: Linear(out_features=16)(x)\n"
        "  scores: q @ x.mT * 64\n"
        "  causal: arange(T)[:, None] >= arange(T)\n"
        "  masked: where(causal, scores, -inf)\n"
        "  out: softmax(masked, dim=-1) @ x\n"
    )
    found = finding(subject(text), PROPERTY)
    assert (found.node, found.message.partition(" leaves")[0]) == ("scores", "a softmax over it")
    assert outcome(subject(text.replace("* 64", "/ 4")), PROPERTY).verdict == "passed"
