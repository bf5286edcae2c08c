"""The most memory that a call takes at once, as predicted from the spec."""

from __future__ import annotations

import pytest
from netwright import load
from netwright.driver.peak import peak_bytes

from .specs import written

HEAD = 'netwright: 1\nmodel: Net\ninputs: {x: "float[B, T, 8]"}\ngraph:\n'


@pytest.mark.parametrize(
    ("graph", "rows"),
    [
        ("a: relu(x)\n  b: relu(a)\n  c: relu(b)", 2),
        ("a: relu(x)\n  b: relu(a)\n  c: relu(b)\n  d: c + a", 3),
        ("a: Dropout\n  b: Identity\n  c: relu(b)", 1),
        ("a: relu(x)\n  b: a.transpose(1, 2)\n  c: b.transpose(1, 2)\n  d: c + 1", 2),
        ("a: relu(x)\n  b: a.reshape([B * T, 8])\n  c: b + 1", 2),
        ("a: relu(x)\n  b: a.transpose(0, 1).reshape([B * T, 8])\n  c: b.sum()", 2),
        ("a: relu(x)\n  b: a[:, :1]\n  c: b[:, :, :0]", 1),
    ],
)
def test_values_live_from_where_they_are_made_to_their_last_use(tmp_path, graph, rows):
    path = written(tmp_path, f"{HEAD}  {graph}\n")
    instance = load(path).elaborate().primary
    one = 2 * 3 * 8 * 4
    assert peak_bytes(instance, {"B": 2, "T": 3}) // one == rows


LAYERS = """  layers: {op: Layer, repeat: 5}
blocks:
  Layer:
    inputs: {x: "float[B, T, 8]"}
    graph: {wide: Linear(out_features=32), act: ReLU, out: Linear(out_features=8)}
"""


def test_blocks_and_loops_are_walked_in_the_order_of_their_calls(tmp_path):
    instance = load(written(tmp_path, HEAD + LAYERS)).elaborate().primary
    rows = 2 * 3 * 4
    assert peak_bytes(instance, {"B": 2, "T": 3}) == rows * (32 + 32)
