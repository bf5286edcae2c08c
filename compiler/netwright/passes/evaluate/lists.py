"""Lists, comprehensions, and the names that a step through a list binds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netwright.ir import expr as ex
from netwright.ir.values import Value, describe, first
from netwright.passes.faults import fault
from netwright.passes.work import spend

if TYPE_CHECKING:
    from netwright.passes.evaluate.evaluator import Evaluator


def list_expr(evaluator: Evaluator, expr: ex.ListExpr) -> Value:
    return tuple(first(evaluator.value(item)) for item in expr.items)


def comprehension(evaluator: Evaluator, expr: ex.Comprehension) -> Value:
    items = evaluator.value(expr.iterable)
    if not isinstance(items, tuple):
        fault(
            "E0305",
            f"a comprehension wants a list, found {describe(items)}",
            expr.iterable.span,
        )
    frame = evaluator.frame
    saved, symbolic = frame.names, frame.symbolic
    results: list[Value] = []
    frame.names, frame.symbolic = dict(saved), False
    spend(len(saved))
    try:
        for item in items:
            frame.names.update(bind_targets(expr.targets, item, expr))
            if all(evaluator.condition(c) for c in expr.conditions):
                results.append(first(evaluator.value(expr.element)))
    finally:
        frame.names, frame.symbolic = saved, symbolic
    return tuple(results)


def bind_targets(targets: tuple[str, ...], item: Value, expr: ex.Expr) -> dict[str, Value]:
    """Names bound by one step of a loop or comprehension."""
    if len(targets) == 1:
        return {targets[0]: item}
    flat = _flatten(item, len(targets))
    if len(flat) != len(targets):
        fault("E0305", f"{len(targets)} names for {len(flat)} values", expr.span)
    return dict(zip(targets, flat, strict=True))


def _flatten(item: Value, count: int) -> tuple[Value, ...]:
    if not isinstance(item, tuple):
        return (item,)
    if len(item) == count:
        return item
    flat: list[Value] = []
    for part in item:
        flat += part if isinstance(part, tuple) else [part]
    return tuple(flat)
