"""`x[...]` of a list, of a list of tensors of unknown length, of a tensor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netwright.ir import expr as ex
from netwright.ir.instance import Item, Subscript
from netwright.ir.printer import to_source
from netwright.ir.values import Tensor, TensorList, Value, describe, first, to_type
from netwright.ops.indexing import SliceItem, index_type
from netwright.passes.faults import fault

if TYPE_CHECKING:
    from netwright.passes.evaluate.evaluator import Evaluator


def index(evaluator: Evaluator, expr: ex.Index) -> Value:
    owner = first(evaluator.value(expr.value))
    if isinstance(owner, Tensor):
        return _subscript(evaluator, owner, expr)
    if isinstance(owner, TensorList):
        return _item(evaluator, owner, expr)
    if owner is None:
        name = to_source(expr.value)
        fault(
            "E0305",
            f"`{name}` may be absent here",
            expr.span,
            help=f"guard it: `... if {name} is not None else ...`",
        )
    if not isinstance(owner, tuple | str) or len(expr.items) != 1:
        fault("E0305", f"{describe(owner)} cannot be indexed like this", expr.span)
    item = expr.items[0]
    if isinstance(item, ex.Slice):
        ends = [
            None if e is None else evaluator.number(e) for e in (item.lower, item.upper, item.step)
        ]
        return _sliced(evaluator, owner, ends, item)
    index = evaluator.number(item)
    if not isinstance(index, int):
        fault("E0305", f"a list's index is an integer, found {describe(index)}", item.span)
    if not -len(owner) <= index < len(owner):
        fault("E0308", f"index {index} of a list of {len(owner)}", expr.span)
    return owner[index]


def _sliced(evaluator: Evaluator, owner: Value, ends: list[Value], item: ex.Slice) -> Value:
    if not all(e is None or type(e) is int for e in ends) or ends[2] == 0:
        fault("E0305", "a slice is of integers, and its step is not 0", item.span)
    return owner[slice(*ends)]


def _item(evaluator: Evaluator, owner: TensorList, expr: ex.Index) -> Value:
    index = evaluator.number(expr.items[0]) if len(expr.items) == 1 else None
    if not isinstance(index, int):
        fault("E0305", "a list of tensors is indexed by one integer", expr.span)
    result = Tensor(owner.item, f"{owner.label}[{index}]", expr.span)
    evaluator.step(Item(owner, index, result, node=evaluator.frame.node, span=expr.span), result)
    return result


def _subscript(evaluator: Evaluator, owner: Tensor, expr: ex.Index) -> Value:
    items = tuple(_index_item(evaluator, i) for i in expr.items)
    types = tuple(to_type(i) for i in items)
    shape = evaluator.typed(expr, lambda: index_type(owner.type, types), owner)
    result = Tensor(shape, "", expr.span)
    evaluator.step(
        Subscript(owner, items, result, node=evaluator.frame.node, span=expr.span), result
    )
    return result


def _index_item(evaluator: Evaluator, item: ex.Expr) -> Value:
    if isinstance(item, ex.Slice):
        ends = [
            None if e is None else evaluator.value(e) for e in (item.lower, item.upper, item.step)
        ]
        return SliceItem(*ends)
    value = first(evaluator.value(item))
    if isinstance(value, tuple) and any(isinstance(v, Tensor) for v in value):
        fault("E0305", "a tensor is not indexed by a list of tensors", item.span)
    return value
