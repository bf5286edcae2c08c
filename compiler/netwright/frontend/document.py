"""YAML text to plain data in which every key and value knows its place.

The events of ruamel.yaml's C parser are counted as they come, so that a budget stops a document
before anything large is composed from it. Anchors, aliases, tags and merge keys have no use in a
spec and are refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from _ruamel_yaml import (  # type: ignore[import-not-found]
    AliasEvent,
    CParser,
    DocumentEndEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from ruamel.yaml.error import MarkedYAMLError

from netwright.diagnostics import Diagnostic, Label, Report, TooManyErrors
from netwright.frontend import traps
from netwright.frontend.budgets import DEFAULT, Budgets
from netwright.frontend.scalars import (
    OnLine,
    Place,
    Scattered,
    align,
    is_integer,
    plain_value,
)
from netwright.frontend.screening import screen
from netwright.source import Span


@dataclass(slots=True, eq=False)  # not frozen, which would double the time of reading a file
class Scalar:
    """`style` is empty for a plain scalar, else the quote, `|` or `>`; `flow`: inside `{}` or `[]`.

    `start` and `end` are indices into the file's text, quotes included.
    """

    text: str
    style: str
    span: Span
    start: int
    end: int
    flow: bool = False

    @property
    def value(self) -> int | float | bool | str | None:
        return self.text if self.style else plain_value(self.text)

    @property
    def empty(self) -> bool:
        """Whether nothing stands here at all (`act:` and the end of the line)."""
        return not self.text and not self.style


@dataclass(frozen=True, slots=True, eq=False)
class MappingValue:
    entries: Mapping[str, Entry]
    span: Span
    flow: bool = False

    def get(self, key: str) -> Value | None:
        entry = self.entries.get(key)
        return None if entry is None else entry.value


@dataclass(frozen=True, slots=True, eq=False)
class SequenceValue:
    items: Sequence[Value]
    span: Span
    flow: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Refused:
    """Something at fault that has been reported already."""

    span: Span


Value = Scalar | MappingValue | SequenceValue | Refused


@dataclass(slots=True, eq=False)
class Entry:
    key: Scalar
    value: Value


@dataclass(frozen=True, eq=False)
class Document:
    """One file's text and what it holds; `root` is None where it could not be read as YAML."""

    file: str
    text: str
    root: Value | None

    @cached_property
    def line_starts(self) -> list[int]:
        starts = [0]
        at = self.text.find("\n")
        while at >= 0:
            starts.append(at + 1)
            at = self.text.find("\n", at + 1)
        return starts

    def place(self, scalar: Scalar) -> Place:
        """Where the characters of `scalar` stand."""
        span = scalar.span
        quotes = 1 if scalar.style in ("'", '"') else 0
        width = span.end_column - span.column if span.line == span.end_line else -1
        if scalar.style not in ("|", ">") and len(scalar.text) + 2 * quotes == width:
            return OnLine(span.file, span.line, span.column + quotes)
        raw = self.text[scalar.start : scalar.end]
        at = align(scalar.text, raw, scalar.style, scalar.start)
        if at is None:
            at = [scalar.start] * (len(scalar.text) + 1)
        return Scattered(self.file, at, self.line_starts)


_SHORT = 16
"""Characters of an integer that is within the budget however it is written."""


class _Stop(Exception):
    """Reading ends here; the fault has been reported."""


@dataclass(slots=True)
class _Open:
    """A collection that is being read. `key` is set between a key and its value in a mapping; one
    that is `tagged` is something else, of which nothing is said."""

    mapping: bool
    start: Any
    flow: bool
    tagged: bool = False
    key: Scalar | None = None
    entries: list[Entry] = field(default_factory=list)
    items: list[Value] = field(default_factory=list)


def read(text: str, file: str, report: Report, budgets: Budgets = DEFAULT) -> Document:
    """Parse `text`. Faults are reported; `root` is None where nothing could be made of it."""
    if text.startswith("\ufeff"):
        text = text[1:]
    root = (
        _Reader(text, file, report, budgets).run() if screen(text, file, report, budgets) else None
    )
    return Document(file, text, root)


class _Reader:
    def __init__(self, text: str, file: str, report: Report, budgets: Budgets) -> None:
        self.text = text
        self.file = file
        self.report = report
        self.budgets = budgets
        self.stack: list[_Open] = []
        self.root: Value | None = None
        self.values = 0
        self.last: tuple[int, int] = (0, 0)
        """Start and end of the value read last, to explain a syntax error after it."""

    def run(self) -> Value | None:
        parser = CParser(self.text)
        try:
            for event in _events(parser):
                self.take(event)
        except (_Stop, TooManyErrors):
            return None
        except MarkedYAMLError as fault:
            self.report.add(traps.syntax(fault, self.text, self.file, self.last))
            return None
        finally:
            parser.dispose()
        if self.root is None:
            help = "`netwright new` writes a spec to begin with"
            place = Span.point(self.file)
            self.report.add(Diagnostic("E0101", "the file is empty", place, help=help))
        return self.root

    def take(self, event: Any) -> None:
        kind = type(event)
        if kind is ScalarEvent:
            self.scalar(event)
        elif kind is MappingStartEvent or kind is SequenceStartEvent:
            self.open(event, kind is MappingStartEvent)
        elif kind is MappingEndEvent or kind is SequenceEndEvent:
            self.close(event)
        elif kind is AliasEvent:
            self.unsupported(event, f"the alias `*{event.anchor}`", "`*`")
            self.place(Refused(self.span(event)))
        elif kind is DocumentStartEvent:
            self.document(event)

    def document(self, event: Any) -> None:
        if self.root is not None:
            self.unsupported(event, "a second document", "")
            raise _Stop
        if event.version or event.tags:
            span = Span(self.file, 1, 1, 1, len(self.text.split("\n", 1)[0]) + 1)
            self.report.add(
                Diagnostic("E0106", "a spec takes no YAML directive", span, help="delete it")
            )

    def span(self, event: Any) -> Span:
        start, end = event.start_mark, event.end_mark
        return Span(self.file, start.line + 1, start.column + 1, end.line + 1, end.column + 1)

    def unsupported(self, event: Any, what: str, sign: str) -> None:
        help = (
            f"where a text begins with {sign}, quote it"
            if sign
            else "write it to a file of its own"
        )
        self.report.add(
            Diagnostic("E0106", f"{what} has no place in a spec", self.span(event), help=help)
        )

    def decorations(self, event: Any) -> bool:
        """Report an anchor or a tag; whether there was one."""
        if event.anchor is not None:
            self.unsupported(event, f"the anchor `&{event.anchor}`", "`&`")
        if event.tag is not None:
            self.unsupported(event, f"the tag `{event.tag}`", "`!`")
        return event.anchor is not None or event.tag is not None

    def scalar(self, event: Any) -> None:
        start, end = event.start_mark, event.end_mark
        text: str = event.value
        if len(text) > self.budgets.scalar:
            message = f"a text of {len(text)} characters, the limit is {self.budgets.scalar}"
            self.stop(message, self.span(event))
        style = event.style if not event.implicit[0] else ""
        span = Span(self.file, start.line + 1, start.column + 1, end.line + 1, end.column + 1)
        flow = bool(self.stack) and self.stack[-1].flow
        self.last = (start.index, end.index)
        decorated = event.anchor is not None or event.tag is not None
        if (decorated and self.decorations(event)) or (not style and self.giant(text, span)):
            self.place(Refused(span))
            return
        self.place(Scalar(text, style, span, start.index, end.index, flow))

    def giant(self, text: str, span: Span) -> bool:
        """Report an integer beyond the budget; whether it was one."""
        if len(text) < _SHORT or not is_integer(text):
            return False
        value = plain_value(text)
        if isinstance(value, int) and abs(value) <= self.budgets.integer:
            return False
        self.report.add(Diagnostic("E0501", "an integer this large cannot be a size", span))
        return True

    def open(self, event: Any, mapping: bool) -> None:
        if len(self.stack) >= self.budgets.depth:
            self.stop(f"more than {self.budgets.depth} levels inside one another", self.span(event))
        self.decorations(event)
        tagged = event.tag is not None
        self.stack.append(_Open(mapping, event.start_mark, bool(event.flow_style), tagged))

    def close(self, event: Any) -> None:
        opened = self.stack.pop()
        start, end = opened.start, event.end_mark
        span = Span(self.file, start.line + 1, start.column + 1, end.line + 1, end.column + 1)
        self.last = (start.index, end.index)
        if opened.tagged:
            self.place(Refused(span))
        elif opened.mapping:
            entries = opened.entries
            if opened.flow:
                entries = traps.flow_entries(entries, self.text, self.report)
            kept = self.unique(entries)
            refused = bool(entries) and not kept
            self.place(Refused(span) if refused else MappingValue(kept, span, opened.flow))
        else:
            items = opened.items
            if opened.flow:
                items = traps.flow_items(items, self.text, self.report)
            items = [self.present(item, None) for item in items]
            self.place(SequenceValue(items, span, opened.flow))

    def place(self, value: Value) -> None:
        """Put `value` at the root, into a sequence, or into a mapping as key or value."""
        if not self.stack:
            self.root = value
            self.count(value)
            return
        top = self.stack[-1]
        if not top.mapping:
            top.items.append(value)
        elif top.key is None:
            top.key = self.as_key(value)
            return
        else:
            top.entries.append(Entry(top.key, value))
            top.key = None
        self.count(value)

    def count(self, value: Value) -> None:
        self.values += 1
        if self.values > self.budgets.values:
            self.stop(f"more than {self.budgets.values} values in one file", value.span)

    def as_key(self, value: Value) -> Scalar:
        """`value` as a key; a faulty one becomes an unusable text that nothing looks up."""
        if not isinstance(value, Scalar):
            if not isinstance(value, Refused):
                message = "a key is a name, not a list or mapping"
                self.report.add(Diagnostic("E0106", message, value.span, help=traps.QUOTE_BRACES))
            return Scalar("", '"', value.span, 0, 0)
        if value.style:
            return value
        if value.text == "<<":
            message = "the merge key `<<` has no place in a spec"
            self.report.add(Diagnostic("E0106", message, value.span))
            return Scalar("", '"', value.span, 0, 0)
        plain = plain_value(value.text)
        if isinstance(plain, str) or (type(plain) is int and str(plain) == value.text):
            return value
        kind = "empty" if value.empty else f"{'null' if plain is None else type(plain).__name__}"
        message = "a key is missing" if value.empty else f"`{value.text}` as a key is a {kind}"
        help = "" if value.empty else f'quote this: `"{value.text}"`'
        self.report.add(Diagnostic("E0105", message, value.span, help=help))
        return Scalar("", '"', value.span, 0, 0)

    def unique(self, entries: Sequence[Entry]) -> dict[str, Entry]:
        """The entries by key; a missing value and a second equal key are reported."""
        found: dict[str, Entry] = {}
        for entry in entries:
            name = entry.key.text
            first = found.get(name)
            if first is None:
                value = self.present(entry.value, entry.key)
                if value is not entry.value:
                    name = traps.name_of_valueless(name)
                    entry = Entry(replace(entry.key, text=name), value)
                found[name] = entry
            elif name or entry.key.start:
                note = Label(first.key.span, f"`{name}` is first defined here")
                message = f"the key `{name}` stands here twice"
                self.report.add(Diagnostic("E0102", message, entry.key.span, notes=(note,)))
        found.pop("", None)
        return found

    def present(self, value: Value, key: Scalar | None) -> Value:
        """`value`, or a refusal where nothing stands."""
        if not isinstance(value, Scalar) or not value.empty:
            return value
        self.report.add(traps.no_value(value, key))
        return Refused(value.span)

    def stop(self, message: str, span: Span) -> None:
        self.report.add(Diagnostic("E0501", message, span))
        raise _Stop


def _events(parser: Any) -> Iterator[Any]:
    while parser.check_event():
        event = parser.get_event()
        if type(event) is not DocumentEndEvent:
            yield event
