"""Sizes and constraints of a manifest, with numbers put in: `H // 32`, `dim % heads == 0`.

They are the language's expressions, as text. They are read by Python's parser and evaluated over an
allow-list of its syntax, never by `eval`.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any


class UnknownSize(ValueError):
    """An expression cannot be evaluated with the names at hand; the text says why."""


_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}

_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.In: lambda a, b: a in b,
    ast.NotIn: lambda a, b: a not in b,
}

_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "abs": abs, "min": min, "max": max, "len": len, "sum": sum, "round": round, "int": int,
    "ceil": math.ceil, "floor": math.floor, "sqrt": math.sqrt,
}  # fmt: skip


def evaluate(expression: int | str, names: Mapping[str, Any]) -> Any:
    """The value of `expression`, in which `names` have values.

    A name may stand for a number, a list, None, or something with a `shape`.

    Raises:
        UnknownSize: a name is unknown, or the expression holds what is no size.
    """
    if isinstance(expression, int):
        return expression
    try:
        return _value(_parsed(expression), names)
    except (ArithmeticError, IndexError, TypeError, ValueError) as fault:
        raise UnknownSize(f"`{expression}`: {fault}") from fault


@cache
def _parsed(expression: str) -> ast.expr:
    return ast.parse(expression, mode="eval").body


@cache
def names_in(expression: str) -> frozenset[str]:
    """The names that `expression` reads."""
    walked = ast.walk(_parsed(expression))
    names = {node.id for node in walked if isinstance(node, ast.Name)}
    return frozenset(names - _FUNCTIONS.keys())


def _value(node: ast.expr, names: Mapping[str, Any]) -> Any:
    match node:
        case ast.Constant(value=value):
            return value
        case ast.Name(id=name):
            if name not in names:
                raise UnknownSize(f"`{name}` has no value")
            return names[name]
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
            return _BINARY[type(op)](_value(left, names), _value(right, names))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand, names)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return not _value(operand, names)
        case ast.BoolOp(op=ast.And(), values=values):
            return all(_value(v, names) for v in values)
        case ast.BoolOp(values=values):
            return any(_value(v, names) for v in values)
        case ast.IfExp(test=test, body=body, orelse=other):
            return _value(body if _value(test, names) else other, names)
        case ast.Compare():
            return _compared(node, names)
        case ast.List(elts=items) | ast.Tuple(elts=items):
            return [_value(item, names) for item in items]
        case ast.Subscript(value=value, slice=index):
            return _value(value, names)[_value(index, names)]
        case ast.Attribute(value=value, attr="shape"):
            return _value(value, names).shape
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in _FUNCTIONS:
            return _FUNCTIONS[name](*(_value(arg, names) for arg in args))
    raise UnknownSize(f"`{ast.unparse(node)}` is no expression over sizes")


def _compared(node: ast.Compare, names: Mapping[str, Any]) -> bool:
    left = _value(node.left, names)
    for op, comparator in zip(node.ops, node.comparators, strict=True):
        right = _value(comparator, names)
        if not _COMPARE[type(op)](left, right):
            return False
        left = right
    return True
