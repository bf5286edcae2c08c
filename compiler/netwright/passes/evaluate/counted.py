"""In symbolic mode: how many tensors a loop gave, as an expression, where they are joined.

`stack(tables)` over the list of an `each: n in sizes` has `len(sizes)` items, and not 3.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netwright.ir import expr as ex
from netwright.ir.dims import symbol
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
    """The type of what `stack` or `cat` makes of a list, with its length as an expression."""
    items: tuple[TensorType, ...] = arguments["tensors"]
    given = expr.args[0] if isinstance(expr, ex.Call) and expr.args else None
    count = frame.counts.get(given.id) if isinstance(given, ex.Name) else None
    if count is None or len(set(items)) != 1:
        return joint
    axis = arguments["dim"] % joint.rank
    size = 1 if joint.rank > items[0].rank else items[0].shape[axis]
    shape = (*joint.shape[:axis], count * size, *joint.shape[axis + 1 :])
    return TensorType(joint.dtype, shape)
