"""What bodies read from around them."""

from __future__ import annotations

from netwright.frontend.captures import params_read
from netwright.ir.program import InlineNode, Module

from tests.frontend.specs import HEAD, find, graph, node, sound


def captured(module: Module, path: str) -> tuple[str, ...]:
    found = node(module, path)
    assert isinstance(found, InlineNode)
    return found.captures


def test_nodes_inputs_params_and_dims_in_order_of_use() -> None:
    module = graph(
        "a: ReLU\nb:\n  graph:\n    c: Conv2d(out_channels=width, kernel_size=1)\n"
        "    d: c + a * H + x",
        "params: {width: 3}\n",
    )
    assert captured(module, "b") == ("width", "a", "H", "x")


def test_inner_blocks_read_through_outer_ones() -> None:
    module = graph("a: ReLU\nb:\n  graph:\n    c: ReLU\n    d: {graph: {e: c + a, f: e + x}}")
    assert captured(module, "b") == ("a", "x")
    assert captured(module, "b.d") == ("c", "a", "x")


def test_what_from_names_is_not_read_from_around() -> None:
    assert captured(graph("b: {from: {y: x}, graph: {c: y + 1}}"), "b") == ()


def test_a_loops_names_are() -> None:
    module = graph(
        "b:\n  each: m in [x, x]\n  graph:\n    c: m * i\n    d: {repeat: 2, graph: {e: c + i}}"
    )
    assert captured(module, "b") == ("m", "i")
    assert captured(module, "b.d") == ("c", "i")


def test_functions_modules_and_initialisers_are_not() -> None:
    module = graph(
        "b:\n  graph:\n    p: {parameter: [C], init: normal(std=s)}\n    c: ReLU\n"
        "    d: dropout(c, dropout) * p.sum()",
        "params: {dropout: 0.1, s: 0.2}\n",
    )
    assert captured(module, "b") == ("C", "s", "dropout")


def test_a_param_that_holds_a_module_is() -> None:
    module = graph("b: {graph: {c: norm(eps=1e-4)}}", "params: {norm: {type: module}}\n")
    assert captured(module, "b") == ("norm",)


def test_comprehensions_bind_their_names() -> None:
    module = graph('b: {graph: {c: "sum([n * w for n in [1, 2]])", d: x * c}}', "params: {w: 3}\n")
    assert captured(module, "b") == ("w", "x")


BLOCKS = (
    HEAD
    + "params: {dim: 8, heads: 2, norm: {type: module, default: ReLU}, unlisted: 1}\n"
    + 'inputs: {x: "float[B, dim]"}\ngraph: {out: A(heads=heads), last: out * unlisted}\n'
    + "blocks:\n  A:\n"
    + '    params: {heads: int}\n    inputs: {x: "float[B, dim]"}\n    graph:\n'
    + "      a: norm\n      b: {graph: {c: Linear(out_features=dim * heads)}}\n"
)


def test_a_block_reads_params_of_the_file() -> None:
    module = sound(BLOCKS)
    assert params_read(module.blocks["A"]) == ("dim", "norm")
    assert module.model is not None
    assert params_read(module.model) == ()


def test_inline_blocks_capture_them_too() -> None:
    inline = find(sound(BLOCKS).blocks["A"], "b")
    assert isinstance(inline, InlineNode)
    assert inline.captures == ("dim", "heads")
