"""Operators over tensors and numbers, against torch."""

from __future__ import annotations

import operator
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from netwright.ir.dims import evaluate, symbol
from netwright.ir.types import TensorType
from netwright.ops.broadcast import (
    ARITHMETIC,
    BITWISE,
    COMPARISONS,
    broadcast,
    operator_type,
    unary_type,
)  # fmt: skip
from netwright.ops.entry import OpError

from tests.ops.strategies_functions import against, operand, tensor
from tests.ops.test_functions_rules import NAMES, REFUSALS, VALUES, to_torch, witnessed

OPERATORS = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv,
    "//": operator.floordiv, "%": operator.mod, "**": operator.pow, "@": operator.matmul,
    "&": operator.and_, "|": operator.or_, "^": operator.xor,
    "<<": operator.lshift, ">>": operator.rshift,
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le,
    ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
UNARY = {"-": operator.neg, "+": operator.pos, "~": operator.invert}
EXAMPLES = settings(max_examples=60, deadline=None, derandomize=True, database=None)
B, T = symbol("B"), symbol("T")


def result_of(compute: Any, *values: Any) -> tuple[str, tuple[int, ...]] | None:
    """dtype and shape of a result of real tensors, None where torch refuses."""
    try:
        result = compute(*[ones(value) for value in values])
    except REFUSALS:
        return None
    name = NAMES.get(result.dtype, str(result.dtype).removeprefix("torch."))
    return name, tuple(result.shape)


def ones(value: Any) -> Any:
    """A tensor of ones, since integers do not divide by zero."""
    found = to_torch(value, "cpu")
    return torch.ones_like(found) if isinstance(found, torch.Tensor) else found


def rule_of(compute: Any) -> tuple[str, tuple[int, ...]] | None:
    try:
        result = compute()
    except OpError:
        return None
    return result.dtype, tuple(evaluate(d, VALUES) for d in result.shape)


def with_symbols(value: Any) -> Any:
    if not isinstance(value, TensorType):
        return value
    return TensorType(value.dtype, tuple(witnessed(int(str(d))) for d in value.shape))


def test_all_operators_are_tested() -> None:
    assert set(OPERATORS) == {*ARITHMETIC, *BITWISE, *COMPARISONS, "@"}


@pytest.mark.parametrize("op", sorted(OPERATORS))
def test_operator(op: str) -> None:
    @EXAMPLES
    @given(st.data())
    def agrees(data: st.DataObject) -> None:
        x = tensor(data.draw, dtype=data.draw(st.sampled_from(["float", "int", "bool", "int32"])))
        other = operand(data.draw, x.shape)
        if op == "**" and other is True:
            other = 2
        pair = (other, x) if data.draw(st.booleans()) else (x, other)
        expected = result_of(OPERATORS[op], *pair)
        assert rule_of(lambda: operator_type(op, *pair)) == expected, pair
        symbolic = [with_symbols(value) for value in pair]
        assert rule_of(lambda: operator_type(op, *symbolic)) == expected, pair

    agrees()


@pytest.mark.parametrize("op", sorted(UNARY))
@pytest.mark.parametrize("dtype", ["float", "int", "bool", "int32", "float16"])
def test_unary(op: str, dtype: str) -> None:
    x = TensorType(dtype, (2, 3))
    assert rule_of(lambda: unary_type(op, x)) == result_of(UNARY[op], x)


@EXAMPLES
@given(st.data())
def test_broadcast(data: st.DataObject) -> None:
    shape = tuple(data.draw(st.lists(st.integers(1, 4), max_size=4)))
    shapes = [shape, against(data.draw, shape), against(data.draw, shape)]
    try:
        expected = tuple(torch.broadcast_shapes(*shapes))
    except RuntimeError:
        expected = None
    try:
        found = broadcast(*shapes)
    except OpError:
        found = None
    assert found == expected


def test_sizes_that_may_differ_do_not_broadcast() -> None:
    with pytest.raises(OpError) as caught:
        broadcast((B, T, 4), (B, symbol("S"), 4))
    assert caught.value.code == "E0303"
    assert caught.value.message == "shapes [B, T, 4] and [B, S, 4] do not broadcast"
    assert caught.value.help == (
        "if they are equal, give them the same name or add `where: [T == S]`"
    )


def test_the_build_decides_the_float_of_an_integer() -> None:
    ints = TensorType("int", (B,))
    assert operator_type("/", ints, 2).dtype == "float"
    assert operator_type("*", ints, 0.5).dtype == "float"
    half = TensorType("float16", (B,))
    assert operator_type("*", half, 0.5).dtype == "float16"
    assert operator_type("*", half, TensorType("float", ())).dtype == "float16"


def test_a_number_is_no_matrix() -> None:
    with pytest.raises(OpError) as caught:
        operator_type("@", TensorType("float", (B, T)), 2)
    assert (caught.value.code, caught.value.help) == ("E0305", "use `*` with a number")
