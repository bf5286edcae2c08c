"""What is wrong with the form of a recipe: pydantic's errors in the language's words and places."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from netwright.diagnostics import Diagnostic
from netwright.frontend.document import MappingValue, Refused, Scalar, Value
from netwright.frontend.identifiers import closest, did_you_mean
from netwright.frontend.validate import EXPECTED, head, kind_of, walk
from netwright.recipe.named import UNKNOWN_KEY, UNKNOWN_NAME
from netwright.source import Span

Location = tuple[int | str, ...]

_BEGINNINGS = ("Input should be ", "Value error, ")
"""What pydantic puts before a bound, and before what a check of ours expects."""


def place(root: Value, where: Location) -> Span:
    """The span of the value at `where`, or of what stands nearest above it."""
    _, value, key = walk(root, where)
    return value.span if isinstance(value, Scalar) or key is None else key.span


def key_place(root: Value, where: Location) -> Span:
    """The span of the key at `where`."""
    _, value, key = walk(root, where)
    return value.span if key is None else key.span


def diagnostic(root: Value, error: Any) -> Diagnostic | None:
    """The diagnostic for an error of pydantic; None for an echo of something reported."""
    kind, where = error["type"], error["loc"]
    parent, value, key = walk(root, where)
    if isinstance(value, Refused):
        return None
    if kind == "missing":
        return _missing(value, str(where[-1]))
    if kind == UNKNOWN_KEY:
        return _unknown_key(parent, key, error)
    if kind == UNKNOWN_NAME:
        return _unknown_name(root, where, error)
    if kind in EXPECTED or kind == "named":
        expected = EXPECTED.get(kind, error["msg"])
        return Diagnostic("E0105", _holds(value, key, expected), place(root, where))
    return _out_of_bounds(root, where, error)


def _missing(value: Value, name: str) -> Diagnostic | None:
    keys = value.entries if isinstance(value, MappingValue) else ()
    if any(closest(key, [name]) for key in keys):
        return None  # the misspelt key is reported
    return Diagnostic("E0104", f"the key `{name}` is missing", head(value))


def _unknown_key(parent: MappingValue | None, key: Scalar | None, error: Any) -> Diagnostic | None:
    if key is None:
        return None
    taken = () if parent is None else parent.entries
    known = [name for name in error["ctx"]["known"] if name not in taken]
    help = did_you_mean(key.text, known) or (f"the keys here are {listing(known)}" if known else "")
    return Diagnostic("E0103", f"there is no key `{key.text}` here", key.span, help=help)


def _unknown_name(root: Value, where: Location, error: Any) -> Diagnostic:
    known: list[str] = error["ctx"]["known"]
    name: str = error["ctx"]["name"]
    help = did_you_mean(name, known) or f"there are {listing(known)}"
    _, value, _ = walk(root, where)
    named = value.entries.get(name) if isinstance(value, MappingValue) else None
    span = place(root, where) if named is None else named.key.span
    return Diagnostic("E0701", error["msg"], span, help=help)


def _out_of_bounds(root: Value, where: Location, error: Any) -> Diagnostic:
    _, value, key = walk(root, where)
    expected = error.get("ctx", {}).get("text", error["msg"])
    for begin in _BEGINNINGS:
        expected = expected.removeprefix(begin)
    help = did_you_mean(value.text, expected.split("'")) if isinstance(value, Scalar) else ""
    return Diagnostic("E0702", _holds(value, key, expected), place(root, where), help=help)


def _holds(value: Value, key: Scalar | None, expected: str) -> str:
    what = "the recipe" if key is None else f"`{key.text}`"
    held = f"`{value.text}`" if isinstance(value, Scalar) else kind_of(value)
    return f"{what} holds {held}, expected {expected.replace(chr(39), '`')}"


def listing(names: Sequence[str]) -> str:
    """Names as a diagnostic lists them."""
    return ", ".join(f"`{name}`" for name in names)
