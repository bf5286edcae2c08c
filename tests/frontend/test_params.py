"""Params, inputs and outputs as written."""

from __future__ import annotations

import pytest
from netwright.ir.expr import Binary, Call, ListExpr, Literal, Name
from netwright.ir.program import Param

from tests.frontend.specs import HEAD, IMAGE, codes, sound


def param(text: str, earlier: str = "") -> Param:
    """The param `p` with the given value, used by a node so that nothing warns."""
    lines = f"params:\n{earlier}  p: {text}\n"
    module = sound(f"{HEAD}{lines}{IMAGE}graph:\n  out: ReLU\n")
    return next(p for p in module.params if p.name == "p")


@pytest.mark.parametrize(
    ("text", "type"),
    [
        ("3", "int"),
        ("3.0", "float"),
        ("1e-6", "float"),
        ("true", "bool"),
        ("mean", "str"),
        ("LayerNorm", "str"),
        ("[1, 2]", "list[int]"),
        ("[1, 2.5]", "list[float]"),
        ("[[1], [2, 3]]", "list[list[int]]"),
        ("[a, b]", "list[str]"),
    ],
)
def test_a_literal_gives_the_type_and_the_default(text: str, type: str) -> None:
    found = param(text)
    assert found.type == type
    assert found.default is not None


@pytest.mark.parametrize(
    "text", ["int", "float", "bool", "str", "module", "list[int]", "list[list[str]]"]
)
def test_a_bare_type_name_is_a_required_param(text: str) -> None:
    found = param(text)
    assert (found.type, found.default, found.optional) == (text, None, False)


def test_a_default_may_be_an_expression_over_the_params_before() -> None:
    found = param("{type: int, default: 4 * dim}", "  dim: 8\n")
    assert isinstance(found.default, Binary)
    assert found.default.span.column == 27


def test_strings_and_modules_as_defaults() -> None:
    text = param("{type: str, default: mean, choices: [mean, max]}")
    assert isinstance(text.default, Literal)
    assert text.choices == ("mean", "max")
    module = param("{type: module, default: LayerNorm(eps=1e-6)}")
    assert isinstance(module.default, Call)
    many = param('{type: "list[module]", default: [ReLU, GELU]}')
    assert isinstance(many.default, ListExpr)
    assert isinstance(many.default.items[0], Name)


@pytest.mark.parametrize("default", ["null", "None"])
def test_a_default_of_nothing_makes_a_param_optional(default: str) -> None:
    found = param(f"{{type: int, default: {default}}}")
    assert found.optional
    assert isinstance(found.default, Literal)


def test_bounds_and_documentation() -> None:
    found = param("{default: 3, min: 1, max: 4.5, doc: How many.}")
    assert (found.type, found.minimum, found.maximum, found.doc) == ("int", 1, 4.5, "How many.")


def test_inputs_and_outputs_in_both_forms() -> None:
    module = sound(
        HEAD + 'inputs:\n  a: float[B, C]\n  b: {type: "int[B]", optional: true, doc: Labels.}\n'
        "graph:\n  out: a if b is None else a * b[:, None]\n"
        'outputs: {y: out, z: {value: out + 1, type: "float[B, C]"}}\n'
    )
    assert module.model is not None
    first, second = module.model.inputs
    assert (first.optional, second.optional, second.doc) == (False, True, "Labels.")
    y, z = module.model.outputs
    assert y.type is None
    assert z.type is not None
    assert isinstance(z.value, Binary)


def test_an_unsure_param_brings_no_echoes() -> None:
    text = HEAD + "params: {p: {type: modul, default: ReLU}}\n" + IMAGE
    assert codes(text + "graph: {a: p, b: {op: p, n: 3}}\n") == [("E0109", 3, 20)]
