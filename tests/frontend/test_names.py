"""Names that are sound: nothing is said about them. What is at fault is in `tests/errors`."""

from __future__ import annotations

import pytest
from netwright.frontend import load_text

from tests.frontend.specs import HEAD, IMAGE, codes, messages

BLOCK = (
    "blocks:\n  Deep:\n    params: {n: 2}\n    inputs:\n"
    '      x: float[B, D, H, W]\n      m: {type: "bool[B]", optional: true}\n'
)

SOUND = {
    "constants": "a: x * pi + inf if training else x",
    "dtypes": "a: zeros([B], dtype=float32).to(int64) + x.sum()",
    "a dim": "a: x * H",
    "shadowing in a level of its own": "a: ReLU\nb: {graph: {a: ReLU, c: a + x}}",
    "the same name in two levels": "a: {graph: {fc: ReLU}}\nb: {graph: {fc: ReLU}}",
    "a loop's counter": "a: {op: ReLU, repeat: 2, key: 'l{i}'}",
    "a named counter inside i": "a: {repeat: 2, graph: {b: {repeat: j in range(2),"
    " graph: {c: x * i + j}}}}",
    "i beside a list's items": "a: {repeat: 'w in [1, 2]', graph: {b: x * i + w}}",
    "a comprehension": "a: x * sum([k * 2 for k in range(3)])",
    "parameters that nothing needs": "p: {parameter: [3]}\na: ReLU",
    "an unpacked list": '"a, b": chunk(x, 2)\nc: a',
    "a chain of numbers": "n: 3\nm: n * 2\na: x * m",
    "a value for a later implicit input": "a: ReLU\nn: 3\nb: ReLU\nc: b * n",
    "integers as names": "a: {graph: {0: ReLU, 1: GELU}}",
}


@pytest.mark.parametrize("name", SOUND)
def test_nothing_is_said(name: str) -> None:
    lines = "".join(f"  {line}\n" for line in SOUND[name].split("\n"))
    loaded = load_text(f"{HEAD}{IMAGE}graph:\n{lines}", "f.yaml")
    assert messages(loaded) == []


def test_a_param_read_by_a_block_only_is_used() -> None:
    text = HEAD + "params: {width: 3}\n" + IMAGE + "graph: {a: Deep}\n" + BLOCK
    assert codes(text + "    graph: {y: x * width * n, z: y if m is None else y}\n") == []


def test_a_block_given_as_a_param_is_used() -> None:
    text = HEAD + "params: {kind: {type: module, default: Deep}}\n" + IMAGE + "graph: {a: kind}\n"
    assert codes(text + BLOCK + "    graph: {y: x * n, z: y if m is None else y}\n") == []


def test_nodes_that_are_taken_are_needed() -> None:
    text = HEAD + IMAGE + "graph: {a: {op: Deep, take: [y, z]}, b: cat(a)}\n" + BLOCK
    assert codes(text + "    graph: {y: x * n, z: ReLU()(x), last: x if m is None else x}\n") == []


def test_methods_need_nodes() -> None:
    text = HEAD + IMAGE + "graph: {a: ReLU, b: ReLU()(x)}\nmethods: {f: {outputs: {a: a}}}\n"
    assert codes(text) == []


def test_a_faulty_expression_brings_no_warning() -> None:
    text = HEAD + IMAGE + "graph: {a: ReLU, b: a +, c: ReLU()(b)}\n"
    assert codes(text) == [("E0108", 4, 23)]


def test_a_faulty_node_keeps_its_name() -> None:
    text = HEAD + IMAGE + "graph: {a: {opp: ReLU}, b: a + 1}\n"
    assert codes(text) == [("E0103", 4, 13)]


def test_a_faulty_input_keeps_its_dims_to_itself() -> None:
    text = HEAD + 'inputs: {x: "flot[B, K]"}\ngraph: {a: x * K}\n'
    assert codes(text) == [("E0207", 3, 14)]


def test_a_faulty_block_is_not_missed() -> None:
    text = (
        HEAD
        + IMAGE
        + "graph: {a: 'Deep(n=3, k=2)'}\nblocks: {Deep: {param: {k: 3}, graph: {y: ReLU}}}\n"
    )
    assert codes(text) == [("E0103", 5, 17)]


def test_independent_faults_are_all_reported() -> None:
    text = (
        HEAD + IMAGE + "graph:\n  a: Lineer\n  b: x + yy\n  c: x +\n  d: {op: ReLU, inplac: true}\n"
    )
    assert [code for code, _, _ in codes(text)] == ["E0201", "E0204", "E0108", "E0202"]
