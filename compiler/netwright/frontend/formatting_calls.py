"""The parts of a module's short form, and short forms of a long form's values, as text."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from netwright.frontend.formatting_tree import Leaf, Tree
from netwright.frontend.scalars import plain_value
from netwright.ir.expr import Expr, ListExpr, Literal

_TOKEN = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|[()\[\],]")
_NAMED = re.compile(r"\s*([A-Za-z_]\w*)\s*=(?!=)\s*(.*)", re.ASCII | re.DOTALL)
_NUMBER = re.compile(r"[+-]?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?", re.ASCII)
_OPENING = {")": "(", "]": "["}


@dataclass(frozen=True, slots=True)
class Parts:
    """`callee(args)(inputs)`: the texts between the commas; `inputs` is None where there is no
    second bracket."""

    callee: str
    args: tuple[str, ...]
    inputs: tuple[str, ...] | None


def parts_of(text: str, called: bool) -> Parts:
    """The parts of a module's short form; `called`: its inputs are written."""
    groups = _groups(text)
    taken = groups[-(2 if called else 1) :]
    if not taken or taken[-1][1] != len(text) - 1 or (called and len(taken) < 2):
        return Parts(text, (), None)
    inputs = _split(text, taken[-1]) if called else None
    return Parts(text[: taken[0][0]].strip(), _split(text, taken[0]), inputs)


def _groups(text: str) -> list[tuple[int, int]]:
    """Where the round brackets that stand in no other open and close."""
    found: list[tuple[int, int]] = []
    stack: list[tuple[str, int]] = []
    for token in _TOKEN.finditer(text):
        sign = token[0]
        if sign in ("(", "["):
            stack.append((sign, token.start()))
        elif sign in _OPENING and stack:
            opened, at = stack.pop()
            if not stack and opened == "(":
                found.append((at, token.start()))
    return found


def _split(text: str, group: tuple[int, int]) -> tuple[str, ...]:
    """The texts between the commas of a group."""
    start, end = group
    parts: list[str] = []
    depth, at = 0, start + 1
    for token in _TOKEN.finditer(text, start + 1, end):
        sign = token[0]
        depth += (sign in ("(", "[")) - (sign in _OPENING)
        if sign == "," and not depth:
            parts.append(text[at : token.start()].strip())
            at = token.end()
    last = text[at:end].strip()
    return (*parts, last) if last else tuple(parts)


def named(part: str) -> tuple[str, str]:
    """`name=value` as two texts; the name is empty for a bare value."""
    match = _NAMED.fullmatch(part)
    return ("", part) if match is None else (match[1], match[2].strip())


def long_value(text: str, value: Expr | None) -> Leaf:
    """An argument of a short form as data; `value` is what it was read as."""
    if text in ("True", "False", "None"):
        return Leaf({"True": "true", "False": "false", "None": "null"}[text], raw=True)
    if _NUMBER.fullmatch(text):
        return Leaf(text, raw=not isinstance(plain_value(text), str))
    if isinstance(value, Literal) and isinstance(value.value, str):
        return Leaf(value.value)
    return Leaf(text)


def short_value(tree: Tree, value: Expr | None) -> str | None:
    """A value of a long form as an argument of a short one; None where it cannot be."""
    if not isinstance(tree, Leaf):
        return _short_list(tree, value) if tree.sequence else None
    if tree.raw:
        return _short_raw(tree.text)
    if isinstance(value, Literal) and value.value == tree.text:
        return json.dumps(tree.text) if tree.text.isascii() and tree.text.isprintable() else None
    text = tree.text.strip()
    return text if text and "\n" not in text else None


def _short_list(tree: Tree, value: Expr | None) -> str | None:
    assert not isinstance(tree, Leaf)
    if not isinstance(value, ListExpr) or len(value.items) != len(tree.entries):
        return None
    items = [short_value(e.value, v) for e, v in zip(tree.entries, value.items, strict=True)]
    known = [item for item in items if item is not None]
    return f"[{', '.join(known)}]" if len(known) == len(items) else None


def _short_raw(text: str) -> str | None:
    plain = plain_value(text)
    if plain is None or isinstance(plain, bool):
        return str(plain)
    if _NUMBER.fullmatch(text):
        return text.removeprefix("+")
    if text in (".inf", "-.inf"):
        return text.replace(".", "")
    return None if text == ".nan" else repr(plain)
