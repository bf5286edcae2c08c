"""What a misspelt name was meant to be, at a bounded cost: the names are a stranger's."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from itertools import islice

_LONGEST = 64
"""Characters of a name that is compared at all: the time grows with their square."""

_CANDIDATES = 2000
"""Known names that are looked at."""

_COMPARED = 30
"""Of these, the ones that are compared letter by letter: those with the most letters in common."""


def nearest(name: str, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """The name among `known` that is most like `name`; None where less than `cutoff` agrees.

    cutoff  twice the letters that stand in both in one order, by the letters of both
    """
    if len(name) > _LONGEST:
        return None
    letters = set(name)
    plausible: list[tuple[int, int, str]] = []
    for candidate in islice(known, _CANDIDATES):
        allowed = (1 - cutoff) * (len(name) + len(candidate))
        longer = abs(len(name) - len(candidate))
        if longer <= allowed:
            different = len(letters.symmetric_difference(candidate))
            if different <= allowed:
                plausible.append((different, longer, candidate))
    if len(plausible) > _COMPARED:
        plausible.sort()
    found = get_close_matches(name, [c for _, _, c in plausible[:_COMPARED]], 1, cutoff)
    return found[0] if found else None
