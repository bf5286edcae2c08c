"""Numbers of an inline block that its parent computes, since they read the counter of its loop."""

from __future__ import annotations

from netwright.backends.source.context import ClassContext
from netwright.ir import expr as ex
from netwright.ir.printer import replace_names
from netwright.ir.program import ExprNode, InlineNode


def hoisted(context: ClassContext) -> dict[str, ex.Expr]:
    """Numbers of an inline block that follow from its loop's counter: the parent passes
    them."""
    if context.hoisted is not None:
        return context.hoisted
    found: dict[str, ex.Expr] = {}
    if context.block.inline and context.parent is not None:
        counters = _counters(context)
        for node in context.block.nodes:
            if not isinstance(node, ExprNode) or len(node.targets) != 1:
                continue
            kinds = set(context.facts.found(node, "kind"))
            if not kinds or not kinds <= {"number", "list"}:
                continue
            reads = set(ex.free_names(node.value))
            own = {n.name for n in context.block.nodes} | set(context.facts.dims)
            if reads & (counters | set(found)) and not (reads & own) - set(found):
                found[node.name] = replace_names(node.value, found)
    context.hoisted = found
    return found


def _counters(context: ClassContext) -> set[str]:
    """The names that the loop around an inline block binds."""
    assert context.parent is not None
    for node in context.parent.block.nodes:
        if (
            isinstance(node, InlineNode)
            and node.block is context.block
            and node.control.loop is not None
            and not node.control.shared
        ):
            loop = node.control.loop
            return set(loop.names)
    return set()
