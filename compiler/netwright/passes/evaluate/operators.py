"""Operators over numbers and tensors, comparisons, and the conditions that they make."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netwright.ir import expr as ex
from netwright.ir.dims import Dim
from netwright.ir.instance import Operate
from netwright.ir.values import Tensor, TensorList, Value, describe, first, to_type
from netwright.ops.broadcast import operator_type, unary_type
from netwright.passes import numbers
from netwright.passes.faults import fault

if TYPE_CHECKING:
    from netwright.passes.evaluate.evaluator import Evaluator


def unary(evaluator: Evaluator, expr: ex.Unary) -> Value:
    op = expr.op
    if op == "not":
        return not evaluator.condition(expr.operand)
    value = first(evaluator.value(expr.operand))
    if isinstance(value, Tensor):
        result = Tensor(evaluator.typed(expr, lambda: unary_type(op, value.type)), "", expr.span)
        evaluator.step(
            Operate(op, (value,), result, node=evaluator.frame.node, span=expr.span), result
        )
        return result
    if op == "-":
        return (
            operate(evaluator, expr, "*", value, -1)
            if isinstance(value, Dim)
            else _negative(expr, value)
        )
    if op == "+":
        return value
    fault("E0305", f"`{op}` does not apply to {describe(value)}", expr.span)


def _negative(expr: ex.Expr, value: Value) -> Value:
    if not isinstance(value, int | float):
        fault("E0305", f"`-` does not apply to {describe(value)}", expr.span)
    return -value


def binary(evaluator: Evaluator, expr: ex.Binary) -> Value:
    return operate(
        evaluator, expr, expr.op, evaluator.value(expr.left), evaluator.value(expr.right)
    )


def operate(evaluator: Evaluator, expr: ex.Expr, op: str, left: Value, right: Value) -> Value:
    left, right = first(left), first(right)
    if isinstance(left, Tensor) or isinstance(right, Tensor):
        types = (to_type(left), to_type(right))
        result = Tensor(
            evaluator.typed(expr, lambda: operator_type(op, *types), left, right), "", expr.span
        )
        evaluator.step(
            Operate(op, (left, right), result, node=evaluator.frame.node, span=expr.span), result
        )
        return result
    return evaluator.numeric(expr, lambda: numbers.operate(op, left, right))


def compare(evaluator: Evaluator, expr: ex.Compare) -> Value:
    left = first(evaluator.value(expr.left))
    rights = [first(evaluator.value(r)) for r in expr.rights]
    if len(rights) == 1 and (isinstance(left, Tensor) or isinstance(rights[0], Tensor)):
        if expr.ops[0] in ("is", "is not"):
            return (left is rights[0]) == (expr.ops[0] == "is")
        return operate(evaluator, expr, expr.ops[0], left, rights[0])
    holds = True
    for op, right in zip(expr.ops, rights, strict=True):
        pair = (left, right)
        if any(isinstance(v, Tensor | TensorList) for v in pair):
            if op not in ("is", "is not"):
                fault("E0305", "a tensor has no place in a chained comparison", expr.span)
            holds = holds and (pair[0] is pair[1]) == (op == "is")
        elif isinstance(left, tuple) and right is None:
            holds = holds and op in ("is not", "!=")
        else:
            holds = holds and evaluator.numeric(expr, lambda p=pair, o=op: numbers.relate(o, *p))
        left = right
    return holds


def bool_op(evaluator: Evaluator, expr: ex.BoolOp) -> Value:
    stop_at = expr.op == "or"
    for part in expr.values:
        holds = evaluator.condition(part)
        evaluator.frame.fact(part, "truth", holds)
        if holds == stop_at:
            return stop_at
    return not stop_at


def if_else(evaluator: Evaluator, expr: ex.IfElse) -> Value:
    holds = evaluator.condition(expr.condition)
    evaluator.frame.fact(expr, "holds", holds)
    return first(evaluator.value(expr.then if holds else expr.otherwise))
