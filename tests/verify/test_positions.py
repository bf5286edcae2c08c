"""Models that were to know the positions."""

from __future__ import annotations

import pytest
from netwright_runtime.verify.properties.positions import PROPERTY

from tests.verify.subjects import finding, outcome, subject

ENCODER = """\
inputs: {tokens: "int[B, T]"}
where: [T <= 32]
graph:
  words: Embedding(num_embeddings=64, embedding_dim=8)
  places: Embedding(num_embeddings=32, embedding_dim=8)(arange(T))
  x: words + places
  mixed: scaled_dot_product_attention(x, x, x)
  out: Linear(out_features=4)(x + mixed)
properties: {position_sensitive: {over: T}}
"""
ABSOLUTE = ENCODER.replace("over: T}", "over: T, absolute: true}")
CAUSAL = ABSOLUTE.replace("(x, x, x)", "(x, x, x, is_causal=True)")


@pytest.mark.parametrize("text", [ENCODER, ABSOLUTE, CAUSAL])
def test_a_model_with_positions_passes(text: str) -> None:
    found = outcome(subject(text), PROPERTY)
    assert (found.verdict, found.trials) == ("passed", 5)


@pytest.mark.parametrize("text", [ENCODER, ABSOLUTE, CAUSAL])
@pytest.mark.parametrize(
    ("old", "new", "nodes"),
    [
        ("arange(T)", "arange(T) * 0", ("places",)),
        ("words + places", "words + places.mean(0)", ("words", "x")),
        ("words + places", "words + 0.0 * places.sum()", ("words", "x")),
    ],
)
def test_forgotten_positions_are_missed_where_they_get_lost(
    text: str, old: str, new: str, nodes: tuple[str, ...]
) -> None:
    assert old in text
    found = finding(subject(text.replace(old, new)), PROPERTY)
    assert found.node in nodes
    assert "nothing tells the positions apart" in found.message


def test_a_causal_mask_tells_an_order_and_no_position() -> None:
    text = CAUSAL.replace("words + places", "words + places.mean(0)")
    assert finding(subject(text), PROPERTY).message.startswith("equal inputs along `T`")
    relative = text.replace(", absolute: true", "")
    assert outcome(subject(relative), PROPERTY).verdict == "passed"


def test_it_applies_to_what_claims_it() -> None:
    text = ENCODER.replace("properties: {position_sensitive: {over: T}}\n", "")
    assert outcome(subject(text), PROPERTY).verdict == "skipped"
