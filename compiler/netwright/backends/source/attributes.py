"""Where a node's module stands among the class's attributes: its name, or what its `key` says."""

from __future__ import annotations

from dataclasses import dataclass

from netwright.diagnostics import Diagnostic
from netwright.ir.expr import Expr
from netwright.ir.program import Node


class Unwritable(Exception):
    """A sound spec that the source back end cannot write; `diagnostic` says what and where."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


@dataclass(frozen=True)
class Part:
    """One level of a key: literal text, or an expression (`{i + 1}`)."""

    text: str
    expr: Expr | None = None

    @property
    def dynamic(self) -> bool:
        return self.expr is not None


@dataclass(frozen=True)
class Location:
    """The levels of a node's place; the first is the attribute."""

    parts: tuple[Part, ...]
    loops: bool

    @property
    def head(self) -> str:
        return self.parts[0].text if self.parts else ""

    @property
    def numbered(self) -> bool:
        """Whether the second level is a number, literal or computed."""
        return len(self.parts) > 1 and (self.parts[1].dynamic or self.parts[1].text.isdigit())


def location(node: Node) -> Location:
    """A node's place. Without a key that is its name (its iterations are one level below)."""
    loop = node.control.loop
    loops = loop is not None and loop.kind != "scan" and not node.control.shared
    if node.control.key is None:
        return Location((Part(node.name),), loops)
    if not node.control.key:
        message = '`key: ""` cannot be written as source'
        help = "write the nodes of this graph into the graph around it"
        raise Unwritable(Diagnostic("E0219", message, node.name_span, help=help))
    levels: list[Part] = []
    text, expr = "", None
    for part in node.control.key:
        if part.expr is not None:
            expr = part.expr
            continue
        first, *rest = part.text.split(".")
        text += first
        for piece in rest:
            levels.append(Part(text, expr))
            text, expr = piece, None
    levels.append(Part(text, expr))
    return Location(tuple(p for p in levels if p.text or p.dynamic), loops)
