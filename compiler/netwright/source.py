"""Where text came from: spans of characters in spec files."""

from __future__ import annotations

from typing import NamedTuple


class Span(NamedTuple):
    """A stretch of one file, `line` and `column` counted from 1, the end exclusive.

    A tuple, since every key, value and expression has one: a frozen dataclass takes four times as
    long to make.
    """

    file: str
    line: int
    column: int
    end_line: int
    end_column: int

    @classmethod
    def point(cls, file: str, line: int = 1, column: int = 1) -> Span:
        return cls(file, line, column, line, column + 1)

    def to(self, other: Span) -> Span:
        """The span from the start of this one to the end of `other`."""
        return Span(self.file, self.line, self.column, other.end_line, other.end_column)

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


NOWHERE = Span("<program>", 1, 1, 1, 1)
"""The span of what a program built without a file."""


class Sources:
    """The texts of the files read so far, for excerpts in diagnostics."""

    def __init__(self) -> None:
        self._lines: dict[str, list[str]] = {}

    def add(self, file: str, text: str) -> None:
        self._lines[file] = text.split("\n")

    def extend(self, other: Sources) -> None:
        """Take over the texts that `other` holds."""
        self._lines.update(other._lines)

    def text(self, file: str) -> str | None:
        """The text of `file`, or None where the file is unknown."""
        lines = self._lines.get(file)
        return None if lines is None else "\n".join(lines)

    def line(self, file: str, number: int) -> str | None:
        """Line `number` (from 1) of `file`, or None where the file or line is unknown."""
        lines = self._lines.get(file)
        if lines is None or not 1 <= number <= len(lines):
            return None
        return lines[number - 1].rstrip("\r")
