"""Sets and graphs, in any order."""

from __future__ import annotations

import pytest
from netwright_runtime.verify.properties.permutations import PROPERTY

from tests.verify.subjects import finding, outcome, subject

SET = """\
inputs: {x: "float[B, N, 4]"}
graph:
  each: Linear(out_features=6)
  mixed: scaled_dot_product_attention(each, each, each)
  pooled: mixed.mean(1)
  out: Linear(out_features=3)
properties: {permutation_invariant: {over: N}}
"""
GRAPH = """\
inputs: {x: "float[N, 4]", edges: "int[2, E]", weight: "float[E]"}
graph:
  sent: Linear(out_features=6)(x)
  message: sent[edges[0]] * weight[:, None]
  arrived: zeros([N, 6]).index_add(0, edges[1], message)
  out: Linear(out_features=3)
properties:
  batch: null
  permutation_equivariant: {over: N, indices: [edges]}
  permutation_invariant: {over: E}
"""


@pytest.mark.parametrize("text", [SET, GRAPH], ids=["set", "graph"])
def test_a_model_without_order_passes(text: str) -> None:
    found = outcome(subject(text), PROPERTY)
    assert (found.verdict, found.trials) == ("passed", 5)


@pytest.mark.parametrize(
    ("text", "old", "new", "node"),
    [
        (SET, "mixed.mean(1)", "mixed[:, 0]", "pooled"),
        (SET, "(each, each, each)", "(each, each, each, is_causal=True)", "mixed"),
        (SET, "mixed.mean(1)", "(mixed * arange(N)[:, None]).mean(1)", "pooled"),
        (SET, "mixed.mean(1)", "mixed", "out"),
        (GRAPH, "edges[1], message)", "edges[1], message.cumsum(0))", "arrived"),
        (GRAPH, "sent[edges[0]]", "sent.cumsum(0)[edges[0]]", "message"),
        (GRAPH, "weight[:, None]", "(weight + arange(E))[:, None]", "message"),
    ],
)  # fmt: skip
def test_what_knows_the_order_is_named(text: str, old: str, new: str, node: str) -> None:
    assert old in text
    found = finding(subject(text.replace(old, new)), PROPERTY)
    assert found.node == node
    assert found.place


def test_numbers_of_items_have_to_be_said() -> None:
    held = subject(GRAPH.replace(", indices: [edges]", ""))
    assert finding(held, PROPERTY).node in ("message", "arrived")


def test_it_applies_to_what_claims_it() -> None:
    text = SET.replace("properties: {permutation_invariant: {over: N}}\n", "")
    assert outcome(subject(text), PROPERTY).verdict == "skipped"
