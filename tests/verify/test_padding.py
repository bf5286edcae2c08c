"""Masks that hold, masks that leak, and where a mask is derived."""

from __future__ import annotations

import pytest
from netwright_runtime.verify.properties.padding import PROPERTY

from tests.verify.subjects import finding, outcome, subject

POOLED = """\
inputs: {x: "float[B, T, 6]", mask: "bool[B, T]"}
graph:
  scores: x @ x.mT
  masked: scores.masked_fill(~mask[:, None], -inf)
  mixed: softmax(masked, dim=-1) @ x
  real: mask[..., None].float()
  pooled: (mixed * real).sum(1) / real.sum(1)
  out: Linear(out_features=3)
"""
CLAIM = "properties: {padding_invariant: {mask: mask, over: T}}\n"


@pytest.mark.parametrize("claim", ["", CLAIM], ids=["derived", "claimed"])
def test_a_model_that_masks_passes(claim: str) -> None:
    found = outcome(subject(POOLED + claim), PROPERTY)
    assert (found.verdict, found.trials) == ("passed", 5)


@pytest.mark.parametrize(
    ("old", "new", "nodes"),
    [
        ("(mixed * real).sum(1)", "mixed.sum(1)", ("pooled",)),
        (".masked_fill(~mask[:, None], -inf)", ".masked_fill(~mask[:, None], -9)", ("mixed",)),
        ("softmax(masked", "softmax(scores", ("mixed",)),
        ("~mask[:, None], -inf", "~mask[:, :, None], -9e9", ("mixed",)),
    ],
)
@pytest.mark.parametrize("claim", ["", CLAIM], ids=["derived", "claimed"])
def test_what_leaks_is_named(old: str, new: str, nodes: tuple[str, ...], claim: str) -> None:
    assert old in POOLED
    found = finding(subject(POOLED.replace(old, new) + claim), PROPERTY)
    assert found.node in nodes
    assert found.place


def test_a_mask_that_is_true_for_padding() -> None:
    text = POOLED.replace("~mask[:, None]", "mask[:, None]").replace(
        "real: mask[..., None]", "real: (~mask)[..., None]"
    )
    assert outcome(subject(text), PROPERTY).verdict == "passed"
    assert finding(subject(text + CLAIM), PROPERTY).node
    held = subject(text + CLAIM.replace("over: T", "over: T, keep: false"))
    assert outcome(held, PROPERTY).verdict == "passed"


def test_a_causal_model_is_not_excused_by_its_causality() -> None:
    text = (
        'inputs: {x: "float[B, T, 6]", attention_mask: {type: "int[B, T]", optional: true}}\n'
        "graph:\n"
        "  past: ones([T, T]).bool().tril()\n"
        "  seen: past & attention_mask[:, None].bool() if attention_mask is not None else past\n"
        "  mixed: scaled_dot_product_attention(x, x, x, attn_mask=seen)\n"
        "  out: Linear(out_features=3)\n"
        "properties: {causal: {over: T}}\n"
    )
    assert outcome(subject(text), PROPERTY).verdict == "passed"
    leaking = text.replace(
        "past & attention_mask[:, None].bool()", "past | attention_mask[:, None].bool()"
    )
    assert finding(subject(leaking), PROPERTY).node == "mixed"


@pytest.mark.parametrize(
    "text",
    [
        POOLED + "properties: {padding_invariant: null}\n",
        POOLED.replace("mask:", "held:").replace("mask[", "held["),
        'inputs: {x: "float[B, 3, H]", mask: "bool[B, H]"}\ngraph: {y: "x * mask[:, None]"}\n',
    ],
    ids=["denied", "another name", "other dims"],
)
def test_it_applies_to_what_masks_padding(text: str) -> None:
    assert outcome(subject(text), PROPERTY).verdict == "skipped"


def test_a_mean_over_all_positions_feels_how_much_padding_there_is() -> None:
    text = POOLED.replace("(mixed * real).sum(1) / real.sum(1)", "(mixed * real).mean(1)")
    assert finding(subject(text + CLAIM), PROPERTY).node == "pooled"


def test_no_padding_is_appended_beyond_what_the_spec_admits() -> None:
    text = POOLED.replace("graph:", "where: [T <= 9]\ngraph:")
    assert outcome(subject(text + CLAIM), PROPERTY).verdict == "passed"
