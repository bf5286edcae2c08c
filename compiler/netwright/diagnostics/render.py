"""Diagnostics as text in the manner of rustc, and as JSON."""

from __future__ import annotations

from collections.abc import Iterable

from netwright.diagnostics.model import Diagnostic
from netwright.source import Sources, Span


def render(diagnostic: Diagnostic, sources: Sources) -> str:
    """The diagnostic with the source line and the place underlined."""
    lines = [f"{diagnostic.severity}[{diagnostic.code}]: {diagnostic.message}"]
    lines += _excerpt(diagnostic.span, diagnostic.label, sources)
    for note in diagnostic.notes:
        lines.append(f"note: {note.text}")
        lines += _excerpt(note.span, "", sources, underline=False)
    if diagnostic.help:
        lines.append(f"  = help: {diagnostic.help}")
    return "\n".join(lines)


def render_all(diagnostics: Iterable[Diagnostic], sources: Sources) -> str:
    """All diagnostics, a blank line between them."""
    return "\n\n".join(render(d, sources) for d in diagnostics)


def _excerpt(span: Span, label: str, sources: Sources, underline: bool = True) -> list[str]:
    place = f"  --> {span}"
    text = sources.line(span.file, span.line)
    if text is None or not underline:
        return [place]
    gutter = " " * len(str(span.line))
    width = max(1, _end(span, text) - span.column)
    mark = " " * (span.column - 1) + "^" * width
    return [
        place,
        f"{gutter} |",
        f"{span.line} | {_visible(text)}",
        f"{gutter} | {mark} {label}".rstrip(),
    ]


def _end(span: Span, text: str) -> int:
    end = span.end_column if span.end_line == span.line else len(text) + 1
    return min(end, len(text) + 1)


def _visible(text: str) -> str:
    """`text` with control and bidirectional characters replaced, so that a spec cannot repaint the terminal."""
    return "".join(c if c.isprintable() else "�" for c in text.replace("\t", " "))


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
