"""Models that look ahead, and models that do not."""

from __future__ import annotations

import pytest
from netwright_runtime.verify.properties.causality import PROPERTY

from tests.verify.subjects import finding, outcome, patched, subject

ATTENTION = """\
inputs: {x: "float[B, T, 8]"}
graph:
  q: Linear(out_features=8)
  scores: q @ x.mT
  masked: where(ones([T, T]).bool().tril(), scores, -inf)
  weights: softmax(masked, dim=-1)
  mixed: weights @ x
  out: Linear(out_features=4)
properties: {causal: {over: T}}
"""
CONVOLUTION = """\
inputs: {x: "float[B, 3, T]"}
graph:
  padded: pad(x, [2, 0])
  conv: Conv1d(out_channels=4, kernel_size=3)
  halved: Conv1d(out_channels=4, kernel_size=1, stride=2)
outputs: {y: conv, z: halved}
properties: {causal: {over: T}}
"""


@pytest.mark.parametrize("text", [ATTENTION, CONVOLUTION], ids=["attention", "convolution"])
def test_a_causal_model_passes(text: str) -> None:
    found = outcome(subject(text), PROPERTY)
    assert (found.verdict, found.trials) == ("passed", 5)


@pytest.mark.parametrize(
    ("old", "new", "node"),
    [
        (".tril()", ".tril(1)", "weights"),
        (".tril()", ".triu()", "weights"),
        ("scores, -inf", "scores, -20.0", "mixed"),
        ("weights @ x", "weights @ x + x.mean(1, keepdim=True)", "mixed"),
        ("weights @ x", "weights @ x.flip(1)", "mixed"),
    ],
)
def test_what_looks_ahead_is_named(old: str, new: str, node: str) -> None:
    assert old in ATTENTION
    found = finding(subject(ATTENTION.replace(old, new)), PROPERTY)
    assert found.node == node
    assert found.place.startswith("net.yaml:")
    assert "`T` change values up to it" in found.message


def test_padding_on_both_sides_looks_ahead() -> None:
    found = finding(subject(CONVOLUTION.replace("[2, 0]", "[1, 1]")), PROPERTY)
    assert found.node in ("padded", "conv")


def test_a_running_mean_over_all_is_caught_in_integers_too() -> None:
    text = (
        'inputs: {tokens: "int[B, T]"}\n'
        "graph:\n"
        "  embed: Embedding(num_embeddings=11, embedding_dim=4)\n"
        "  out: embed - embed.amax(1, keepdim=True)\n"
        "properties: {causal: {over: T}}\n"
    )
    assert finding(subject(text), PROPERTY).node == "out"
    assert (
        outcome(subject(text.replace(".amax(1, keepdim=True)", "")), PROPERTY).verdict == "passed"
    )


def test_it_applies_to_what_claims_it() -> None:
    text = ATTENTION.replace("properties: {causal: {over: T}}\n", "")
    assert outcome(subject(text), PROPERTY).verdict == "skipped"


def test_the_emitted_source_is_not_what_it_runs() -> None:
    """That is the property `back_ends`: here the graph is held to the claim."""
    held = patched(subject(ATTENTION), ".tril()", ".triu()")
    assert outcome(held, PROPERTY).verdict == "passed"
