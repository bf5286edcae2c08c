"""What is checked on the raw text, before a YAML parser sees it."""

from __future__ import annotations

import re
import unicodedata

from netwright.diagnostics import Diagnostic, Report
from netwright.frontend.budgets import Budgets
from netwright.source import Span

_SUSPECT = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    r"\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff"
    r"\ud800-\udfff\U000e0000-\U000e0fff]"
)
"""Control, bidirectional, invisible and unassigned characters. `\\r` is looked at by hand."""


def screen(text: str, file: str, report: Report, budgets: Budgets) -> bool:
    """Report what no spec may hold; False where the text must not be parsed."""
    if len(text) > budgets.text:
        message = f"the file has {len(text)} characters, the limit is {budgets.text}"
        report.add(Diagnostic("E0501", message, Span.point(file)))
        return False
    sound = _characters(text, file, report)
    return _brackets(text, file, report, budgets) and sound


def _characters(text: str, file: str, report: Report) -> bool:
    sound = True
    for match in _SUSPECT.finditer(text):
        index = match.start()
        if match[0] == "\r" and text[index + 1 : index + 2] == "\n":
            continue
        sound = False
        span = point(text, file, index)
        report.add(
            Diagnostic(
                "E0110",
                f"the character {_title(match[0])} does not belong in a spec",
                span,
                help="delete it",
            )
        )
    return sound


def _title(character: str) -> str:
    name = unicodedata.name(character, "")
    code = f"U+{ord(character):04X}"
    return f"{code} ({name.lower()})" if name else code


def _brackets(text: str, file: str, report: Report, budgets: Budgets) -> bool:
    """Bound how deep flow collections can nest, quotes and comments counted in to stay linear."""
    if text.count("[") + text.count("{") <= budgets.brackets:
        return True
    depth = 0
    for match in re.finditer(r"[\[\]{}]", text):
        depth = depth + 1 if match[0] in "[{" else max(0, depth - 1)
        if depth > budgets.brackets:
            message = f"more than {budgets.brackets} brackets are open here"
            report.add(Diagnostic("E0501", message, point(text, file, match.start())))
            return False
    return True


def point(text: str, file: str, index: int) -> Span:
    """The span of the one character at `index`."""
    line = text.count("\n", 0, index) + 1
    column = index - (text.rfind("\n", 0, index) + 1) + 1
    return Span(file, line, column, line, column + 1)
