"""Boxes in a column, joined by lines, as SVG that stands in a page and takes its colours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

_WIDTH, _HEIGHT, _GAP = 420, 36, 16
_LANE, _MARGIN = 11, 8
_LETTERS = 62
"""As many as a line of a box holds."""


@dataclass(frozen=True)
class Box:
    """One thing in a column: what it is called, what it is, what it gives.

    end  whether it is an input or an output of the whole
    """

    name: str
    kind: str
    result: str
    end: bool = False


@dataclass(frozen=True)
class Column:
    """Boxes from top to bottom, and pairs of their numbers that a line joins, downwards."""

    title: str
    boxes: tuple[Box, ...]
    lines: tuple[tuple[int, int], ...]


def svg(column: Column) -> str:
    """The column as an SVG element in one line, for Markdown to leave alone."""
    long = [(a, b) for a, b in column.lines if b > a + 1]
    lanes = _lanes(long)
    width = _WIDTH + _LANE * (1 + max(lanes, default=-1)) + 2 * _MARGIN
    height = len(column.boxes) * (_HEIGHT + _GAP) - _GAP + 2 * _MARGIN
    parts = [
        f'<svg viewBox="0 0 {width} {height}" style="width:{width}px;max-width:100%" role="img" '
        f'aria-label="{escape(column.title)}" font-size="12" fill="currentColor">'
    ]
    parts += [_short(a) for a, b in column.lines if b == a + 1]
    parts += [_arc(a, b, lane) for (a, b), lane in zip(long, lanes, strict=True)]
    parts += [part for row, box in enumerate(column.boxes) for part in _box(row, box)]
    return "".join([*parts, "</svg>"])


def _lanes(lines: Sequence[tuple[int, int]]) -> list[int]:
    """A lane beside the boxes for each line, so that none lies over another; short ones inside."""
    taken: list[list[tuple[int, int]]] = []
    found = {}
    for line in sorted(lines, key=lambda ends: ends[1] - ends[0]):
        lane = next((k for k, held in enumerate(taken) if _free(held, line)), len(taken))
        if lane == len(taken):
            taken.append([])
        taken[lane].append(line)
        found[line] = lane
    return [found[line] for line in lines]


def _free(held: Sequence[tuple[int, int]], line: tuple[int, int]) -> bool:
    return all(line[1] <= a or b <= line[0] for a, b in held)


def _top(row: int) -> int:
    return _MARGIN + row * (_HEIGHT + _GAP)


def _short(row: int) -> str:
    x, y = _MARGIN + _WIDTH // 2, _top(row) + _HEIGHT
    tip, base = y + _GAP, y + _GAP - 5
    return _stroke(f"M{x} {y}V{base}") + _head(f"{x - 3},{base} {x + 3},{base} {x},{tip}")


def _arc(first: int, last: int, lane: int) -> str:
    x, out = _MARGIN + _WIDTH, _LANE * (lane + 1) - 3
    start, end = _top(first) + _HEIGHT // 2 + 5, _top(last) + _HEIGHT // 2 - 5
    path = f"M{x} {start}h{out - 4}q4 0 4 4V{end - 4}q0 4 -4 4H{x + 4}"
    return _stroke(path) + _head(f"{x + 5},{end - 3} {x + 5},{end + 3} {x},{end}")


def _stroke(path: str) -> str:
    return f'<path d="{path}" fill="none" stroke="currentColor" opacity="0.6"/>'


def _head(points: str) -> str:
    return f'<polygon points="{points}" opacity="0.6"/>'


def _box(row: int, box: Box) -> Iterator[str]:
    y = _top(row)
    fill = "none" if box.end else "var(--md-code-bg-color, none)"
    yield (
        f'<rect x="{_MARGIN}" y="{y}" width="{_WIDTH}" height="{_HEIGHT}" '
        f'rx="{_HEIGHT // 2 if box.end else 4}" fill="{fill}" stroke="currentColor" '
        'stroke-opacity="0.35"/>'
    )
    left, right, line = _MARGIN + 12, _MARGIN + _WIDTH - 12, y + (15 if box.kind else 22)
    yield f'<text x="{left}" y="{line}" font-weight="600">{escape(box.name)}</text>'
    room = _LETTERS - len(box.name) - 4
    yield (
        f'<text x="{right}" y="{line}" text-anchor="end" font-size="11" opacity="0.75">'
        f"{escape(_cut(box.result, room))}</text>"
    )
    if box.kind:
        kind = escape(_cut(box.kind, _LETTERS))
        yield f'<text x="{left}" y="{y + 30}" font-size="11">{kind}</text>'


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"
