"""A stand-in for what could not be parsed, so that the rest of a file is checked without echoes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from netwright.diagnostics import Diagnostic
from netwright.ir.expr import Expr
from netwright.ir.program import Block, InlineNode, Module, Node
from netwright.source import Span


@dataclass(frozen=True, eq=False)
class Faulty(Expr):
    """An expression that has been reported already. No program without errors holds one."""


CONFINED = frozenset({"E0201", "E0202", "E0203", "E0204", "E0208", "E0212", "E0214", "E0219"})
"""Faults of a node, or of some that a fault names: the rest can still be elaborated."""
_EVERYWHERE = frozenset({"E0201", "E0204", "E0208"})
"""Those whose notes are further places of the fault."""
_PLACES = 20
"""Places of one fault up to which the rest is looked at."""


def faulty_nodes(module: Module, errors: Iterable[Diagnostic]) -> frozenset[Node] | None:
    """The nodes that `errors` speak of; None where one concerns more than a node."""
    nodes = [node for block in module.all_blocks() for node in _nodes(block)]
    found: set[Node] = set()
    for error in errors:
        holder = _holder(nodes, error.span)
        if error.code not in CONFINED or holder is None or len(error.notes) > _PLACES:
            return None
        found.add(holder)
        for note in error.notes if error.code in _EVERYWHERE else ():
            other = _holder(nodes, note.span)
            if other is None:
                return None
            found.add(other)
    return frozenset(found)


def _holder(nodes: Sequence[Node], place: Span) -> Node | None:
    """The innermost node around a place."""
    holders = [n for n in nodes if holds(n.span, place) or holds(n.name_span, place)]
    return holders[-1] if holders else None  # inner nodes come after the ones around them


def _nodes(block: Block) -> Iterator[Node]:
    for node in block.nodes:
        yield node
        if isinstance(node, InlineNode):
            yield from _nodes(node.block)


def holds(outer: Span, inner: Span) -> bool:
    """Whether one place lies within another."""
    start = (outer.line, outer.column) <= (inner.line, inner.column)
    end = (inner.end_line, inner.end_column) <= (outer.end_line, outer.end_column)
    return outer.file == inner.file and start and end
