"""Scalars of YAML 1.2's core schema: what kind a plain one is, and where its characters stand."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from netwright.source import Span

_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(
    r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"
)
_WORDS: dict[str, bool | None] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True,
    "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_NUMERIC_START = frozenset("+-.0123456789")
_DIGITS = 4000
"""Longer integers stay text: Python itself refuses to convert them."""


def is_integer(text: str) -> bool:
    """Whether a plain scalar is written as an integer."""
    return _INT.fullmatch(text) is not None


def plain_value(text: str) -> int | float | bool | str | None:
    """What a plain scalar means: `yes` and `on` are strings, `0o17` is octal, `1e-6` is a float."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMERIC_START:
        return text
    if _INT.fullmatch(text) and len(text) < _DIGITS:
        return int(text, 0) if text[:2] in ("0o", "0x") else int(text)
    if _FLOAT.fullmatch(text):
        return _float(text)
    return text


def _float(text: str) -> float:
    lower = text.lower()
    return float(lower.replace(".", "", 1) if lower.endswith(("inf", "nan")) else lower)


class Place(Protocol):
    """Where a text stands: from indices into it to spans of the file."""

    def span(self, start: int, end: int) -> Span: ...


@dataclass(frozen=True, slots=True)
class OnLine:
    """A text that stands in the file as it is, on one line, its first character at `column`."""

    file: str
    line: int
    column: int

    def span(self, start: int, end: int) -> Span:
        column = self.column
        return Span(self.file, self.line, column + start, self.line, column + end)


@dataclass(frozen=True, slots=True)
class Scattered:
    """A text whose characters are folded, escaped or indented in the file.

    `at` gives the index in the file of every character, and of the end.
    """

    file: str
    at: Sequence[int]
    line_starts: Sequence[int]

    def span(self, start: int, end: int) -> Span:
        first = self.at[min(start, len(self.at) - 1)]
        last = self.at[min(end, len(self.at)) - 1] if end > start else first - 1
        line, column = self._position(first)
        end_line, end_column = self._position(last)
        return Span(self.file, line, column, end_line, end_column + 1)

    def _position(self, index: int) -> tuple[int, int]:
        line = bisect_right(self.line_starts, index)
        return line, index - self.line_starts[line - 1] + 1


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a longer text, from `start` on."""

    whole: Place
    start: int

    def span(self, start: int, end: int) -> Span:
        return self.whole.span(self.start + start, self.start + end)


_ESCAPE_LENGTHS = {"x": 4, "u": 6, "U": 10}


def align(value: str, raw: str, style: str, start: int) -> list[int] | None:
    """For every character of `value`, its index in the file, where `raw` begins at `start`.

    Characters other than white space are matched one to one; white space that folding, indentation
    or a block header put between them is skipped. None where the two do not fit.
    """
    found: list[int] = []
    at = _body(raw, style)
    for character in value:
        at = _next(character, raw, style, at)
        if at >= len(raw):
            return None
        found.append(start + at)
        at += _width(raw, style, at)
    found.append(start + at)
    return found


def _body(raw: str, style: str) -> int:
    if style in ("|", ">"):
        return raw.find("\n") + 1
    return 1 if style else 0


def _next(character: str, raw: str, style: str, at: int) -> int:
    while at < len(raw) and not _matches(character, raw, style, at):
        if raw[at] == "\\" and style == '"':
            at += 1
        elif raw[at] not in " \t\r\n":
            return len(raw)
        else:
            at += 1
    return at


def _matches(character: str, raw: str, style: str, at: int) -> bool:
    found = raw[at]
    if style == '"' and found == "\\":
        return raw[at + 1 : at + 2] not in ("\n", "\r")
    if character == " ":
        return found in " \n"
    return found == character


def _width(raw: str, style: str, at: int) -> int:
    if style == '"' and raw[at] == "\\":
        return _ESCAPE_LENGTHS.get(raw[at + 1 : at + 2], 2)
    return 2 if style == "'" and raw[at] == "'" else 1
