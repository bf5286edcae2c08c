"""Diagnostics as text in the manner of rustc, and as JSON."""

from __future__ import annotations

from collections.abc import Iterable

from netwright.diagnostics.model import Diagnostic
from netwright.source import Sources, Span

LONGEST_LINE = 240
"""Characters of a source line that an excerpt shows."""

LONGEST_TEXT = 1000
"""Characters of a message; names in it are the spec's, and may be of any length."""


def render(diagnostic: Diagnostic, sources: Sources) -> str:
    """The diagnostic with the source line and the place underlined."""
    lines = [f"{diagnostic.severity}[{diagnostic.code}]: {_shown(diagnostic.message)}"]
    gutter = _gutter(diagnostic.span, sources)
    lines.append(f"{gutter} --> {_shown(str(diagnostic.span))}")
    lines += _excerpt(diagnostic.span, _shown(diagnostic.label), sources)
    for note in diagnostic.notes:
        lines += [f"note: {_shown(note.text)}", f"{gutter} --> {_shown(str(note.span))}"]
    if diagnostic.help:
        lines.append(f"{gutter} = help: {_shown(diagnostic.help)}")
    return "\n".join(lines)


def render_all(diagnostics: Iterable[Diagnostic], sources: Sources) -> str:
    """All diagnostics, a blank line between them."""
    return "\n\n".join(render(d, sources) for d in diagnostics)


def _gutter(span: Span, sources: Sources) -> str:
    """Space as wide as the number of the line that is shown, so that all marks stand in one
    column."""
    shown = sources.line(span.file, span.line) is not None
    return " " * (len(str(span.line)) if shown else 1)


def _excerpt(span: Span, label: str, sources: Sources) -> list[str]:
    """The line of a place, and the place underlined."""
    text = sources.line(span.file, span.line)
    if text is None:
        return []
    gutter = _gutter(span, sources)
    shown, start, end = _window(text, span.column - 1, max(span.column, _end(span, text) - 1))
    mark = " " * start + "^" * (end - start)
    return [
        f"{gutter} |",
        f"{span.line} | {_visible(shown)}",
        f"{gutter} | {mark} {label}".rstrip(),
    ]


def _window(text: str, start: int, end: int) -> tuple[str, int, int]:
    """As much of a line as is shown, and where in it the place from `start` to `end` stands."""
    if len(text) <= LONGEST_LINE:
        return text, start, end
    first = max(0, start - LONGEST_LINE // 4)
    last = first + LONGEST_LINE
    left, right = "…" * (first > 0), "…" * (last < len(text))
    shift = len(left) - first
    return f"{left}{text[first:last]}{right}", start + shift, min(end, last) + shift


def _end(span: Span, text: str) -> int:
    end = span.end_column if span.end_line == span.line else len(text) + 1
    return min(end, len(text) + 1)


def _visible(text: str) -> str:
    """`text` with control and bidirectional characters replaced, so that a spec cannot repaint
    the terminal."""
    return "".join(c if c.isprintable() else "�" for c in text.replace("\t", " "))


def _shown(text: str) -> str:
    """A message as one line of bounded length, in which control characters are escapes."""
    if len(text) > LONGEST_TEXT:
        text = f"{text[: LONGEST_TEXT // 2]} … {text[-LONGEST_TEXT // 2 :]}"
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def to_json(diagnostic: Diagnostic) -> dict[str, object]:
    """The diagnostic as plain data, for `--json`."""
    return {
        "severity": str(diagnostic.severity),
        "code": diagnostic.code,
        "message": diagnostic.message,
        "span": _span_json(diagnostic.span),
        "label": diagnostic.label,
        "notes": [{"span": _span_json(n.span), "text": n.text} for n in diagnostic.notes],
        "help": diagnostic.help,
    }


def _span_json(span: Span) -> dict[str, object]:
    return {
        "file": span.file,
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
    }
