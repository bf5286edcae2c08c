"""What `fmt` works on: a document's values with their comments, without places.

A comment stays with what it was written for: on a line of its own with the entry below it, at the
end of a line with the entry on that line, after a last entry with the mapping or list that ends.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, field

from netwright.frontend.document import Document, MappingValue, Scalar, SequenceValue, Value
from netwright.source import Span


@dataclass(slots=True)
class Leaf:
    """A scalar. `raw` is set for a number, a bool or null; `block` for a text laid out by hand,
    as the header (`>-`) and its lines."""

    text: str
    raw: bool = False
    block: tuple[str, list[str]] | None = None


@dataclass(slots=True)
class Entry:
    """A key with its value, or an item of a list (whose key is empty).

    before  comments on lines of their own, "" for a blank line between them
    eol     the comment at the end of the line
    blank   a blank line stands before all this
    """

    key: str
    value: Tree
    start: int
    place: Span
    before: list[str] = field(default_factory=list)
    eol: str = ""
    blank: bool = False


@dataclass(slots=True)
class Branch:
    """A mapping or, where `sequence` is set, a list.

    flow    it was written in braces or brackets; `start` and `end` are theirs then
    column  of its first key or dash
    """

    entries: list[Entry]
    flow: bool
    sequence: bool
    start: int
    end: int
    column: int
    tail: list[str] = field(default_factory=list)

    def get(self, key: str) -> Tree | None:
        return next((e.value for e in self.entries if e.key == key), None)

    @property
    def commented(self) -> bool:
        """Whether a comment stands anywhere inside, so that it cannot be written on one line."""
        return bool(self.tail) or any(
            e.before or e.eol or (isinstance(e.value, Branch) and e.value.commented)
            for e in self.entries
        )


Tree = Leaf | Branch


def tree_of(document: Document) -> Branch:
    """The tree of a document without faults, its comments not yet attached."""
    root = document.root
    assert isinstance(root, MappingValue)
    tree = _tree(document, root)
    assert isinstance(tree, Branch)
    return tree


def _tree(document: Document, value: Value) -> Tree:
    if isinstance(value, Scalar):
        return leaf_of(document, value)
    assert isinstance(value, MappingValue | SequenceValue)
    entries: list[Entry] = []
    if isinstance(value, MappingValue):
        for pair in value.entries.values():
            held = _tree(document, pair.value)
            entries.append(Entry(pair.key.text, held, pair.key.start, pair.key.span))
    else:
        for item in value.items:
            held = _tree(document, item)
            entries.append(Entry("", held, _start(document, item), item.span))
    start = _start(document, value)
    span = value.span
    end = document.line_starts[span.end_line - 1] + span.end_column - 1 if value.flow else 0
    sequence = isinstance(value, SequenceValue)
    return Branch(entries, value.flow, sequence, start, end, span.column)


def _start(document: Document, value: Value) -> int:
    if isinstance(value, Scalar):
        return value.start
    return document.line_starts[value.span.line - 1] + value.span.column - 1


def leaf_of(document: Document, scalar: Scalar) -> Leaf:
    plain = scalar.value
    if isinstance(plain, str):
        laid_out = scalar.style in ("|", ">") and "\n" in plain
        return Leaf(plain, block=_laid_out(document, scalar) if laid_out else None)
    return Leaf(_canonical(scalar.text, plain), raw=True)


def _canonical(text: str, plain: int | float | bool | None) -> str:
    if isinstance(plain, float) and not math.isfinite(plain):
        return ".nan" if math.isnan(plain) else ".inf" if plain > 0 else "-.inf"
    return json.dumps(plain) if plain is None or isinstance(plain, bool) else text


def _laid_out(document: Document, scalar: Scalar) -> tuple[str, list[str]] | None:
    """Header and lines of a block scalar as written; None where its indentation matters."""
    raw = document.text[scalar.start : scalar.end].replace("\r\n", "\n")
    header, _, body = raw.partition("\n")
    header = header.split("#")[0].strip()
    lines = body.rstrip().split("\n")
    indents = [len(line) - len(line.lstrip(" ")) for line in lines if line.strip()]
    if header[1:] not in ("", "-") or not indents or indents[0] != min(indents):
        return None
    return header, [line[indents[0] :].rstrip() if line.strip() else "" for line in lines]


def scalars(value: Value) -> Iterator[tuple[Scalar, bool]]:
    """All scalars in order of the text, and whether each is a key."""
    if isinstance(value, Scalar):
        yield value, False
    elif isinstance(value, MappingValue):
        for pair in value.entries.values():
            yield pair.key, True
            yield from scalars(pair.value)
    elif isinstance(value, SequenceValue):
        for item in value.items:
            yield from scalars(item)
