"""A block that holds itself has no end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netwright.diagnostics import Diagnostic, Label, Report
from netwright.frontend.faulty import holds
from netwright.frontend.scope import BlockCallee, FileScope
from netwright.ir.program import Block, InlineNode, Module, ModuleNode
from netwright.source import Span


def check_recursion(module: Module, file: FileScope, report: Report) -> None:
    """Report each cycle of blocks once, at the node that closes it.

    One that goes through a node with another error is left alone: another block was meant there.
    """
    faulty = [error.span for error in report.errors]
    edges = {
        name: [
            (callee, node.callee.span)
            for callee, node in _callees(block, module, file)
            if _sound(node, faulty)
        ]
        for name, block in module.blocks.items()
    }
    done: set[str] = set()
    for start in edges:
        if start not in done:
            _visit(start, edges, done, module, report)


def _sound(node: ModuleNode, faulty: Sequence[Span]) -> bool:
    return not any(holds(node.span, place) for place in faulty)


def _visit(
    start: str,
    edges: dict[str, list[tuple[str, Span]]],
    done: set[str],
    module: Module,
    report: Report,
) -> None:
    path = [start]
    stack = [iter(edges[start])]
    while stack:
        step = next(stack[-1], None)
        if step is None:
            stack.pop()
            done.add(path.pop())
            continue
        name, span = step
        if name in path:
            cycle = path[path.index(name) :]
            report.add(_fault([*cycle, name], span, module.blocks[name]))
        elif name not in done:
            path.append(name)
            stack.append(iter(edges[name]))


def _fault(cycle: list[str], span: Span, block: Block) -> Diagnostic:
    way = " in ".join(f"`{name}`" for name in reversed(cycle[1:-1]))
    through = f", by way of {way}" if way else ""
    note = Label(block.span, f"`{block.name}` is defined here")
    return Diagnostic(
        "E0218", f"the block `{block.name}` holds itself{through}", span, notes=(note,)
    )


def _callees(block: Block, module: Module, file: FileScope) -> Iterator[tuple[str, ModuleNode]]:
    for node in block.nodes:
        if isinstance(node, InlineNode):
            yield from _callees(node.block, module, file)
        elif isinstance(node, ModuleNode):
            callee = file.callee(node.callee)
            if not isinstance(callee, BlockCallee) or callee.block.module is not module:
                continue
            if callee.block.name in module.blocks:
                yield callee.block.name, node
