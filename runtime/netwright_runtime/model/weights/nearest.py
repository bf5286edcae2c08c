"""Which tensor of a file may be meant by a weight that was not found, and the other way round."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher

_SHOWN = 2
"""Candidates that are named."""

_COMPARED = 16
"""Candidates that are compared letter by letter: those with most levels in common."""


_CLOSE = 0.6
"""How alike a name of another shape has to be, of 1."""


def nearest(name: str, shape: Sequence[int], among: Mapping[str, Sequence[int]]) -> tuple[str, ...]:
    """The names in `among` that are most like `name`, those of its shape before all others."""
    levels, end = set(name.split(".")), name.rpartition(".")[2]

    def fits(candidate: str) -> tuple[bool, bool]:
        return tuple(among[candidate]) == tuple(shape), candidate.rpartition(".")[2] == end

    def likely(candidate: str) -> tuple[tuple[bool, bool], int]:
        return fits(candidate), len(levels.intersection(candidate.split(".")))

    def alike(candidate: str) -> float:
        return SequenceMatcher(None, name, candidate, autojunk=False).ratio()

    compared = sorted(among, key=likely, reverse=True)[:_COMPARED]
    ranked = sorted(((fits(c), alike(c), c) for c in compared), reverse=True)
    best = ranked[0][0] if ranked else (False, False)
    return tuple(c for f, a, c in ranked if f == best and (f[0] or a > _CLOSE))[:_SHOWN]
