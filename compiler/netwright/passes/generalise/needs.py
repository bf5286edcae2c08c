"""Which sizes of its inputs the constructor of a class reads: they become its arguments."""

from __future__ import annotations

from collections.abc import Iterator

from netwright.ir import expr as ex
from netwright.ir.classes import ClassFacts
from netwright.ir.program import BufferNode, ExprNode, InlineNode, ModuleNode, Node, ParameterNode


def needs_of(facts: ClassFacts) -> set[str]:
    """Names of input sizes that the constructor reads: in chosen expressions, arguments and
    shapes."""
    read: set[str] = set()
    for (_, kind), expr in facts.sizes.items():
        if not kind.startswith("einops"):
            read.update(ex.free_names(expr))
    for node in facts.block.nodes:
        read.update(_read_by(node, facts))
    return {name for name in facts.dims if name in read}


def _read_by(node: Node, facts: ClassFacts) -> Iterator[str]:
    control = node.control
    exprs: list[ex.Expr | None] = [control.when, control.frozen]
    exprs += [part.expr for part in control.key or ()]
    if node.control.loop is not None and node.control.loop.kind == "repeat":
        exprs.append(node.control.loop.iterable)
    if isinstance(node, ModuleNode):
        exprs += node.args.values()
    elif isinstance(node, ParameterNode):
        exprs += [node.shape, node.init]
    elif isinstance(node, BufferNode) or (isinstance(node, ExprNode) and _is_number(node, facts)):
        exprs.append(node.value)
    elif isinstance(node, InlineNode):
        yield from node.captures
    for expr in exprs:
        if expr is not None:
            yield from ex.free_names(expr)


def _is_number(node: ExprNode, facts: ClassFacts) -> bool:
    return bool(facts.instances) and all(k in ("number", "list") for k in facts.found(node, "kind"))
