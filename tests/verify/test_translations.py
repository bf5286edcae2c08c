"""Models that follow a shift, and what keeps them from it."""

from __future__ import annotations

import pytest
from netwright_runtime.verify.properties.translations import PROPERTY

from tests.verify.subjects import finding, outcome, subject

FOLLOWS = """\
inputs: {image: "float[B, 3, H, W]"}
graph:
  conv1: Conv2d(out_channels=4, kernel_size=3, padding=1)
  act: ReLU
  conv2: Conv2d(out_channels=4, kernel_size=3, stride=2, padding=1)
properties: {translation_equivariant: {over: [H, W], by: 2, margin: 4}}
"""
CIRCULAR = """\
inputs: {image: "float[B, 3, H, W]"}
graph:
  conv1: Conv2d(out_channels=4, kernel_size=3, padding=1, padding_mode="circular")
  act: ReLU
  pooled: mean(act, dim=[2, 3])
properties: {translation_invariant: {over: [H, W], by: 1}}
"""
POOLED = CIRCULAR.replace(', padding_mode="circular"', "").replace("by: 1", "by: 1, margin: 3")


@pytest.mark.parametrize("text", [FOLLOWS, CIRCULAR, POOLED])
def test_a_symmetric_model_passes(text: str) -> None:
    found = outcome(subject(text), PROPERTY)
    assert (found.verdict, found.trials) == ("passed", 2)


@pytest.mark.parametrize(
    ("text", "old", "new", "node"),
    [
        (FOLLOWS, "act: ReLU", "act: conv1 * arange(W)", "act"),
        (FOLLOWS, "act: ReLU", "act: conv1.flip(2)", "act"),
        (FOLLOWS, ", margin: 4", "", "conv1"),
        (FOLLOWS, "by: 2", "by: 1", "conv2"),
        (CIRCULAR, ', padding_mode="circular"', "", "conv1"),
        (CIRCULAR, "mean(act, dim=[2, 3])", "act[:, :, 0, 0]", "pooled"),
        (POOLED, "mean(act, dim=[2, 3])", "act.amax(2)[..., 3]", "pooled"),
    ],
)
def test_what_does_not_move_along_is_named(text: str, old: str, new: str, node: str) -> None:
    assert old in text
    assert finding(subject(text.replace(old, new)), PROPERTY).node == node


def test_it_applies_to_what_claims_it() -> None:
    text = FOLLOWS.partition("properties")[0]
    assert outcome(subject(text), PROPERTY).verdict == "skipped"
