"""What a loop with `shared: true` builds: one module, which cannot read what an iteration binds."""

from __future__ import annotations

from collections.abc import Iterator

from netwright.diagnostics import Diagnostic, Report
from netwright.frontend.captures import computed
from netwright.ir.expr import Attribute, Expr, Name, children
from netwright.ir.program import (
    BufferNode,
    ExprNode,
    InlineNode,
    Module,
    ModuleNode,
    Node,
    ParameterNode,
)


def report_shared(module: Module, report: Report) -> None:
    """Report modules that all iterations share, but each would build otherwise."""
    for block in module.all_blocks():
        for node in block.nodes:
            _look(node, frozenset(), report)


def _look(node: Node, bound: frozenset[str], report: Report) -> None:
    """`bound` are names that shared loops around `node` bind, and what is computed of them."""
    loop = node.control.loop
    builds = list(_builds(node))
    if loop is not None:
        builds += [loop.iterable] if loop.kind == "repeat" and not node.control.shared else []
        names = frozenset(loop.names)
        bound = bound | names if node.control.shared else bound - names
    for expr in builds:
        place = next(_reads(expr, bound), None)
        if place is not None:
            report.add(_fault(node, place))
    if isinstance(node, InlineNode):
        for inner in node.block.nodes:
            _look(inner, bound, report)
            if isinstance(inner, ExprNode) and any(_reads(inner.value, bound)):
                bound |= set(inner.targets)


def _fault(node: Node, read: Name) -> Diagnostic:
    message = f"all iterations share `{node.name}`, which is built with `{read.id}`"
    help = "leave `shared` out, or build it of what is the same in each iteration"
    return Diagnostic("E0219", message, read.span, help=help)


def _builds(node: Node) -> Iterator[Expr]:
    """What a node is built of, but for the loop that it stands in."""
    control = node.control
    yield from (e for e in (control.frozen, control.checkpoint) if e is not None)
    yield from (part.expr for part in control.key or () if part.expr is not None)
    if isinstance(node, ModuleNode):
        yield node.callee
        yield from node.args.values()
    elif isinstance(node, ParameterNode):
        yield node.shape
        yield from computed(node)
    elif isinstance(node, BufferNode):
        yield node.value


def _reads(expr: Expr, bound: frozenset[str]) -> Iterator[Name]:
    """Where `expr` reads a name of `bound`; a shape has the same sizes in each iteration."""
    if isinstance(expr, Name) and expr.id in bound:
        yield expr
    if not (isinstance(expr, Attribute) and expr.name == "shape"):
        for child in children(expr):
            yield from _reads(child, bound)
