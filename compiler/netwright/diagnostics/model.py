"""A diagnostic is data: code, message, spans and a remedy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
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


MAX_ERRORS = 100
"""Errors of one report. A file with more is no spec; looking on would cost time and helps
nobody."""

MAX_WARNINGS = 100
"""Warnings of one report; further ones are left out, and the last says so."""


class TooManyErrors(Exception):
    """A report is full, and says so; what looks for errors ends."""


class Report:
    """Collects the diagnostics of one run, without echoes: one per code and place."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, Span], Diagnostic] = {}
        self._errors = 0
        self._warnings = 0

    @property
    def full(self) -> bool:
        """Whether errors have been left out."""
        return self._errors > MAX_ERRORS

    def add(self, diagnostic: Diagnostic) -> None:
        """Note a fault; raises TooManyErrors where one more error is one too many."""
        if diagnostic.code not in CODES:
            raise ValueError(f"unregistered diagnostic code {diagnostic.code}")
        if (diagnostic.code, diagnostic.span) in self._found:
            return
        if diagnostic.severity is Severity.WARNING:
            self._warn(diagnostic)
            return
        if self._errors >= MAX_ERRORS:
            if not self.full:
                message = f"more than {MAX_ERRORS} errors, the rest is not looked for"
                self._put(Diagnostic("E0501", message, diagnostic.span))
            raise TooManyErrors
        self._put(diagnostic)

    def _warn(self, diagnostic: Diagnostic) -> None:
        self._warnings += 1
        if self._warnings <= MAX_WARNINGS:
            self._found[diagnostic.code, diagnostic.span] = diagnostic
        elif self._warnings == MAX_WARNINGS + 1:
            message = f"more than {MAX_WARNINGS} warnings, the rest is left out"
            self._found[diagnostic.code, diagnostic.span] = replace(diagnostic, message=message)

    def _put(self, diagnostic: Diagnostic) -> None:
        self._errors += 1
        self._found[diagnostic.code, diagnostic.span] = diagnostic

    def extend(self, other: Report) -> None:
        """Take over what a report of a part has found, as far as there is room; raises nothing."""
        try:
            for diagnostic in other:
                self.add(diagnostic)
        except TooManyErrors:
            return

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
