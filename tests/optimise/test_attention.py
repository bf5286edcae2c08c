"""Attention that is written out, recognised."""

from __future__ import annotations

import pytest
import torch
from netwright_runtime.optimise.optimising import optimised_graph

from tests.optimise.models import fired, inputs, kinds, lively, optimised, spec

SIZES = {"B": 2, "T": 5, "S": 4}
HEAD = """inputs:
  q: float[B, 2, T, 8]
  k: float[B, 2, S, 8]
  v: float[B, 2, S, 6]
  bias: float[2, T, S]
  hidden: bool[T, S]
graph:
"""
PRODUCT = "q @ k.transpose(-2, -1)"
SOME = "hidden & (arange(S) > 0)"


def attention(scores: str, rest: str = "weights @ v") -> str:
    return f"""{HEAD}  scores: {scores}
  weights: softmax(scores, dim=-1)
  out: {rest} + 0 * (bias.sum() + hidden.sum())
"""


@pytest.mark.parametrize(
    ("scores", "said"),
    [
        (PRODUCT, "one call, scale 1"),
        (f"({PRODUCT}) / 8 ** 0.5", "one call, scale 0.353553"),
        (f"0.5 * ({PRODUCT}) * 0.5", "one call, scale 0.25"),
        ("(q * 0.3) @ k.permute([0, 1, 3, 2])", "one call, scale 1"),
        ("matmul(q, k.transpose(2, 3)) * 0.5 + bias", "one call with a mask, scale 0.5"),
        (f"bias + ({PRODUCT}) + bias[:1]", "one call with a mask, scale 1"),
        (f"({PRODUCT}).masked_fill({SOME}, -inf)", "one call with a mask, scale 1"),
        (f"where(hidden, ({PRODUCT}) * 0.5, -inf)", "one call with a mask, scale 0.5"),
        (f"where(hidden, -1e38, ({PRODUCT}) * 0.5 + bias)", "one call with a mask, scale 0.5"),
        (f"(({PRODUCT}) + bias).masked_fill({SOME}, -inf)", "one call with a mask, scale 1"),
    ],
)  # fmt: skip
def test_it_becomes_one_call(scores: str, said: str) -> None:
    found = spec(attention(scores))
    graph, report = optimised(found, SIZES, {"B": 1, "T": 3, "S": 6})
    (change,) = report.fired[0].changes
    assert (report.fired[0].name, change.where, change.what) == ("attention", "out", said)
    assert "scaled_dot_product_attention" in kinds(graph)
    assert not {"softmax", "matmul", "masked_fill"} & set(kinds(graph))


def test_a_row_in_which_everything_is_hidden_gives_zeros() -> None:
    found = spec(attention(f"({PRODUCT}).masked_fill(hidden | True, -inf)"))
    model = lively(found)
    graph, _ = optimised_graph(found, model, 2)
    called = inputs(graph, SIZES)
    assert model(**called).isnan().all()
    assert torch.equal(graph(**called), torch.zeros(2, 2, 5, 6, dtype=torch.float64))


def test_a_module_that_takes_the_softmax_and_dropout_after_it() -> None:
    found = spec(f"""{HEAD}  scores: {PRODUCT}
  weights: Softmax(dim=-1)
  drop: Dropout
  out: drop @ v + 0 * (bias.sum() + hidden.sum())
""")
    graph, report = optimised(found, SIZES)
    assert fired(report) == {"identities": ["drop"], "attention": ["out"]}
    assert kinds(graph)[:1] == ["scaled_dot_product_attention"]


@pytest.mark.parametrize(
    "text",
    [
        attention(f"(({PRODUCT}) + bias) * 0.5"),
        attention(f"({PRODUCT}) * bias"),
        attention(f"({PRODUCT}).masked_fill(hidden, -1e4)"),
        attention(PRODUCT, "dropout(weights, 0.5, training=True) @ v"),
        attention(PRODUCT, "weights @ v + weights.sum()"),
        attention(PRODUCT).replace("dim=-1", "dim=-2"),
        attention(PRODUCT, "(weights + 1) @ v"),
        attention(PRODUCT).replace("k: float[B, 2, S, 8]", "k: float[2, S, 8]"),
    ],
    ids=["scale after a mask", "learned scale", "hidden but not lost", "dropout", "weights read",
         "other axis", "arithmetic on weights", "broadcast keys"],
)  # fmt: skip
def test_it_stays(text: str) -> None:
    _, report = optimised(spec(text), SIZES)
    assert "attention" not in fired(report)
