"""How a method reaches a module or weight: its attribute, and the place in a container below it."""

from __future__ import annotations

from typing import Any

from netwright.backends.source.attributes import Location, location
from netwright.backends.source.code import call, self_attr
from netwright.backends.source.containers import is_list, siblings
from netwright.backends.source.context import ClassContext
from netwright.ir import expr as ex
from netwright.ir.program import InlineNode, ModuleNode, Node


def access(context: ClassContext, node: Node) -> ex.Expr:
    """How a method reaches a node's module, container, parameter or buffer."""
    where = location(node)
    group = group_of(context, where.head)
    if group is None or len(where.parts) == 1:
        return self_attr(where.head)
    expr = self_attr(where.head)
    for level, part in enumerate(where.parts[1:], 1):
        listed = is_list(context, siblings(group, where, level), level)
        if part.dynamic:
            break
        index = ex.Literal(int(part.text) if listed else part.text)
        expr = ex.Index(expr, (index,))
    else:
        return expr
    if not listed:
        return call(ex.Attribute(expr, "values"))
    if level == 1 and len(group) > 1:
        return ex.Index(expr, (_slice(context, group, node),))
    return expr


def _slice(context: ClassContext, group: list[tuple[Location, Any]], node: Node) -> ex.Expr:
    """The part of a shared container that holds a loop's modules."""
    start = 0
    for where, other in group:
        count = (
            max(context.facts.found(other, "count") or [1])
            if where.loops and len(where.parts) == 2
            else 1
        )
        if other is node:
            after = other is not group[-1][1]
            stop = ex.Literal(start + count) if after else None
            return ex.Slice(ex.Literal(start) if start else None, stop, None)
        start += count
    raise LookupError(node.name)


def group_of(context: ClassContext, head: str) -> list[tuple[Location, Any]] | None:
    """The nodes that keep their weights below one attribute, where several do or a key says
    so."""
    if context.groups is None:
        groups: dict[str, list[tuple[Location, Any]]] = {}
        for node in context.block.nodes:
            if isinstance(node, ModuleNode | InlineNode) and context.facts.found(node, "child"):
                where = location(node)
                groups.setdefault(where.head, []).append((where, node))
        context.groups = {k: g for k, g in groups.items() if _is_container(context, g)}
    return context.groups.get(head)


def _is_container(
    context: ClassContext, group: list[tuple[Location, ModuleNode | InlineNode]]
) -> bool:
    """Whether what stands below one attribute is more than a module or a plain loop."""
    if len(group) > 1:
        return any(len(where.parts) > 1 for where, _ in group)
    where, _ = group[0]
    if len(where.parts) == 2 and where.parts[1].dynamic:
        return not is_list(context, group, 1)
    return len(where.parts) > 1


def attribute_path(node: Node) -> tuple[str, ...]:
    where = location(node)
    return tuple(p.text for p in where.parts if not p.dynamic)
