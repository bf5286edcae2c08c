"""Where a node's module stands among the class's attributes: its name, or what its `key` says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn

from netwright.backends.source.code import call
from netwright.diagnostics import Diagnostic
from netwright.ir.expr import Expr, Format
from netwright.ir.printer import to_source
from netwright.ir.program import Node


class Unwritable(Exception):
    """A sound spec that the source back end cannot write; `diagnostic` says what and where."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


@dataclass(frozen=True)
class Part:
    """One level of a key: literal text, an expression (`{i + 1}`), or both (`layer{i + 1}`).

    `text` of what is computed is how the spec writes it, so that equal levels have equal texts.
    """

    text: str
    expr: Expr | None = None

    @property
    def dynamic(self) -> bool:
        return self.expr is not None

    @property
    def counts(self) -> bool:
        """Whether the level is a number."""
        return self.text.isdigit() if self.expr is None else not isinstance(self.expr, Format)

    def named(self, written: Expr) -> Expr:
        """The level as a string, its expression being `written`."""
        return written if isinstance(written, Format) else call("str", written)


@dataclass(frozen=True)
class Location:
    """The levels of a node's place; the first is the attribute."""

    parts: tuple[Part, ...]
    loops: bool

    @property
    def head(self) -> str:
        return self.parts[0].text if self.parts else ""

    @property
    def spliced(self) -> bool:
        """Whether the node adds no level (`key: ""`): its code is part of the class around it."""
        return not self.parts

    @property
    def computed(self) -> bool:
        """Whether the attribute's name is computed."""
        return bool(self.parts) and self.parts[0].dynamic


def location(node: Node) -> Location:
    """A node's place. Without a key that is its name (its iterations are one level below)."""
    loop = node.control.loop
    loops = loop is not None and loop.kind != "scan" and not node.control.shared
    if node.control.key is None:
        return Location((Part(node.name),), loops)
    levels: list[list[str | Expr]] = [[]]
    for part in node.control.key:
        if part.expr is not None:
            levels[-1].append(part.expr)
            continue
        for k, text in enumerate(part.text.split(".")):
            if k:
                levels.append([])
            if text:
                levels[-1].append(text)
    return Location(tuple(_part(pieces) for pieces in levels if pieces), loops)


def _part(pieces: list[str | Expr]) -> Part:
    if len(pieces) == 1 and isinstance(pieces[0], str):
        return Part(pieces[0])
    if len(pieces) == 1 and isinstance(pieces[0], Expr):
        return Part(f"{{{to_source(pieces[0])}}}", pieces[0])
    written = "".join(p if isinstance(p, str) else f"{{{to_source(p)}}}" for p in pieces)
    return Part(written, Format(tuple(pieces)))


def refuse(node: Node, message: str, help: str) -> NoReturn:
    """Raise Unwritable for a node."""
    raise Unwritable(Diagnostic("E0219", message, node.name_span, help=help))
