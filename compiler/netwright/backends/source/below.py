"""Parameters and buffers whose `key` has several levels: they belong to another node's module."""

from __future__ import annotations

from netwright.backends.source.attributes import Location, location, refuse
from netwright.backends.source.code import Evaluate, SetAttribute, Statement, call, self_attr
from netwright.backends.source.context import ClassContext
from netwright.ir import expr as ex
from netwright.ir.program import BufferNode, InlineNode, ModuleNode, ParameterNode

Owned = ParameterNode | BufferNode


class Below:
    """The statements that register them, held back until the module that they belong to is made."""

    def __init__(self, context: ClassContext) -> None:
        modules = [n for n in context.block.nodes if isinstance(n, ModuleNode | InlineNode)]
        places = [location(n) for n in modules if context.facts.found(n, "child")]
        self._levels = {_texts(w)[:k] for w in places for k in range(1, len(w.parts) + 1)}
        self._made: set[str] = set()
        self._waiting: dict[str, list[Statement]] = {}

    def register(self, node: Owned, value: ex.Expr, *keywords: ex.Keyword) -> Statement:
        """`self.encoder.register_parameter("place", ...)`."""
        where = location(node)
        *levels, name = _texts(where)
        known = tuple(levels) in self._levels or len(levels) == 1
        if not known or any(part.dynamic for part in where.parts):
            message = f"no module of this block keeps weights at `{'.'.join(levels)}`"
            refuse(node, message, f"put `{node.name}` into the `graph` that it belongs to")
        dotted = ".".join(levels)
        owner = self_attr(*levels) if len(levels) == 1 else None
        owner = owner or call("self.get_submodule", ex.Literal(dotted))
        kind = "parameter" if isinstance(node, ParameterNode) else "buffer"
        method = ex.Attribute(owner, f"register_{kind}")
        return Evaluate(ex.Call(method, (ex.Literal(name), value), keywords), span=node.span)

    def place(self, node: Owned, body: list[Statement]) -> list[Statement]:
        """The statements that can stand here: `body`, or none where its module is made later."""
        head = location(node).head
        if (head,) in self._levels:
            if head not in self._made:
                self._waiting.setdefault(head, []).extend(body)
                return []
            return body
        first = head not in self._made
        self._made.add(head)
        made = SetAttribute(self_attr(head), call("nn.Module"), span=node.span)
        return [made, *body] if first else body

    def after(self, head: str) -> list[Statement]:
        """What waited for the module at `head`."""
        self._made.add(head)
        return self._waiting.pop(head, [])


def _texts(where: Location) -> tuple[str, ...]:
    return tuple(part.text for part in where.parts)
