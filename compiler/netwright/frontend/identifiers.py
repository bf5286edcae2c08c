"""Which texts can be names, and what a misspelt one was meant to be."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable
from itertools import islice

from netwright.diagnostics import nearest

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_CONSTANTS = frozenset({"pi", "inf", "training"})
IMPORTED = frozenset({"F", "NamedTuple", "Tensor", "math", "nn", "torch"})
"""What emitted files import, and so mean something by; dims may bear these names."""
_CANDIDATES = 2000


def fault_of(name: str) -> str:
    """Why `name` cannot be the name of a node, param, input or block; empty where it can."""
    if not _IDENTIFIER.fullmatch(name):
        return "is not an identifier"
    if keyword.iskeyword(name):
        return "is a Python keyword"
    if name in _CONSTANTS:
        return "is a constant of the language"
    if name in IMPORTED:
        return "is a name that emitted files import"
    if name.startswith("__"):
        return "begins with two underscores"
    return ""


def usable_name(name: str) -> str:
    """The remedy for a name with a hyphen or spaces; empty where there is none."""
    better = re.sub(r"[\s-]+", "_", name)
    return f"write `{better}`" if better != name and not fault_of(better) else ""


def is_integer(name: str) -> bool:
    return name.isascii() and name.isdigit()


def closest(name: str, known: Iterable[str]) -> str | None:
    """The name among `known` that `name` was most likely meant to be."""
    candidates = list(islice(dict.fromkeys(known), _CANDIDATES))
    lowered = {c.lower(): c for c in reversed(candidates)}
    same = lowered.get(name.lower())
    if same is not None and same != name:
        return same
    close = nearest(name, candidates, 0.7)
    close = close or next((c for c in candidates if _swapped(c, name)), None)
    if close is None:
        near = nearest(name.lower(), lowered, 0.8)
        close = None if near is None else lowered[near]
    return close


def _swapped(one: str, other: str) -> bool:
    """Whether two letters of a short name stand in the wrong order: `kye` for `key`."""
    alike = len(one) == len(other) > 1 and one != other and one[0] == other[0]
    return alike and sorted(one) == sorted(other)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A remedy for a misspelt `name`, empty where nothing is close."""
    found = closest(name, known)
    return "" if found is None else f"did you mean `{found}`?"
