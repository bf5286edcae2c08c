"""A batch against its samples one by one."""

from __future__ import annotations

from netwright_runtime.verify.properties.batching import PROPERTY

from tests.faults.plugins import BatchCount, Squeezing
from tests.verify.subjects import finding, outcome, subject
from tests.verify.tapping import PLACE, tapped

SPEC = """inputs: {x: "float[B, T, 6]"}
graph:
  fc: Linear(out_features=6)
  %s
  out: Linear(out_features=2)
"""


def test_a_batch_is_its_samples() -> None:
    text = SPEC % "act: softmax(fc, dim=-1)"
    assert outcome(subject(text), PROPERTY).verdict == "passed"


def test_random_numbers_are_those_of_the_batch() -> None:
    text = SPEC % "noisy: fc + randn_like(fc)"
    assert outcome(subject(text), PROPERTY).verdict == "passed"


def test_values_that_cancel_to_zero_are_no_difference() -> None:
    text = SPEC % "zero: (fc - (fc * 3.0) / 3.0) * 10.0"
    assert outcome(subject(text), PROPERTY).verdict == "passed"


def test_a_scale_that_counts_samples() -> None:
    found = finding(subject(SPEC % "scaled: fc / B"), PROPERTY)
    assert (found.node, found.place) == ("scaled", "net.yaml:6:11")
    assert "differ by 0.5" in found.message


def test_the_first_node_that_mixes_is_named() -> None:
    text = SPEC % "mean: mean(fc, dim=0)\n  centred: fc - mean"
    assert finding(subject(text), PROPERTY).node == "centred"


def test_a_module_that_counts_samples() -> None:
    with tapped(BatchCount) as held:
        found = finding(held, PROPERTY)
    assert (found.node, found.place) == ("tap", PLACE)


def test_a_module_that_drops_a_batch_of_one() -> None:
    with tapped(Squeezing) as held:
        assert finding(held, PROPERTY).node == "tap"


def test_no_batch() -> None:
    text = SPEC.replace("inputs", "properties: {batch: null}\ninputs") % "act: ReLU"
    assert outcome(subject(text), PROPERTY).reason == "the model has no batch dim"


def test_no_single_sample() -> None:
    text = "where: [B % 2 == 0]\n" + SPEC % "act: ReLU"
    assert outcome(subject(text), PROPERTY).reason == "`where` admits no single sample of `B`"
