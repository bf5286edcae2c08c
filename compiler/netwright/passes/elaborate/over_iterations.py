"""In symbolic mode: what a size of one iteration is in the next, and after the last."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from netwright.ir import expr as ex
from netwright.ir.dims import Size, Symbol, rewrite, symbol
from netwright.ir.printer import rebuild, replace_names, to_source
from netwright.ir.program import Loop
from netwright.ir.types import TensorType
from netwright.ir.values import Outputs, Tensor, Value
from netwright.passes.elaborate.walked import Walked, walked
from netwright.passes.evaluate import Evaluator
from netwright.passes.faults import Fault, Silent
from netwright.passes.frame import Frame


def grown(given: list[TensorType], result: Value, written: ex.Expr | None) -> Value:
    """The chain's result, a size that every iteration raised by the same written with the count.

    `given` is what the iterations carried in: DenseNet's channels are
    `in_channels + count * growth`.
    """
    if len(given) < 2 or not isinstance(result, Tensor):
        return result
    chain = [*given, result.type]
    if any(t.rank != result.type.rank for t in chain):
        return result
    if isinstance(written, ex.Call) and isinstance(written.func, ex.Name):
        only = written.args[0] if written.func.id == "range" and len(written.args) == 1 else None
        written = only if written.func.id == "range" else written
    if written is None or isinstance(written, ex.Literal):
        return result
    times = symbol(to_source(written), len(given), expr=written)
    shape = list(result.type.shape)
    for axis in range(result.type.rank):
        sizes = [t.shape[axis] for t in chain]
        growth = [b - a for a, b in pairwise(sizes)]
        if growth[0] != 0 and all(g == growth[0] for g in growth):
            shape[axis] = sizes[0] + times * growth[0]
    return Tensor(TensorType(result.type.dtype, tuple(shape)), result.label, result.span)


def shifted(value: Value, loop: Loop, frame: Frame, last: bool, count: int) -> Value:
    """`value` as the next iteration sees it: the loop's names are those of the iteration before."""
    target = ex.Name(_target(loop, frame))
    before = _last_index(loop.iterable, count) if last else ex.Binary("-", target, ex.Literal(1))
    lists = _lists(loop, frame)
    if last and lists:
        before = next(iter(lists.values())).last
    return renamed(value, loop, before, frame, moved=None if last else target)


def _target(loop: Loop, frame: Frame) -> str:
    """The name that counts the iterations."""
    return loop.targets[0] if len(loop.targets) == 1 and not _lists(loop, frame) else "i"


def _lists(loop: Loop, frame: Frame) -> dict[str, Walked]:
    """The lists that a loop's names walk: `{w: widths, s: strides}`."""
    parts: tuple[ex.Expr, ...] = (loop.iterable,)
    match loop.iterable:
        case ex.Call(func=ex.Name(id="zip"), args=parts):
            pass
    if len(parts) != len(loop.targets):
        return {}
    lists = {n: walked(part) for n, part in zip(loop.targets, parts, strict=True)}
    return {
        name: found
        for name, found in lists.items()
        if found is not None and isinstance(frame.names.get(found.whole.id), tuple)
    }


def renamed(
    value: Value, loop: Loop, index: ex.Expr, frame: Frame, moved: ex.Name | None = None
) -> Value:
    """`value` with `index` for the loop's counter; with `moved`, counted from the next
    iteration."""
    target = _target(loop, frame)
    items = {n: found.item(index) for n, found in _lists(loop, frame).items()}

    def change(s: Symbol) -> Size | None:
        if s.witness is None:
            return None
        if s.name in items:
            item = _simplify_index(items[s.name], frame)
            return symbol(to_source(item), s.witness, expr=item)
        if s.name == target:
            if moved is not None:
                return symbol(target, s.witness + 1, expr=moved) - 1
            return (
                s.witness
                if isinstance(index, ex.Literal)
                else symbol(to_source(index), s.witness, expr=index)
            )
        if s.expr is not None and {target, *items} & set(ex.free_names(s.expr)):
            new = _simplify_index(replace_names(s.expr, {target: index, **items}), frame)
            return symbol(to_source(new), s.witness, expr=new)
        return None

    return _map_sizes(value, change)


def _last_index(iterable: ex.Expr, count: int) -> ex.Expr:
    if (
        isinstance(iterable, ex.Call)
        and isinstance(iterable.func, ex.Name)
        and iterable.func.id == "range"
    ):
        iterable = iterable.args[-1]
    if isinstance(iterable, ex.Literal):
        return ex.Literal(count - 1)
    return ex.Binary("-", iterable, ex.Literal(1))


def _simplify_index(expr: ex.Expr, frame: Frame) -> ex.Expr:
    """`xs[i - 1 + 1]` as `xs[i]`, `xs[2 + 1]` as `xs[3]`, and an index from the end as `-1`."""

    def change(e: ex.Expr) -> ex.Expr | None:
        if isinstance(e, ex.Binary) and e.op == "+" and isinstance(e.right, ex.Literal):
            return _sum(e.left, e.right)
        if isinstance(e, ex.Index) and len(e.items) == 1:
            from_end = _from_end(e, frame)
            if from_end is not None:
                return ex.Index(e.value, (ex.Unary("-", ex.Literal(from_end)),))
        return None

    return rebuild(rebuild(expr, change), change)


def _sum(left: ex.Expr, right: ex.Literal) -> ex.Expr | None:
    if (
        isinstance(left, ex.Literal)
        and isinstance(left.value, int)
        and isinstance(right.value, int)
    ):
        return ex.Literal(left.value + right.value)
    if isinstance(left, ex.Binary) and left.op == "-" and isinstance(left.right, ex.Literal):
        if left.right.value == right.value:
            return left.left
        if isinstance(left.right.value, int) and isinstance(right.value, int):
            less = left.right.value - right.value
            return ex.Binary("-" if less > 0 else "+", left.left, ex.Literal(abs(less)))
    return None


def _from_end(expr: ex.Index, frame: Frame) -> int | None:
    """How far from a list's end an index of the form `len(...) - n` is: 1 for the last item."""
    if not isinstance(expr.value, ex.Name) or not to_source(expr.items[0]).startswith("len("):
        return None
    try:
        items = Evaluator(frame).value(expr.value)
        index = Evaluator(frame).number(expr.items[0])
    except (Fault, Silent):
        return None
    return len(items) - index if isinstance(items, tuple) and index < len(items) else None


def _map_sizes(value: Value, change: Any) -> Value:
    if isinstance(value, Tensor):
        shape = tuple(rewrite(d, change) for d in value.type.shape)
        return Tensor(TensorType(value.type.dtype, shape), value.label, value.span)
    if isinstance(value, tuple):
        return tuple(_map_sizes(v, change) for v in value)
    if isinstance(value, Outputs):
        return Outputs({k: _map_sizes(v, change) for k, v in value.items.items()})
    return value
