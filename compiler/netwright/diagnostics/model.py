"""A diagnostic is data: code, message, spans and a remedy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from netwright.diagnostics.codes import CODES
from netwright.source import Sources, Span


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Label:
    """A second place that matters, with what it says (`note:` in the text form)."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One fault.

    `message` states the fact, `label` what stands at the span, `help` the remedy;
    all lower case, without a full stop, names in backticks.
    """

    code: str
    message: str
    span: Span
    label: str = ""
    notes: tuple[Label, ...] = ()
    help: str = ""

    @property
    def severity(self) -> Severity:
        return Severity.WARNING if self.code.startswith("W") else Severity.ERROR


class Report:
    """Collects the diagnostics of one run, without echoes: one per code and place."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, Span], Diagnostic] = {}

    def add(self, diagnostic: Diagnostic) -> None:
        if diagnostic.code not in CODES:
            raise ValueError(f"unregistered diagnostic code {diagnostic.code}")
        self._found.setdefault((diagnostic.code, diagnostic.span), diagnostic)

    def extend(self, other: Report) -> None:
        for diagnostic in other:
            self.add(diagnostic)

    def __iter__(self) -> Iterator[Diagnostic]:
        return iter(
            sorted(
                self._found.values(),
                key=lambda d: (d.span.file, d.span.line, d.span.column, d.code),
            )
        )

    @property
    def errors(self) -> list[Diagnostic]:
        return [d for d in self if d.severity is Severity.ERROR]

    @property
    def warnings(self) -> list[Diagnostic]:
        return [d for d in self if d.severity is Severity.WARNING]


class SpecError(Exception):
    """A spec is at fault; `diagnostics` says where and why.

    Raised by the public functions that need a sound spec (`emit`, `build`, `graph`).
    """

    def __init__(self, diagnostics: list[Diagnostic], sources: Sources) -> None:
        from netwright.diagnostics.render import render_all

        self.diagnostics = diagnostics
        self.sources = sources
        super().__init__("\n" + render_all(diagnostics, sources))
