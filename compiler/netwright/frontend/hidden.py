"""Counters of loops that hide one which may have been meant."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from netwright.diagnostics import Diagnostic, Label, Report
from netwright.frontend.captures import expressions
from netwright.ir.expr import Comprehension, Expr, Name, children
from netwright.ir.program import InlineNode, Module, Node
from netwright.source import Span

COUNTER = "i"
"""What a loop counts with where it names no counter."""


def report_hidden(module: Module, report: Report) -> None:
    """Warn where a loop inside a loop reads `i`, and nothing else tells that the outer one is known
    to be hidden: who reads that one outside of the inner loop has two names for two counters."""
    for block in module.all_blocks():
        for node in block.nodes:
            _look(node, None, report)


def _look(node: Node, around: Node | None, report: Report) -> None:
    if around is not None and _counts(node, unnamed=True):
        place = next(_reads(node, keys=False), None)
        if place is not None:
            report.add(_warning(node, around, place))
    if not isinstance(node, InlineNode):
        return
    if _counts(node):
        around = None if any(_reads(node)) else node
    for inner in node.block.nodes:
        _look(inner, around, report)


def _warning(node: Node, around: Node, place: Span) -> Diagnostic:
    message = f"`{COUNTER}` counts the loop of `{node.name}`, not that of `{around.name}`"
    loop = around.control.loop
    assert loop is not None
    note = Label(loop.span, f"the loop of `{around.name}`, whose `{COUNTER}` is hidden here")
    help = "name the inner counter, as in `repeat: j in range(n)`"
    return Diagnostic("W0606", message, place, notes=(note,), help=help)


def _counts(node: Node, unnamed: bool = False) -> bool:
    """Whether a node has a loop that binds `i`; with `unnamed`, without saying so."""
    loop = node.control.loop
    return loop is not None and COUNTER in loop.names and not (unnamed and COUNTER in loop.targets)


def _reads(node: Node, keys: bool = True) -> Iterator[Span]:
    """Where iterations of a node read the `i` that counts them; in weights' paths too with `keys`,
    where no other one makes sense."""
    if not keys:
        node = replace(node, control=replace(node.control, key=None))
    for expr in expressions(node):
        yield from _places(expr)
    if isinstance(node, InlineNode):
        for inner in node.block.nodes:
            loop = inner.control.loop
            if loop is not None:
                yield from _places(loop.iterable)
            if not _counts(inner):
                yield from _reads(inner, keys)
        for output in node.block.outputs:
            yield from _places(output.value)


def _places(expr: Expr) -> Iterator[Span]:
    if isinstance(expr, Name) and expr.id == COUNTER:
        yield expr.span
    if isinstance(expr, Comprehension) and COUNTER in expr.targets:
        yield from _places(expr.iterable)
        return
    for child in children(expr):
        yield from _places(child)
