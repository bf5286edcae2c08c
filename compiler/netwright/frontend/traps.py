"""YAML's traps: what a spec's author meant where YAML reads something else, and how to quote it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from netwright.diagnostics import Diagnostic, Label, Report
from netwright.frontend.screening import point
from netwright.source import Span

if TYPE_CHECKING:
    from netwright.frontend.document import Entry, Scalar, Value

QUOTE_BRACES = "a text that begins with `{` or `[` wants quotes"
_LONGEST = 120
"""Characters of a value that a suggestion repeats."""
_CLOSING = {"(": ")", "[": "]", "{": "}"}


def quoted(text: str) -> str:
    """`text` as a quoted YAML scalar."""
    if '"' in text or "\\" in text:
        return "'" + text.replace("'", "''") + "'"
    return f'"{text}"'


def suggestion(text: str) -> str:
    """The remedy: the whole value in quotes."""
    text = " ".join(text.split())
    return "quote this" if len(text) > _LONGEST or not text else f"quote this: `{quoted(text)}`"


def extent(text: str, start: int, flow: bool) -> int:
    """Where the value meant at `start` ends: with the line, or in braces at a `,` or a closing
    bracket outside its own brackets and quotes."""
    stack: list[str] = []
    quote = ""
    at = start
    while at < len(text) and text[at] != "\n":
        character = text[at]
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        elif character in _CLOSING:
            stack.append(_CLOSING[character])
        elif character in ")]}":
            if not stack or stack[-1] != character:
                break
            stack.pop()
        elif (character == "#" and text[at - 1] == " ") or (
            character == "," and flow and not stack
        ):
            break
        at += 1
    return start + len(text[start:at].rstrip())


_COLONLESS = re.compile(r"(\w+) +(\S.*)", re.ASCII)


def name_of_valueless(key: str) -> str:
    """The key that was meant where a colon is missing: `op` in `{op norm}`."""
    meant = _COLONLESS.fullmatch(key)
    return meant[1] if meant else key


def no_value(value: Scalar, key: Scalar | None) -> Diagnostic:
    """`act:` and nothing behind it."""
    if key is None:
        return Diagnostic("E0105", "an item of the list is empty", value.span)
    if value.flow and re.search(r"[^\w.-]", key.text):
        meant = _COLONLESS.fullmatch(key.text)
        remedy = f"did you mean `{meant[1]}: {meant[2]}`?" if meant else suggestion(key.text)
        message = f"`{key.text}` is a key without a value"
        return Diagnostic("E0105", message, key.span, help=remedy)
    help = "an empty mapping is `{}`, nothing is `null`"
    return Diagnostic("E0105", f"`{key.text}` has no value", key.span, help=help)


def torn(value: Scalar) -> Diagnostic:
    """A plain text whose brackets do not balance."""
    message = "YAML reads this as text, and its brackets do not balance"
    return Diagnostic(
        "E0101", message, value.span, help="if text is meant, " + suggestion(value.text)
    )


def flow_entries(entries: list[Entry], text: str, report: Report) -> list[Entry]:
    """The entries of `{}` without what a comma inside brackets cut off: `{from: cat(a, b)}`."""
    from netwright.frontend.document import Entry, Refused

    kept: list[Entry] = []
    end = 0
    for entry in entries:
        if entry.key.start < end:
            continue
        if entry.key.text.count('"') % 2 or entry.key.text.count("'") % 2:
            end = extent(text, entry.key.start, flow=True)
        cut = _cut_off(entry.value, text)
        if cut:
            end = cut
            report.add(_unbalanced(entry.value, text, cut))
            entry = Entry(entry.key, Refused(entry.value.span))
        kept.append(entry)
    return kept


def flow_items(items: list[Value], text: str, report: Report) -> list[Value]:
    """The items of `[]` without those that a comma inside brackets cut off: `[cat(a, b), c]`."""
    from netwright.frontend.document import Refused, Scalar

    kept: list[Value] = []
    end = 0
    for item in items:
        if isinstance(item, Scalar) and item.start < end:
            continue
        cut = _cut_off(item, text)
        if cut:
            end = cut
            report.add(_unbalanced(item, text, cut))
            item = Refused(item.span)
        kept.append(item)
    return kept


def _cut_off(value: Value, text: str) -> int:
    """Where the value meant here ends, if YAML ended it inside brackets; else 0."""
    from netwright.frontend.document import Scalar

    if not isinstance(value, Scalar) or value.style or "(" not in value.text:
        return 0
    if value.text.count("(") <= value.text.count(")"):
        return 0
    return max(extent(text, value.start, flow=True), value.end)


def _unbalanced(value: Value, text: str, end: int) -> Diagnostic:
    from netwright.frontend.document import Scalar

    assert isinstance(value, Scalar)
    following = text[value.end : value.end + 1]
    return Diagnostic(
        "E0101",
        f"YAML ends this value at the `{following}`, inside its brackets",
        value.span,
        help=suggestion(text[value.start : end]),
    )


def syntax(fault: Any, text: str, file: str, last: tuple[int, int]) -> Diagnostic:
    """A fault of the YAML parser, explained. `last` is the value that was read last before it."""
    mark = fault.problem_mark or fault.context_mark
    index = min(mark.index, len(text)) if mark is not None else 0
    problem = str(fault.problem or fault.context or "it cannot be read")
    context = fault.context_mark
    if context is not None and _unclosed(problem, text, index, last):
        message = f"`{text[context.index]}` is never closed"
        return Diagnostic("E0101", message, point(text, file, context.index))
    given = None if context is None else _assignment(text, context.index)
    if given is not None and "could not find expected" in problem:
        span = point(text, file, given.start(1))
        help = f"write `{given[1]}: {given[2]}`"
        return Diagnostic("E0101", "`=` does not give a name its value", span, help=help)
    trapped = _trapped(problem, text, file, index, last)
    if trapped is not None:
        return trapped
    notes: tuple[Label, ...] = ()
    if context is not None and fault.context and context.index < index:
        notes = (Label(point(text, file, context.index), str(fault.context)),)
    return Diagnostic("E0101", _plain(problem), _visible(text, file, index), notes=notes)


def _unclosed(problem: str, text: str, index: int, last: tuple[int, int]) -> bool:
    """Whether a flow collection runs on into the next line, or to the end of the text."""
    return "expected ',' or" in problem and (
        not text[index:].strip() or "\n" in text[last[0] : index]
    )


def _trapped(
    problem: str, text: str, file: str, index: int, last: tuple[int, int]
) -> Diagnostic | None:
    start, end = last
    between = text[end:index]
    line = text.rfind("\n", 0, index) + 1
    if "mapping values are not allowed" in problem and "\n" in text[start:index]:
        return _indented(text, file, index, "is indented deeper than the key before it")
    if "did not find expected key" in problem and not text[line:index].strip() and end <= index:
        return _indented(text, file, index, "stands between the levels around it")
    if "mapping values are not allowed" in problem:
        return _trap("`: ` cannot stand inside a value", text, file, start, flow=False)
    if ("tab" in problem and "indentation" in problem) or text[index : index + 1] == "\t":
        return Diagnostic(
            "E0101", "a tab cannot indent", point(text, file, index), help="use spaces"
        )
    if "block sequence entries are not allowed" in problem or "cannot start any token" in problem:
        sign = text[index : index + 1]
        return _trap(f"a value cannot begin with `{sign}`", text, file, index, flow=False)
    if "unexpected end of stream" in problem:
        span = point(text, file, _opening(text, start, end))
        return Diagnostic("E0101", "a quote is never closed", span)
    if "did not find expected" in problem and end and "\n" not in between:
        flow = "',' or" in problem
        if index < len(text) and text[index] not in "\n,]}":
            message = f"YAML ends this value before the `{text[index]}`"
            return _trap(message, text, file, start, flow)
    return None


_ASSIGNMENT = re.compile(r"^[ ]*(\w+) *= *([^=\n].*)$", re.ASCII | re.MULTILINE)


def _assignment(text: str, index: int) -> re.Match[str] | None:
    """Python's `x = conv(x)` on the line of `index`."""
    return _ASSIGNMENT.match(text, text.rfind("\n", 0, index) + 1)


def _indented(text: str, file: str, index: int, how: str) -> Diagnostic:
    """A line that begins in the wrong column."""
    start = text.rfind("\n", 0, index) + 1
    start += len(text[start:]) - len(text[start:].lstrip(" "))
    name = re.compile(r"[^\s:]*").match(text, start)
    assert name is not None
    help = "the keys of one mapping begin in the same column"
    return Diagnostic("E0101", f"`{name[0]}` {how}", point(text, file, start), help=help)


def _opening(text: str, start: int, end: int) -> int:
    """The quote that opens after the value read last."""
    match = re.compile(r"[\"']").search(text, end)
    return match.start() if match else start


def _trap(message: str, text: str, file: str, start: int, flow: bool) -> Diagnostic:
    end = extent(text, start, flow)
    first = point(text, file, start)
    span = Span(file, first.line, first.column, first.line, first.column + max(1, end - start))
    return Diagnostic("E0101", message, span, help=suggestion(text[start:end]))


def _visible(text: str, file: str, index: int) -> Span:
    """The place of a fault; at the end of the text, the last character that is not white space."""
    if index >= len(text):
        index = max(0, len(text.rstrip()) - 1)
    return point(text, file, index)


def _plain(problem: str) -> str:
    return problem.replace("'", "`").replace("<", "").replace(">", "")
