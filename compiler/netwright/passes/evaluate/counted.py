"""In symbolic mode: how many tensors a loop gave, as an expression, where they are joined.

`stack(tables)` over the list of an `each: n in sizes` has `len(sizes)` items, and not 3.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netwright.ir import expr as ex
from netwright.ir.dims import Size, known, symbol
from netwright.ir.printer import to_source
from netwright.ir.program import Loop, Node
from netwright.ir.types import TensorType
from netwright.passes.frame import Frame

JOINS = frozenset({"cat", "concat", "stack"})


def note_count(frame: Frame, node: Node, loop: Loop, count: int) -> None:
    """Note how many items the list that `node` gives has."""
    listed = True in frame.instance.facts[node, "listed"]
    written = frame.written(_length(loop.iterable, listed))
    if written is not None and not isinstance(written, ex.Literal):
        frame.counts[node.name] = symbol(to_source(written), count, expr=written)


def _length(items: ex.Expr, listed: bool) -> ex.Expr:
    match items:
        case ex.Call(func=ex.Name(id="range"), args=(end,)):
            return end
        case ex.Call(func=ex.Name(id="enumerate" | "zip"), args=(first, *_)):
            return _length(first, listed)
    return ex.Call(ex.Name("len"), (items,)) if listed else items


def joined(
    frame: Frame, expr: ex.Expr, joint: TensorType, arguments: Mapping[str, Any]
) -> TensorType:
    """The type of what `stack` or `cat` makes of lists, with their lengths as expressions."""
    items: tuple[TensorType, ...] = arguments["tensors"]
    given = expr.args[0] if isinstance(expr, ex.Call) and expr.args else None
    counts = None if given is None else _counts(frame, given)
    if counts is None or sum(known(n) or 0 for n in counts) != len(items):
        return joint
    axis = arguments["dim"] % joint.rank
    stacks = joint.rank > items[0].rank
    sizes = [1 if stacks else item.shape[axis] for item in items]
    total: Size = 0
    for count in counts:
        number = known(count) or 0
        part, sizes = sizes[:number], sizes[number:]
        equal = len({str(size) for size in part}) == 1
        total = total + (count * part[0] if equal else sum(part))
    return TensorType(joint.dtype, (*joint.shape[:axis], total, *joint.shape[axis + 1 :]))


def _counts(frame: Frame, given: ex.Expr) -> list[Size] | None:
    """The lengths of the lists that an expression joins, `[x] + parts`; None for other forms."""
    match given:
        case ex.Name(id=name) if name in frame.counts:
            return [frame.counts[name]]
        case ex.ListExpr(items=items):
            return [1] * len(items)
        case ex.Binary(op="+", left=left, right=right):
            parts = _counts(frame, left), _counts(frame, right)
            return None if None in parts else [n for part in parts for n in part or ()]
    return None
