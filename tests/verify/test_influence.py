"""Steps that cancel, and columns of inputs that nothing reads."""

from __future__ import annotations

import pytest
from netwright_runtime.verify.properties.influence import PROPERTY

from tests.verify.subjects import finding, outcome, subject

TABLE = """\
inputs: {x: "float[B, 3]", kind: "int[B, 2]"}
graph:
  wide: Linear(out_features=4)(x)
  first: Embedding(num_embeddings=5, embedding_dim=4)(kind[:, 0])
  second: Embedding(num_embeddings=5, embedding_dim=4)(kind[:, 1])
  out: wide + first * second
"""
WALKED = """\
inputs: {x: "float[B, T, 4]"}
graph:
  start: zeros([B, 4])
  cell:
    scan: x_t in x over T
    from: {h: start, x_t: x_t}
    graph:
      fc: Linear(out_features=4)(cat([x_t, h], dim=-1))
      kept: tanh(fc)
    outputs: {h: kept, trace: kept}
outputs: {trace: cell.trace}
"""
CACHED = """\
inputs:
  x: float[B, T, 4]
  past: {type: "float[2, B, P, 4]", optional: true}
graph:
  keys: cat([past[0], x], dim=1) if past is not None else x
  values: cat([past[1], x], dim=1) if past is not None else x
  mixed: scaled_dot_product_attention(x, keys, values)
outputs: {mixed: mixed, present: "stack([keys, values])"}
state: {past: present}
"""


@pytest.mark.parametrize("text", [TABLE, WALKED, CACHED], ids=["table", "walked", "cached"])
def test_all_that_counts_passes(text: str) -> None:
    assert outcome(subject(text), PROPERTY).verdict == "passed"


@pytest.mark.parametrize(
    ("old", "new", "node"),
    [
        ("wide + first", "wide * 0 + first", "out"),
        ("wide + first", "(wide - wide) + first", "out"),
        ("first * second", "0.0 * first + second", "out"),
    ],
)
def test_a_step_that_cancels(old: str, new: str, node: str) -> None:
    found = finding(subject(TABLE.replace(old, new)), PROPERTY)
    assert (found.node, found.message.partition(":")[0]) == (node, "gives zeros whatever it gets")
    assert found.place.startswith("net.yaml:")


def test_a_step_that_cancels_in_a_walk() -> None:
    found = finding(subject(WALKED.replace("[x_t, h]", "[x_t, h * 0]")), PROPERTY)
    assert found.node == "cell.fc"


def test_positions_that_are_all_the_first() -> None:
    text = TABLE.replace("wide + first", "wide + (arange(3) * 0)[0] + first")
    assert finding(subject(text), PROPERTY).node == "out"


@pytest.mark.parametrize(
    ("text", "old", "new", "node", "column"),
    [
        (TABLE, "kind[:, 1]", "kind[:, 0]", "kind", "index 1 along axis 1 of the input `kind`"),
        (TABLE, "=4)(x)", "=4)(x[:, :2])", "x", "index 2 along axis 1 of the input `x`"),
        (CACHED, "x, keys, values", "x, values, values", "keys", "index 0 along axis 0"),
    ],
)
def test_a_column_that_nothing_reads(text: str, old: str, new: str, node: str, column: str) -> None:
    assert old in text
    found = finding(subject(text.replace(old, new)), PROPERTY)
    assert (found.node, column in found.message) == (node, True)


def test_a_mask_that_leaves_nothing_out_by_chance_is_no_fault() -> None:
    text = (
        'inputs: {x: "float[B, T, 4]", mask: "bool[B, T]"}\n'
        "graph: {out: 'x + x * (1 - mask[..., None].float())'}\n"
    )
    assert outcome(subject(text), PROPERTY).verdict == "passed"
