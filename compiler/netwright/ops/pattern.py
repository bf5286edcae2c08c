"""Patterns of einops: text into groups of axes, with the place of every fault in the text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from netwright.ops.entry import OpError

ELLIPSIS = "..."
_TOKEN = re.compile(r"\.\.\.|[()]|[A-Za-z_]\w*|\d+|\s+|.", re.ASCII | re.DOTALL)


class PatternError(OpError):
    """A fault inside a pattern: `offset` and `length` are its characters in the text."""

    def __init__(self, message: str, offset: int, length: int = 1, help: str = "") -> None:
        super().__init__(message, arg="pattern", code="E0308", help=help)
        self.offset = offset
        self.length = max(1, length)


@dataclass(frozen=True, slots=True)
class Axis:
    """A named axis, a number (`2`), or `...`; `offset` is where it stands in the pattern."""

    name: str
    offset: int

    @property
    def number(self) -> int | None:
        """The length of an axis that is only a number."""
        return int(self.name) if self.name.isdigit() else None


@dataclass(frozen=True, slots=True)
class Group:
    """Axes that share one dim, the last one fastest; `1` and `()` are empty groups."""

    axes: tuple[Axis, ...]
    offset: int


@dataclass(frozen=True, slots=True)
class Pattern:
    """`left -> right`."""

    left: tuple[Group, ...]
    right: tuple[Group, ...]
    text: str


def parse(text: str) -> Pattern:
    """The pattern in `text`; PatternError (E0308) where it is malformed."""
    left, arrow, right = text.partition("->")
    if not arrow:
        raise PatternError(f"`{text}` has no `->`", 0, len(text))
    extra = right.find("->")
    if extra >= 0:
        raise PatternError("a second `->`", len(left) + 2 + extra, 2)
    pattern = Pattern(_side(left, 0), _side(right, len(left) + 2), text)
    for axis in axes_of(pattern.left):
        if axis.name == ELLIPSIS and _is_grouped(pattern.left, axis):
            raise PatternError("`...` in brackets on the left", axis.offset, 3)
    return pattern


def axes_of(groups: tuple[Group, ...]) -> Iterator[Axis]:
    for group in groups:
        yield from group.axes


def _is_grouped(groups: tuple[Group, ...], axis: Axis) -> bool:
    return any(axis in group.axes and group.offset != axis.offset for group in groups)


def _side(text: str, start: int) -> tuple[Group, ...]:
    """One side as groups; `start` is where it begins in the pattern."""
    groups: list[Group] = []
    opened: int | None = None
    inside: list[Axis] = []
    for match in _TOKEN.finditer(text):
        token, offset = match[0], start + match.start()
        if token == "(":
            if opened is not None:
                raise PatternError("brackets inside brackets", offset)
            opened, inside = offset, []
        elif token == ")":
            if opened is None:
                raise PatternError("`)` without `(`", offset)
            groups.append(Group(tuple(inside), opened))
            opened = None
        elif not token.isspace():
            axis = _axis(token, offset)
            if opened is None:
                groups.append(Group(() if axis.name == "1" else (axis,), offset))
            elif axis.name != "1":
                inside.append(axis)
    if opened is not None:
        raise PatternError("`(` without `)`", opened)
    _check_unique(groups)
    return tuple(groups)


def _axis(token: str, offset: int) -> Axis:
    if token == "0" or not (token == ELLIPSIS or token.isdigit() or token.isidentifier()):
        raise PatternError(f"`{token}` is no axis", offset, len(token))
    return Axis(token, offset)


def _check_unique(groups: list[Group]) -> None:
    seen: set[str] = set()
    for axis in axes_of(tuple(groups)):
        if axis.name in seen and axis.number is None:
            raise PatternError(f"`{axis.name}` twice on one side", axis.offset, len(axis.name))
        seen.add(axis.name)
