"""An op of the table applied to values: its arguments bound, its result typed, its step noted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from netwright.ir import expr as ex
from netwright.ir.instance import Apply
from netwright.ir.types import TensorType
from netwright.ir.values import Tensor, Value, first, tensors, to_type
from netwright.ops import einops
from netwright.ops.binding import bind
from netwright.ops.entry import FunctionOp
from netwright.ops.table import FUNCTIONS
from netwright.passes.evaluate.counted import JOINS, joined

if TYPE_CHECKING:
    from netwright.passes.evaluate.evaluator import Evaluator

PATTERNS = frozenset({"rearrange", "reduce"})
"""Functions that take an einops pattern, and are several steps of torch."""


def apply_written(
    evaluator: Evaluator, op: FunctionOp, expr: ex.Call, receiver: tuple[Value, ...]
) -> Value:
    positional = (*receiver, *(_argument(evaluator, a) for a in expr.args))
    named = {k.name: _argument(evaluator, k.value) for k in expr.keywords}
    return apply(evaluator, op, positional, named, expr)


def _argument(evaluator: Evaluator, expr: ex.Expr) -> Value:
    return first(evaluator.value(expr))


def apply(
    evaluator: Evaluator,
    op: FunctionOp,
    positional: tuple[Value, ...],
    named: Mapping[str, Value],
    expr: ex.Expr,
) -> Value:
    """Apply an op of the table to values; the call is one step, or several for a lowered op."""
    typed = [to_type(v) for v in positional]
    typed_named = {k: to_type(v) for k, v in named.items()}

    def compute() -> Any:
        bound = bind(op.name, op.args, typed, typed_named)
        rule = op.rule
        if rule is None:
            from netwright.ops.fallback import infer_by_fake

            return bound, infer_by_fake(op, bound)
        return bound, rule(bound)

    bound_types, result = evaluator.typed(expr, compute, *positional, *named.values())
    if op.name in JOINS and evaluator.frame.counts:
        result = joined(evaluator.frame, expr, result, bound_types)
    names = [arg.name for arg in op.args]
    written = "training" in named or "training" in names[: len(positional)]
    by_mode = op.train and "training" in bound_types and not written
    if by_mode:
        bound_types = {**bound_types, "training": evaluator.frame.training}
    bound = rebind(op, bound_types, positional, named)
    many = isinstance(result, tuple)
    results = tuple(Tensor(t, "", expr.span) for t in (result if many else (result,)))
    evaluator.step(
        Apply(op, bound, results, many, by_mode, node=evaluator.frame.node, span=expr.span),
        *results,
    )
    return results if many else results[0]


def rebind(
    op: FunctionOp,
    bound: Mapping[str, Any],
    positional: tuple[Value, ...],
    named: Mapping[str, Value],
) -> dict[str, Value]:
    """The bound arguments with tensors in place of their types, matched in order of appearance."""
    flat = [t for v in positional for t in tensors(v)]
    by_name = {k: list(tensors(v)) for k, v in named.items()}
    rest = iter(flat)

    def restore(value: Any, source: Any) -> Value:
        if isinstance(value, TensorType):
            return next(source)
        if isinstance(value, tuple) and any(isinstance(v, TensorType) for v in value):
            return tuple(restore(v, source) for v in value)
        return value

    return {
        name: restore(value, iter(by_name[name]) if name in by_name else rest)
        for name, value in bound.items()
    }


def rearrange(evaluator: Evaluator, name: str, receiver: tuple[Value, ...], expr: ex.Call) -> Value:
    positional = (*receiver, *(first(evaluator.value(a)) for a in expr.args))
    named = {k.name: evaluator.value(k.value) for k in expr.keywords}
    return _rearranged(evaluator, name, positional, named, expr)


def _rearranged(
    evaluator: Evaluator,
    name: str,
    positional: tuple[Value, ...],
    named: Mapping[str, Value],
    expr: ex.Expr,
) -> Value:
    typed = [to_type(v) for v in positional]
    typed_named = {k: to_type(v) for k, v in named.items()}
    steps = evaluator.typed(expr, lambda: einops.plan(name, typed, typed_named), *positional)
    evaluator.frame.fact(expr, "einops", steps)
    evaluator.frame.fact(expr, "lengths", dict(named))
    value = positional[0]
    if isinstance(value, tuple):
        value = apply(evaluator, FUNCTIONS["stack"], (value,), {}, expr)
    for step in steps:
        value = apply(evaluator, FUNCTIONS[step.name], (value, *step.args), {}, expr)
    return value
