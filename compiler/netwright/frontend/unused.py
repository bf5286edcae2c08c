"""Inputs, nodes, params and blocks that nothing needs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from netwright.diagnostics import Diagnostic
from netwright.frontend.name_exprs import ExprNames
from netwright.ir.expr import Expr, free_names
from netwright.ir.program import Block, ExprNode, InlineNode, Module, ModuleNode, Node
from netwright.source import Span


@dataclass(frozen=True, slots=True)
class Flow:
    """What the running value uses. Whether an expression is a tensor is not known yet, so that all
    expressions back to the nearest module count as used: a warning must be right."""

    used: set[Span]

    def enters(self, block: Block, index: int) -> None:
        """Node `index` takes the running value."""
        for at in range(index - 1, -1, -1):
            node = block.nodes[at]
            if isinstance(node, ModuleNode | InlineNode):
                self.used.add(node.name_span)
                return
            if isinstance(node, ExprNode) and len(node.targets) == 1:
                self.used.add(node.name_span)
        if block.inputs:
            self.used.add(block.inputs[0].span)

    def leaves(self, block: Block) -> None:
        """The block's result is its last value."""
        self.enters(block, len(block.nodes))


def report_unused(module: Module, names: ExprNames) -> None:
    """Warn of what a file without errors does not need."""
    taken = _taken(module)
    for block in module.all_blocks():
        for diagnostic in _block(block, names, taken):
            names.report.add(diagnostic)
    if module.model is None:
        return
    ruled = {name for expr in _rules(module) for name in free_names(expr)}
    for param in module.params:
        if param.name not in names.used_params and param.name not in ruled:
            message = f"the param `{param.name}` is read nowhere"
            names.report.add(Diagnostic("W0603", message, param.span))
    for block in module.blocks.values():
        if block.name not in names.used_blocks:
            message = f"the block `{block.name}` is used nowhere"
            names.report.add(Diagnostic("W0605", message, block.span))


def _rules(module: Module) -> Iterator[Expr]:
    """What ties and initial values are computed from."""
    yield from (tie.source for tie in module.ties)
    yield from (rule.value for rule in module.init)


def _taken(module: Module) -> frozenset[str]:
    """First segments of every `take`: such nodes may be needed from outside."""
    found: set[str] = set()
    for block in module.all_blocks():
        for node in _nodes(block):
            found.update(path.split(".")[0] for path in node.control.take)
    return frozenset(found)


def _nodes(block: Block) -> Iterator[Node]:
    for node in block.nodes:
        yield node
        if isinstance(node, InlineNode):
            yield from _nodes(node.block)


def _block(block: Block, names: ExprNames, taken: frozenset[str]) -> Iterator[Diagnostic]:
    for given in block.inputs:
        if given.span not in names.used:
            yield Diagnostic("W0601", f"the input `{given.name}` is read nowhere", given.span)
    for param in block.params if block is not block.module.model else ():
        if param.span not in names.used:
            yield Diagnostic("W0603", f"the param `{param.name}` is read nowhere", param.span)
    for node in block.nodes:
        weights = not isinstance(node, ModuleNode | InlineNode | ExprNode)
        if node.name_span not in names.used and not weights and node.name not in taken:
            yield Diagnostic("W0602", f"nothing needs the node `{node.name}`", node.name_span)
        if isinstance(node, InlineNode):
            yield from _block(node.block, names, taken)
