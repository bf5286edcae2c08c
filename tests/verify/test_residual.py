"""Residuals that are there, and residuals that were forgotten."""

from __future__ import annotations

import pytest
from netwright_runtime.verify.properties.residual import PROPERTY

from tests.verify.subjects import finding, outcome, subject

BLOCKS = """\
inputs: {x: "float[B, T, 8]"}
graph:
  layers: {op: Layer, repeat: 2}
  out: Linear(out_features=3)
properties: {residual: [layers]}
blocks:
  Layer:
    inputs: {x: "float[B, T, C]"}
    graph:
      norm1: LayerNorm
      q: Linear(out_features=C)(norm1)
      mixed: scaled_dot_product_attention(q, norm1, norm1)
      proj: Linear(out_features=C)
      res1: x + proj
      norm2: LayerNorm
      fc1: Linear(out_features=16)
      act: GELU
      fc2: Linear(out_features=C)
      res2: res1 + fc2
"""
NORMED = """\
inputs: {x: "float[B, 4, H]"}
graph:
  block:
    graph:
      direction: {parameter: [4, 4], init: normal(std=1.0)}
      gain: {parameter: [4, 1], init: ones}
      unit: direction / direction.norm(dim=1, keepdim=True)
      out: x + (gain * unit) @ x
properties: {residual: [block]}
"""


@pytest.mark.parametrize("text", [BLOCKS, NORMED], ids=["transformer", "weight norm"])
def test_a_residual_block_passes(text: str) -> None:
    found = outcome(subject(text), PROPERTY)
    assert (found.verdict, found.trials) == ("passed", 2)


@pytest.mark.parametrize(
    ("old", "new", "node"),
    [
        ("res1: x + proj", "res1: 1.0 * proj", "layers.0.res1"),
        ("res1: x + proj", "res1: norm1 + proj", "layers.0.res1"),
        ("res1: x + proj", "res1: x * proj", "layers.0.res1"),
        ("res2: res1 + fc2", "res2: 1.0 * fc2", "layers.0.res2"),
        ("res2: res1 + fc2", "res2: norm2 + fc2", "layers.0.res2"),
        ("res2: res1 + fc2", "res2: 0.5 * (res1 + fc2)", "layers.0.res2"),
    ],
)
def test_a_forgotten_residual_is_missed_where_the_sum_was_to_be(
    old: str, new: str, node: str
) -> None:
    assert old in BLOCKS
    found = finding(subject(BLOCKS.replace(old, new)), PROPERTY)
    assert found.node == node
    assert found.place.startswith("net.yaml:")


POST_NORM = """\
inputs: {x: "float[B, T, 8]"}
graph: {layers: {op: Layer, repeat: 2}}
properties: {residual: [layers]}
blocks:
  Layer:
    inputs: {x: "float[B, T, C]"}
    graph:
      fc1: Linear(out_features=C)(x)
      res1: x + fc1
      norm1: LayerNorm
      fc2: Linear(out_features=C)
      act: GELU
      res2: norm1 + act
      norm2: LayerNorm
"""


def test_a_block_may_norm_its_sums() -> None:
    assert outcome(subject(POST_NORM), PROPERTY).verdict == "passed"


@pytest.mark.parametrize(
    ("old", "new", "node"),
    [
        ("res1: x + fc1", "res1: 1.0 * fc1", "layers.0.res1"),
        ("res2: norm1 + act", "res2: 1.0 * act", "layers.0.res2"),
        ("res2: norm1 + act", "res2: act", "layers.0.act"),
    ],
)
def test_a_forgotten_residual_before_a_norm(old: str, new: str, node: str) -> None:
    assert old in POST_NORM
    assert finding(subject(POST_NORM.replace(old, new)), PROPERTY).node == node


def test_a_norm_within_a_block_that_ends_in_a_sum_is_no_residual() -> None:
    text = BLOCKS.replace("res1: x + proj", "res1: LayerNorm()(x + proj)")
    assert finding(subject(text), PROPERTY).node == "layers.0.res2"


def test_a_sum_that_the_next_one_leaves_out() -> None:
    found = finding(subject(BLOCKS.replace("res1 + fc2", "x + fc2")), PROPERTY)
    assert found.node == "layers.0.res2"
    assert "leaves out the sum `layers.0.res1`" in found.message


def test_a_block_that_changes_the_type_is_no_residual() -> None:
    text = BLOCKS.replace("residual: [layers]", "residual: [out]")
    assert "gives nothing of the type" in finding(subject(text), PROPERTY).message


def test_it_applies_to_what_claims_it() -> None:
    text = BLOCKS.replace("properties: {residual: [layers]}\n", "")
    assert outcome(subject(text), PROPERTY).verdict == "skipped"
