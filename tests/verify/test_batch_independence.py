"""What mixes the samples of a batch is found where it happens."""

from __future__ import annotations

import pytest
from netwright_runtime.verify.properties.batch_independence import PROPERTY

from tests.verify.subjects import finding, outcome, subject

INPUT = 'inputs: {x: "float[B, T, 6]"}\n'


def test_samples_that_stay_apart() -> None:
    text = f"{INPUT}graph: {{a: Linear(out_features=5), b: LayerNorm, c: GELU}}\n"
    assert outcome(subject(text), PROPERTY).verdict == "passed"


@pytest.mark.parametrize(
    ("node", "text"),
    [
        ("mix", "mix: softmax(a, dim=0)"),
        ("mix", "mix: a - mean(a, dim=0)"),
        ("mix", "mix: cumsum(a, dim=0)"),
        ("mix", "mix: MultiheadAttention(num_heads=1, batch_first=False)(a, a, a)"),
    ],
)
def test_what_mixes_is_named(node: str, text: str) -> None:
    found = finding(subject(f"{INPUT}graph:\n  a: Linear(out_features=5)\n  {text}\n"), PROPERTY)
    assert found.node == node
    assert "batch: null" in found.help


def test_integers_are_changed_too() -> None:
    text = """inputs: {tokens: "int[B, T]"}
graph:
  embed: Embedding(num_embeddings=9, embedding_dim=4)
  mix: embed - roll(embed, 1, dims=0)
"""
    assert finding(subject(text), PROPERTY).node == "mix"


def test_a_spec_may_have_no_batch() -> None:
    text = f"{INPUT}graph:\n  mix: softmax(x, dim=0)\nproperties: {{batch: null}}\n"
    assert outcome(subject(text), PROPERTY).verdict == "skipped"
