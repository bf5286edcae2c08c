"""Nodes: which form means which node."""

from __future__ import annotations

import pytest
from netwright.ir.expr import Call, IfElse, Index, ListExpr, Literal, Name
from netwright.ir.program import (
    BufferNode,
    ExprNode,
    InlineNode,
    KeyPart,
    ModuleNode,
    Node,
    ParameterNode,
)

from tests.frontend.specs import HEAD, codes, graph, node, sound


def module_node(found: Node) -> ModuleNode:
    assert isinstance(found, ModuleNode), found
    return found


def literal(expr: object) -> object:
    assert isinstance(expr, Literal), expr
    return expr.value


def test_a_bare_module_takes_the_running_value() -> None:
    found = module_node(node(graph("act: ReLU"), "act"))
    assert isinstance(found.callee, Name)
    assert found.callee.id == "ReLU"
    assert found.given.implicit
    assert not found.args


def test_arguments_by_name() -> None:
    found = module_node(node(graph("c: Conv2d(out_channels=8, kernel_size=3)"), "c"))
    assert {k: literal(v) for k, v in found.args.items()} == {"out_channels": 8, "kernel_size": 3}
    assert found.arg_spans["kernel_size"].column == 29


def test_inputs_in_brackets_of_their_own() -> None:
    module = graph("""
a: ReLU()(x)
b: Bilinear(out_features=3)(a, input2=x)
""")
    a, b = module_node(node(module, "a")), module_node(node(module, "b"))
    assert not a.given.implicit
    assert len(a.given.positional) == 1
    assert list(b.given.named) == ["input2"]


def test_the_long_form_is_the_short_one() -> None:
    module = graph("""
a: Conv2d(out_channels=8, kernel_size=3, padding="same", padding_mode="reflect")(x)
b: {op: Conv2d, out_channels: 8, kernel_size: 3, padding: same, padding_mode: reflect, from: x}
""")
    a, b = module_node(node(module, "a")), module_node(node(module, "b"))
    assert {k: literal(v) for k, v in a.args.items()} == {k: literal(v) for k, v in b.args.items()}
    assert not b.given.implicit


def test_a_word_that_is_no_choice_is_an_expression() -> None:
    module = graph(
        "a: {op: Conv2d, out_channels: 8, kernel_size: 3, padding: p}", "params: {p: 1}\n"
    )
    assert isinstance(module_node(node(module, "a")).args["padding"], Name)


def test_strings_of_blocks_are_literal() -> None:
    module = sound(
        HEAD
        + 'inputs: {x: "float[B, C]"}\ngraph:\n  a: {op: Pool, kind: mean, size: C}\n'
        + "blocks:\n  Pool:\n    params: {kind: str, size: int}\n"
        + '    inputs: {x: "float[B, D]"}\n    graph: {out: x * size if kind == "mean" else x}\n'
    )
    found = module_node(node(module, "a"))
    assert literal(found.args["kind"]) == "mean"
    assert isinstance(found.args["size"], Name)


def test_yaml_values_are_literals() -> None:
    module = graph("a: {op: Conv2d, out_channels: 8, kernel_size: [3, 1], bias: false, padding: 1}")
    args = module_node(node(module, "a")).args
    assert isinstance(args["kernel_size"], ListExpr)
    assert literal(args["bias"]) is False


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("x + 1", ExprNode),
        ("relu(x)", ExprNode),
        ("x.mean(1)", ExprNode),
        ("8", ExprNode),
        ("[1, 2]", ExprNode),
        ("x", ExprNode),
        ("None", ExprNode),
        ("GELU", ModuleNode),
        ("GELU()", ModuleNode),
        ("GELU()(x)", ModuleNode),
        ("norm", ModuleNode),
        ("norm()", ModuleNode),
        ("norms[0]", ModuleNode),
        ("norm if width > 2 else Identity", ModuleNode),
        ("{parameter: [3]}", ParameterNode),
        ('{buffer: "arange(3)"}', BufferNode),
        ("{graph: {b: ReLU}}", InlineNode),
    ],
)
def test_forms(text: str, kind: type[Node]) -> None:
    params = "params: {width: 3, norm: {type: module, default: ReLU}, "
    params += 'norms: {type: "list[module]", default: [ReLU, GELU]}}\n'
    assert isinstance(node(graph(f"a: {text}", params), "a"), kind)


def test_a_node_is_called_again() -> None:
    module = graph("""
fc: Linear(out_features=3)
again: fc(x)
weight: fc.weight
""")
    again = node(module, "again")
    assert isinstance(again, ExprNode)
    assert isinstance(again.value, Call)
    assert isinstance(node(module, "weight"), ExprNode)


def test_a_node_may_bear_its_ops_name() -> None:
    module = graph("LayerNorm: LayerNorm(eps=1e-6)\nafter: LayerNorm(x)")
    assert isinstance(node(module, "LayerNorm"), ModuleNode)
    assert isinstance(node(module, "after"), ExprNode)


def test_a_dim_does_not_hide_a_block_that_is_called() -> None:
    module = sound(
        HEAD + 'inputs: {x: "float[B, C]"}\ngraph: {out: B()}\n'
        'blocks:\n  B: {inputs: {x: "float[N, D]"}, graph: {out: ReLU}}\n'
    )
    assert isinstance(node(module, "out"), ModuleNode)


def test_several_targets() -> None:
    found = node(graph('"q, k": chunk(x, 2, dim=1)'), "q, k")
    assert isinstance(found, ExprNode)
    assert found.targets == ("q", "k")


def test_callees_are_names_members_items_and_choices() -> None:
    module = graph(
        "a: norms[1]\nb: ReLU if width > 2 else GELU",
        'params: {width: 3, norms: {type: "list[module]", default: [ReLU, GELU]}}\n',
    )
    assert isinstance(module_node(node(module, "a")).callee, Index)
    assert isinstance(module_node(node(module, "b")).callee, IfElse)


def test_an_op_may_be_partly_applied_in_the_long_form() -> None:
    found = module_node(node(graph("a: {op: LayerNorm(eps=1e-6), bias: false}"), "a"))
    assert {k: literal(v) for k, v in found.args.items()} == {"eps": 1e-6, "bias": False}


def test_from_takes_an_expression_a_list_or_a_mapping() -> None:
    module = graph("""
a: {op: ReLU, from: x + 1}
b: {op: Bilinear, out_features: 3, from: [a, x]}
c: {op: Bilinear, out_features: 3, from: {input1: a, input2: x}}
""")
    given = [module_node(node(module, name)).given for name in "abc"]
    assert [len(g.positional) for g in given] == [1, 2, 0]
    assert list(given[2].named) == ["input1", "input2"]


def test_parameters_and_buffers() -> None:
    module = graph("""
p: {parameter: [1, C], init: trunc_normal(std=0.02), key: pos, frozen: true}
b: {buffer: "arange(3)", persistent: false}
out: x + p.sum() + b.sum()
""")
    p, b = node(module, "p"), node(module, "b")
    assert isinstance(p, ParameterNode)
    assert isinstance(p.init, Call)
    assert p.control.frozen is not None
    assert isinstance(b, BufferNode)
    assert b.persistent is False


def test_an_inline_block_has_the_inputs_that_from_names() -> None:
    module = graph("""
a: {graph: {b: ReLU}, from: {y: x}}
c: {graph: {d: ReLU}, from: x}
""")
    a, c = node(module, "a"), node(module, "c")
    assert isinstance(a, InlineNode)
    assert isinstance(c, InlineNode)
    assert [i.name for i in a.block.inputs] == ["y"]
    assert a.block.inputs[0].type.dtype == ""
    assert not c.block.inputs


def loop(text: str) -> tuple[object, ...]:
    found = node(graph(f"a: {{op: ReLU, {text}}}"), "a")
    assert found.control.loop is not None
    control = found.control.loop
    return control.kind, control.targets, control.over, control.collect


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("repeat: 3", ("repeat", (), None, False)),
        ("repeat: H // 2", ("repeat", (), None, False)),
        ("repeat: j in range(3)", ("repeat", ("j",), None, False)),
        ("repeat: 3, collect: true", ("repeat", (), None, True)),
        ('each: "m in [x, x]", from: m', ("each", ("m",), None, False)),
        ('each: "m, n in zip([x], [x])", from: m + n', ("each", ("m", "n"), None, False)),
        ("scan: x_t in x over H, from: x_t", ("scan", ("x_t",), "H", False)),
        ('scan: "a_t, b_t in zip(x, x) over H", from: a_t', ("scan", ("a_t", "b_t"), "H", False)),
    ],
)
def test_loops(text: str, expected: tuple[object, ...]) -> None:
    assert loop(text) == expected


def test_a_loops_iterable_has_its_place() -> None:
    found = node(graph("a: {op: ReLU, scan: x_t in x over H, from: x_t}"), "a")
    assert found.control.loop is not None
    assert found.control.loop.iterable.span.column == 30


def test_control_keys() -> None:
    module = graph("""
a:
  op: ReLU
  repeat: 2
  when: H > 3
  else: x * 2
  key: "blocks.{i + 1}.act"
  frozen: false
  checkpoint: H > 2
  doc: Rectifies.
b: {op: ReLU, repeat: 2, shared: true}
""")
    control = node(module, "a").control
    assert control.when is not None
    assert control.otherwise is not None
    assert not control.shared
    assert node(module, "b").control.shared
    assert control.frozen is None
    assert control.checkpoint is not None
    assert control.doc == "Rectifies."
    assert control.key is not None
    assert [part.text for part in control.key] == ["blocks.", "", ".act"]
    place = control.key[1].expr
    assert place is not None
    assert (place.span.line, place.span.column) == (10, 19)


def test_an_empty_key_adds_no_level() -> None:
    assert node(graph('a: {op: ReLU, key: ""}'), "a").control.key == ()


def test_a_key_may_be_a_number() -> None:
    key = node(graph("a: {op: ReLU, key: 0}"), "a").control.key
    assert key is not None
    assert isinstance(key[0], KeyPart)
    assert key[0].text == "0"


def test_take_is_one_path_or_several() -> None:
    module = sound(
        HEAD + 'inputs: {x: "float[B, C]"}\ngraph:\n'
        "  a: {op: N, take: r.1}\n  b: {op: N, take: [r, s], from: a}\n  c: b[0]\n"
        'blocks: {N: {inputs: {x: "float[B, D]"}, graph: {r: ReLU, s: ReLU}}}\n'
    )
    a, b = node(module, "a").control, node(module, "b").control
    assert (a.take, a.single_take) == (("r.1",), True)
    assert (b.take, b.single_take) == (("r", "s"), False)


def test_a_repeated_argument_is_reported_once() -> None:
    text = (
        HEAD + 'inputs: {x: "float[B, C]"}\ngraph:\n  a: {op: ReLU(inplace=True), inplace: true}\n'
    )
    assert codes(text) == [("E0202", 5, 31)]
