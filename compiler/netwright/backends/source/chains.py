"""What becomes an `nn.Sequential`, and what can be an `nn.Identity()`."""

from __future__ import annotations

from netwright.backends.source.attributes import location
from netwright.backends.source.containers import is_list
from netwright.backends.source.context import ClassContext, is_plain
from netwright.backends.source.hoisting import hoisted
from netwright.backends.source.lookup import Lookup
from netwright.ir.expr import Name
from netwright.ir.instance import Instance, ModuleChild
from netwright.ir.program import ExprNode, InlineNode, ModuleNode, Node


def is_sequential(context: ClassContext, node: ModuleNode | InlineNode) -> bool:
    """Whether a chain of equal modules can be an `nn.Sequential`: one tensor in, one out."""
    where = location(node)
    if where.computed or any(p.dynamic for p in where.parts[:-1]):
        return False
    last = len(where.parts) - 1
    counts = last > 1 and is_list(context, [(where, node)], last)
    if last > 0 and where.parts[last].dynamic and not counts:
        return False
    return _is_plain_chain(context, node)


def _is_plain_chain(context: ClassContext, node: ModuleNode | InlineNode) -> bool:
    """Whether every iteration is one module that takes one tensor and gives one."""
    loop = node.control.loop
    made = context.facts.found(node, "child")
    if loop is None or loop.kind != "repeat" or loop.collect or node.control.shared or not made:
        return False
    if node.control.checkpoint is not None or acts_at_call(context, node):
        return False
    given = node.given
    if len(given.positional) + len(given.named) > 1:
        return False
    if any(isinstance(c, Instance) and len(c.outputs) != 1 for c in made):
        return False
    child = made[0]
    if isinstance(child, ModuleChild):
        return not child.op.outputs
    return _takes_what_flows(context.of(child))


def _takes_what_flows(inner: ClassContext) -> bool:
    """Whether what a class takes is the value that flows, and not one that it reads by name."""
    flowing = next((i.name for i in inner.block.inputs), "")
    return inner.is_chain or [a.source for a in inner.inputs] == [flowing]


def is_sequential_class(context: ClassContext) -> bool:
    """Whether a block is nothing but modules called 0, 1, 2, ... in a row: a class over
    `nn.Sequential`."""
    facts, block = context.facts, context.block
    if context.flat:
        return True
    if context.is_root or facts.cut or len(block.inputs) > 1:
        return False
    modules = [
        n for n in block.nodes if not (isinstance(n, ExprNode) and n.name in hoisted(context))
    ]
    if (
        any(not isinstance(n, ModuleNode) or not n.given.implicit for n in modules)
        or len(block.outputs) > 0
    ):
        return False
    if len(modules) == 1 and modules[0].control.loop is not None:
        where = location(modules[0])
        return (
            len(where.parts) == 1
            and where.computed
            and isinstance(modules[0], ModuleNode)
            and is_list(context, [(where, modules[0])], 0)
            and _is_plain_chain(context, modules[0])
        )
    return (
        not block.inline
        and bool(modules)
        and all(
            isinstance(n, ModuleNode)
            and n.name == str(k)
            and is_plain(n)
            and facts.found(n, "child")
            for k, n in enumerate(modules)
        )
    )


def becomes_identity(context: ClassContext, node: ModuleNode | InlineNode) -> bool:
    """Whether a node that is off can be `nn.Identity()`: one tensor in, one out, decided at
    build."""
    when = node.control.when
    if when is None or node.control.otherwise is not None or not Lookup(context).is_build(when):
        return False
    if node.control.shared:
        return False
    made = context.facts.found(node, "child")
    given = node.given
    if not made or len(given.positional) + len(given.named) > 1 or _shares(context, node):
        return False
    child = made[0]
    if isinstance(child, ModuleChild):
        return not child.op.outputs
    inner = context.of(child)
    carries = node.control.loop is not None and node.control.loop.kind == "repeat"
    by_name = not carries and [a.source for a in inner.inputs] == list(_passing(context, node))
    return len(child.outputs) == 1 and (_takes_what_flows(inner) or by_name)


def acts_at_call(context: ClassContext, node: ModuleNode | InlineNode) -> bool:
    """Whether a node is switched in `forward`: off at times, with no `nn.Identity()` in its
    place."""
    holds = set(context.facts.found(node, "when"))
    return holds == {True, False} and not becomes_identity(context, node)


def _passing(context: ClassContext, node: ModuleNode | InlineNode) -> set[str]:
    """The name of what flows on where a node is off, which an inline block may read by it."""
    if node.given.implicit:
        return set(context.facts.found(node, "input"))
    given = (*node.given.positional, *node.given.named.values())
    return {e.id for e in given if isinstance(e, Name)}


def _shares(context: ClassContext, node: Node) -> bool:
    """Whether another node keeps its weights in the same place, under another condition."""
    place = [p.text for p in location(node).parts]
    return any(
        other is not node and [p.text for p in location(other).parts] == place
        for other in context.block.nodes
        if isinstance(other, ModuleNode | InlineNode)
    )
