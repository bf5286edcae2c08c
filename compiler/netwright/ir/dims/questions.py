"""What is known of a size: its value, its bounds, how it stands to another."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from netwright.ir.dims.division import floordiv, mod
from netwright.ir.dims.polynomial import (
    Atom,
    Dim,
    Floor,
    Mod,
    Monomial,
    Size,
    Symbol,
    add,
    is_witnessed,
    mul,
)


def rewrite(size: Size, change: Callable[[Symbol], Size | None]) -> Size:
    """`size` with every symbol for which `change` gives a size replaced (by that whole size)."""
    if isinstance(size, int):
        return size
    total: Size = 0
    for monomial, coefficient in size.terms:
        term: Size = coefficient
        for atom in monomial:
            term = mul(term, _rewrite_atom(atom, change))
        total = add(total, term)
    return total


def _rewrite_atom(atom: Atom, change: Callable[[Symbol], Size | None]) -> Size:
    if isinstance(atom, Symbol):
        new = change(atom)
        if new is None:
            return Dim({(atom,): 1})
        return floordiv(new, atom.scale)
    numerator = rewrite(atom.numerator, change)
    denominator = rewrite(atom.denominator, change)
    if isinstance(atom, Floor):
        return floordiv(numerator, denominator)
    return mod(numerator, denominator)


def substitute(size: Size, values: Mapping[str, Size]) -> Size:
    """`size` with the symbols named in `values` replaced."""
    return rewrite(size, lambda s: values.get(s.name))


def ground(size: Size) -> Size:
    """`size` with every witness in place of its symbol."""
    return rewrite(size, lambda s: s.witness) if is_witnessed(size) else size


def known(size: Size) -> int | None:
    """The integer that `size` is, or None where that is only known at run time."""
    if isinstance(size, int):
        return size
    grounded = ground(size) if size.witnessed else None
    return grounded if isinstance(grounded, int) else None


def same(a: Size, b: Size) -> bool:
    """Whether the two are provably equal."""
    return a == b or ground(a) == ground(b)


def compare(a: Size, b: Size) -> int | None:
    """-1, 0 or 1 where the order is certain (a symbol is at least 1), else None."""
    low, high = _difference(a, b)
    if low is not None and low > 0:
        return 1
    if high is not None and high < 0:
        return -1
    return 0 if low == high == 0 else None


def at_least(a: Size, b: Size) -> bool | None:
    """Whether `a >= b`, where that is certain."""
    low, high = _difference(a, b)
    if low is not None and low >= 0:
        return True
    if high is not None and high < 0:
        return False
    return None


def _difference(a: Size, b: Size) -> tuple[int | None, int | None]:
    """The bounds of `a - b`."""
    if isinstance(a, int) and isinstance(b, int):
        return a - b, a - b
    a, b = ground(a), ground(b)
    if not isinstance(b, int):
        return bounds(add(a, mul(b, -1)))
    low, high = bounds(a)
    return (None if low is None else low - b), (None if high is None else high - b)


def bounds(size: Size) -> tuple[int | None, int | None]:
    """The least and greatest value that `size` can take; None for no bound."""
    if isinstance(size, int):
        return size, size
    low: int | None = 0
    high: int | None = 0
    for monomial, coefficient in size.terms:
        least, most = _monomial_bounds(monomial)
        if coefficient < 0:
            least, most = most, least
        low = None if low is None or least is None else low + coefficient * least
        high = None if high is None or most is None else high + coefficient * most
    return low, high


def _monomial_bounds(monomial: Monomial) -> tuple[int | None, int | None]:
    low: int | None = 1
    high: int | None = 1
    for atom in monomial:
        least, most = _atom_bounds(atom)
        if least is None or least < 0:
            return None, None
        low = None if low is None else low * least
        high = None if high is None or most is None else high * most
    return low, high


def _atom_bounds(atom: Atom) -> tuple[int | None, int | None]:
    if isinstance(atom, Symbol):
        return 1, None
    if not isinstance(atom.denominator, int):
        return None, None
    low, high = bounds(atom.numerator)
    d = atom.denominator
    if isinstance(atom, Mod):
        return 0, d - 1
    return (None if low is None else low // d), (None if high is None else high // d)


def symbols(size: Size) -> list[Symbol]:
    """The symbols in `size`, each once, in order of appearance."""
    found: dict[Symbol, None] = {}

    def visit(s: Symbol) -> None:
        found.setdefault(s)

    rewrite(size, visit)
    return list(found)


def evaluate(size: Size, values: Mapping[str, int]) -> int:
    """The integer that `size` is for these values of its symbols; KeyError names one that is
    missing."""

    def value(s: Symbol) -> Size:
        return s.witness if s.witness is not None and s.name not in values else values[s.name]

    result = rewrite(size, value)
    assert isinstance(result, int)
    return result
