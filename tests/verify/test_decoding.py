"""Decoding with a state against one pass over the whole."""

from __future__ import annotations

import pytest
from netwright_runtime.verify.properties.decoding import PROPERTY

from tests.verify.subjects import finding, outcome, subject

CACHED = """\
inputs:
  tokens: int[B, T]
  past: {type: "float[B, P, 8]", optional: true}
graph:
  before: past.shape[1] if past is not None else 0
  places: Embedding(num_embeddings=64, embedding_dim=8)(arange(before, before + T))
  words: Embedding(num_embeddings=16, embedding_dim=8)(tokens)
  x: words + places
  keys: cat([past, x], dim=1) if past is not None else x
  seen: arange(before, before + T)[:, None] >= arange(before + T)
  mixed: scaled_dot_product_attention(x, keys, keys, attn_mask=seen)
outputs: {y: mixed, present: keys}
state: {past: present}
properties: {causal: {over: T}}
"""
RECURRENT = """\
inputs:
  x: float[B, T, 3]
  h: {type: "float[1, B, 5]", optional: true}
graph:
  begun: "h if h is not None else zeros([1, B, 5])"
  rnn: {op: GRU, hidden_size: 5, batch_first: true, from: [x, begun]}
  out: Linear(out_features=2)(rnn.output)
outputs: {y: out, last: rnn.h_n}
state: {h: last}
"""


@pytest.mark.parametrize("text", [CACHED, RECURRENT], ids=["cache", "recurrent"])
def test_a_sound_state_passes(text: str) -> None:
    found = outcome(subject(text), PROPERTY)
    assert (found.verdict, found.trials) == ("passed", 3)


@pytest.mark.parametrize(
    ("old", "new", "node"),
    [
        ("(arange(before, before + T))", "(arange(T))", "places"),
        ("cat([past, x], dim=1)", "cat([x, past], dim=1)", "keys"),
        ("seen: arange(before, before + T)", "seen: arange(T)", "seen"),
        ("present: keys", "present: keys + 1.0", "mixed"),
    ],
)
def test_what_forgets_the_past_is_named(old: str, new: str, node: str) -> None:
    assert old in CACHED
    found = finding(subject(CACHED.replace(old, new)), PROPERTY)
    assert found.node == node


def test_a_state_that_is_not_used_is_caught() -> None:
    held = subject(RECURRENT.replace("h if h is", "0.5 * h if h is"))
    assert finding(held, PROPERTY).node == "rnn"


def test_it_applies_to_what_carries_state() -> None:
    text = RECURRENT.replace("state: {h: last}\n", "")
    assert outcome(subject(text), PROPERTY).reason == "the model carries no state"


def test_a_state_that_forgets_positions() -> None:
    found = finding(subject(CACHED.replace("present: keys", "present: x")), PROPERTY)
    assert found.node == "x"
    assert "positions of `T` the state `present` holds" in found.message
