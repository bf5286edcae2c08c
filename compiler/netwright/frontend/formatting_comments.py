"""Finding the comments of a document and handing each to what it was written for."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from netwright.frontend.document import Document, Value
from netwright.frontend.formatting_tree import Branch, Entry, scalars


@dataclass(frozen=True, slots=True)
class _Comment:
    start: int
    line: int
    column: int
    text: str
    own_line: bool


@dataclass(frozen=True, slots=True)
class _Seat:
    """An entry and the branches around it, outermost first."""

    entry: Entry
    around: tuple[Branch, ...]


def attach(document: Document, root: Branch) -> list[str]:
    """Hand the document's comments to the entries of `root`; those that head the file are
    returned."""
    assert document.root is not None
    seats = list(_seats(root, (root,)))
    ends = _ends(document, document.root, seats)
    lines = document.text.split("\n")
    marks: dict[int, list[tuple[int, str]]] = {}
    for comment in _comments(document):
        holder = None if comment.own_line else _on_line(document, comment, ends)
        if holder is None:
            target = _target(comment, seats, root)
            marks.setdefault(id(target), []).append((comment.line, comment.text))
            continue
        if holder.eol:
            holder.before.append(holder.eol)
        holder.eol = comment.text
    for entry in (seat.entry for seat in seats):
        _before(document, entry, marks.get(id(entry), []), lines)
        if isinstance(entry.value, Branch):
            entry.value.tail += _spaced(marks.get(id(entry.value), []), lines)
    root.tail += _spaced(marks.get(id(root), []), lines)
    return _cut_head(seats[0].entry) if seats else []


def _cut_head(first: Entry) -> list[str]:
    """The comments above the first entry that a blank line parts from it."""
    if "" not in first.before:
        return []
    cut = len(first.before) - first.before[::-1].index("")
    head, first.before = first.before[: cut - 1], first.before[cut:]
    return head


def _seats(branch: Branch, around: tuple[Branch, ...]) -> Iterator[_Seat]:
    for entry in branch.entries:
        yield _Seat(entry, around)
        if isinstance(entry.value, Branch):
            yield from _seats(entry.value, (*around, entry.value))


def _comments(document: Document) -> Iterator[_Comment]:
    """Every `#` outside the scalars begins one."""
    assert document.root is not None
    text, at = document.text, 0
    for scalar, _ in scalars(document.root):
        yield from _gap(document, at, scalar.start)
        at = scalar.end
        if scalar.style in ("|", ">"):
            yield from _gap(document, scalar.start, text.find("\n", scalar.start))
    yield from _gap(document, at, len(text))


def _gap(document: Document, start: int, end: int) -> Iterator[_Comment]:
    text = document.text
    at = text.find("#", start, end)
    while at >= 0:
        stop = text.find("\n", at)
        stop = len(text) if stop < 0 else stop
        line = bisect_right(document.line_starts, at)
        column = at - document.line_starts[line - 1]
        own = not text[at - column : at].strip()
        yield _Comment(at, line, column + 1, text[at:stop].rstrip(), own)
        at = text.find("#", stop, end)


def _ends(document: Document, root: Value, seats: list[_Seat]) -> list[tuple[int, Entry]]:
    """Where the keys, scalars and closing brackets of the entries end, in order."""
    by_start = {seat.entry.start: seat.entry for seat in seats}
    entries = [seat.entry for seat in seats]
    found = [(e.value.end, e) for e in entries if isinstance(e.value, Branch) and e.value.flow]
    entry: Entry | None = None
    for scalar, _ in scalars(root):
        entry = by_start.get(scalar.start, entry)
        assert entry is not None
        end = scalar.end
        if scalar.style in ("|", ">"):
            end = scalar.start + 1
        found.append((end, entry))
    return sorted(found, key=lambda pair: pair[0])


def _on_line(document: Document, comment: _Comment, ends: list[tuple[int, Entry]]) -> Entry | None:
    """The entry whose end stands last before the comment on its line."""
    index = bisect_right(ends, comment.start, key=lambda pair: pair[0]) - 1
    line_start = document.line_starts[comment.line - 1]
    return ends[index][1] if index >= 0 and ends[index][0] > line_start else None


def _target(comment: _Comment, seats: list[_Seat], root: Branch) -> Entry | Branch:
    """What a comment on a line of its own belongs to: the next entry, or what ends before it."""
    index = bisect_right(seats, comment.start, key=lambda seat: seat.entry.start)
    following = seats[index] if index < len(seats) else None
    around = _around(seats[index - 1]) if index else (root,)
    for branch in reversed(around):
        if branch.flow and branch.start < comment.start < branch.end:
            if not branch.entries:
                return seats[index - 1].entry
            inside = following is not None and branch in following.around
            return following.entry if inside and following is not None else branch
    floor = 0 if following is None else following.around[-1].column
    if following is not None and comment.column <= floor:
        return following.entry
    for branch in reversed(around):
        if not branch.flow and branch.entries and floor < branch.column <= comment.column:
            return branch
    return root if following is None else following.entry


def _around(seat: _Seat) -> tuple[Branch, ...]:
    held = seat.entry.value
    return (*seat.around, held) if isinstance(held, Branch) else seat.around


def _before(
    document: Document, entry: Entry, comments: list[tuple[int, str]], lines: list[str]
) -> None:
    line = bisect_right(document.line_starts, entry.start)
    first = comments[0][0] if comments else line
    entry.blank = _blank_above(first, lines)
    own = _spaced(comments, lines)
    if own and own[0] == "":
        del own[0]
    entry.before += own
    if comments and _blank_above(line, lines):
        entry.before.append("")


def _spaced(comments: list[tuple[int, str]], lines: list[str]) -> list[str]:
    """The texts, with "" where a blank line stands above one."""
    found: list[str] = []
    for line, text in comments:
        found += ["", text] if _blank_above(line, lines) else [text]
    return found


def _blank_above(line: int, lines: list[str]) -> bool:
    return line > 1 and not lines[line - 2].strip()
