"""Scalars as YAML text: plain where that means the same, else in quotes."""

from __future__ import annotations

import json
import re

from netwright.frontend.formatting_tree import Leaf
from netwright.frontend.scalars import plain_value

_STARTS = frozenset("-?:,[]{}#&*!|>'\"%@` \t")
_ODD = re.compile(r"[^\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\uffef\U00010000-\U0010ffff]")
_FLOW = re.compile(r"[,\[\]{}:?]")
WIDTH = 120
"""Columns of a line."""
JOINED = 80
"""Columns up to which a mapping that its author wrote line by line is put on one line."""


def key_text(key: str, flow: bool) -> str:
    """`key` as YAML text; a number that names an item stands bare."""
    if key.isascii() and key.isdigit() and str(int(key)) == key:
        return key
    return quoted(key, flow)


def leaf_text(leaf: Leaf, flow: bool) -> str:
    """`leaf` on one line."""
    return leaf.text if leaf.raw else quoted(leaf.text, flow)


def quoted(text: str, flow: bool) -> str:
    """`text` as a YAML scalar on one line; `flow`: inside braces or brackets."""
    if _means_itself(text, flow):
        return text
    if _ODD.search(text):
        return json.dumps(text)
    if '"' not in text and "\\" not in text:
        return f'"{text}"'
    return "'" + text.replace("'", "''") + "'"


def _means_itself(text: str, flow: bool) -> bool:
    if not text or text[-1] in ": " or ": " in text or " #" in text or _ODD.search(text):
        return False
    if text[0] in _STARTS and not (text[0] == "-" and text[1:2].isalnum()):
        return False
    if flow and (_FLOW.search(text) or " for " in text):
        return False
    return text != "<<" and isinstance(plain_value(text), str)


def wrapped(text: str, width: int) -> list[str]:
    """`text` in lines that fold back into it, broken outside quotes; one line where it cannot
    be."""
    if text != text.strip() or "\n" in text or _ODD.search(text):
        return [text]
    lines: list[str] = []
    while len(text) > width:
        breaks = _breaks(text)
        fitting = [at for at in breaks if at <= width]
        fitting = _before_else(text, fitting) or fitting
        if not breaks:
            break
        at = fitting[-1] if fitting else breaks[0]
        lines.append(text[:at])
        text = text[at + 1 :]
    return [*lines, text]


def _before_else(text: str, breaks: list[int]) -> list[int]:
    """Of `breaks`, the first between the halves of a choice: `a if c` and `else b`."""
    found = (at for at in breaks if text.startswith(" else ", at) and " if " in text[:at])
    first = next(found, None)
    return [] if first is None else [first]


def _breaks(text: str) -> list[int]:
    """The single spaces outside double quotes (all of them, where a quote is never closed)."""
    singles = [m.start() for m in re.finditer(r"(?<=[^\s]) (?=[^\s])", text)]
    if text.count('"') % 2:
        return singles
    return [at for at in singles if text.count('"', 0, at) % 2 == 0]
