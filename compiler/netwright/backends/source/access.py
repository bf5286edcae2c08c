"""How a method reaches a module or weight: its attribute, and the place in a container below it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from netwright.backends.source.attributes import Location, Part, location
from netwright.backends.source.chains import is_sequential
from netwright.backends.source.code import call, self_attr
from netwright.backends.source.containers import is_list, siblings
from netwright.backends.source.context import ClassContext
from netwright.ir import expr as ex
from netwright.ir.instance import Instance
from netwright.ir.printer import to_source
from netwright.ir.program import BufferNode, InlineNode, ModuleNode, Node, ParameterNode
from netwright.ir.steps import child_path


def access(context: ClassContext, node: Node) -> ex.Expr:
    """How a method reaches a node's module, container, parameter or buffer."""
    where = location(node)
    if where.spliced:
        return ex.Name("self")
    if isinstance(node, ParameterNode | BufferNode) and len(where.parts) > 1:
        kind = "parameter" if isinstance(node, ParameterNode) else "buffer"
        return call(f"self.get_{kind}", ex.Literal(".".join(attribute_path(node))))
    group = group_of(context, where.head)
    if group is None or len(where.parts) == 1:
        return self_attr(where.head)
    level = next((k for k, part in enumerate(where.parts) if part.dynamic), None)
    if level is None:
        return _within(context, group, where)
    listed = is_list(context, siblings(group, where, level), level)
    if level > 1:
        held = _within(context, group, Location(where.parts[:level], where.loops))
        is_chain = isinstance(node, ModuleNode | InlineNode) and is_sequential(context, node)
        return held if is_chain else call(ex.Attribute(held, "children"))
    owner = self_attr(where.head)
    if not listed:
        return call(ex.Attribute(owner, "values"))
    return ex.Index(owner, (_slice(context, group, node),)) if len(group) > 1 else owner


def _within(context: ClassContext, group: list[tuple[Location, Any]], where: Location) -> ex.Expr:
    """A module in a container, or in a container in one, which has no type of its own."""
    if len(where.parts) > 2:
        return call("self.get_submodule", ex.Literal(".".join(p.text for p in where.parts)))
    name = where.parts[1].text
    listed = is_list(context, siblings(group, where, 1), 1)
    return ex.Index(self_attr(where.head), (ex.Literal(int(name) if listed else name),))


def is_got(module: ex.Expr) -> bool:
    """Whether a module is reached by `get_submodule`, so that its type is not known."""
    return isinstance(module, ex.Call) and to_source(module.func).endswith("get_submodule")


def dotted(parts: tuple[Part, ...], written: Callable[[ex.Expr], ex.Expr]) -> ex.Expr:
    """A path with computed levels as a string: `f"layers.{i}.proj"`."""
    pieces: list[str | ex.Expr] = []
    for k, part in enumerate(parts):
        expr = None if part.expr is None else written(part.expr)
        own = expr.parts if isinstance(expr, ex.Format) else (part.text if expr is None else expr,)
        pieces += (".", *own) if k else own
    if len(pieces) == 1 and isinstance(pieces[0], ex.Expr):
        return call("str", pieces[0])
    if all(isinstance(p, str) for p in pieces):
        return ex.Literal("".join(p for p in pieces if isinstance(p, str)))
    return ex.Format(tuple(pieces))


def _slice(context: ClassContext, group: list[tuple[Location, Any]], node: Node) -> ex.Expr:
    """The part of a shared container that holds a loop's modules."""
    start = 0
    for index, (where, other) in enumerate(group):
        count = (
            max(context.facts.found(other, "count") or [1])
            if where.loops and len(where.parts) == 2
            else 1
        )
        if other is node:
            after = group[index + 1 :]
            counted = any(where.loops or len(where.parts) > 2 for where, _ in after)
            stop = start + count if counted else -len(after)
            end = ex.Literal(stop) if after else None
            return ex.Slice(ex.Literal(start) if start else None, end, None)
        start += count
    raise LookupError(node.name)


def last_item(context: ClassContext, node: Node) -> ex.Expr | None:
    """`self.blocks[-1]`: the last module of a list, where its number is computed."""
    where = location(node)
    group = group_of(context, where.head)
    if group is None or len(where.parts) != 2 or group[-1][1] is not node:
        return None
    listed = is_list(context, group, 1)
    return ex.Index(self_attr(where.head), (ex.Literal(-1),)) if listed else None


def group_of(context: ClassContext, head: str) -> list[tuple[Location, Any]] | None:
    """The nodes that keep their weights below one attribute, where several do or a key says
    so."""
    if context.groups is None:
        groups: dict[str, list[tuple[Location, Any]]] = {}
        for node in context.block.nodes:
            if isinstance(node, ModuleNode | InlineNode) and context.facts.found(node, "child"):
                where = location(node)
                if where.spliced or where.computed:
                    continue
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


def shares_head(context: ClassContext, node: Node) -> bool:
    """Whether a computed attribute of `node` is one that another node has too."""
    mine: set[str] = set()
    others: set[str] = set()
    for instance in context.facts.instances:
        for step in instance.steps:
            path = child_path(step)
            if path:
                (mine if step.node is node else others).add(path[0])
    return not mine.isdisjoint(others)


def is_typed(context: ClassContext, weight: str) -> bool:
    """Whether attributes lead from a class to a weight, and no container without types."""
    head, _, rest = weight.partition(".")
    if not rest:
        return True
    for node in context.block.nodes:
        made = context.facts.found(node, "child")
        if made and location(node).head == head:
            if node.control.loop is not None or group_of(context, head) is not None:
                return False
            child = made[0]
            if not isinstance(child, Instance):
                return True
            return not context.of(child).is_chain and is_typed(context.of(child), rest)
    return False
