"""The normal form: polynomials with integer coefficients over symbols, floors and remainders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from netwright.ir.expr import Expr


@dataclass(frozen=True, slots=True)
class Symbol:
    """A named size. `scale` says that it is a multiple of `scale`: the atom is then `name / scale`.

    `expr` is what to write for it in source, where that is not the name; it is not compared.
    """

    name: str
    witness: int | None = None
    scale: int = 1
    expr: Expr | None = field(default=None, compare=False)

    @property
    def key(self) -> str:
        return f"{self.name}/{self.scale}" if self.scale != 1 else self.name


@dataclass(frozen=True, slots=True)
class Floor:
    """`numerator // denominator`, in lowest terms."""

    numerator: Dim
    denominator: Size

    @property
    def key(self) -> str:
        return f"({self.numerator.key})//({_key(self.denominator)})"


@dataclass(frozen=True, slots=True)
class Mod:
    """`numerator % denominator`."""

    numerator: Dim
    denominator: Size

    @property
    def key(self) -> str:
        return f"({self.numerator.key})%({_key(self.denominator)})"


Atom = Symbol | Floor | Mod
Monomial = tuple[Atom, ...]  # sorted by key; a repeated atom is a power; () is the constant


class SizeTooLarge(ArithmeticError):
    """A size beyond what a tensor can have, or a formula beyond what anybody can read."""


MAX_SIZE = 2**63 - 1
"""Torch counts in int64."""

_MAX_KEY = 20_000
"""Characters of a formula; one that is divided by itself again and again doubles each time."""

_MAX_PRODUCTS = 10_000


class Dim:
    """A size that is not a plain integer. Build with `symbol` and arithmetic.

    The operators are short for the functions of this package; division and printing, which stand
    on this class, are imported when they are used.
    """

    __slots__ = ("_hash", "key", "terms")

    def __init__(self, terms: Mapping[Monomial, int]) -> None:
        kept = [item for item in terms.items() if item[1]]
        if len(kept) > 1:
            kept.sort(key=lambda item: _monomial_order(item[0]))
        self.terms: tuple[tuple[Monomial, int], ...] = tuple(kept)
        if any(abs(c) > MAX_SIZE for _, c in self.terms):
            raise SizeTooLarge("a size beyond 2**63 - 1")
        self.key = "+".join(f"{c}*{'*'.join(a.key for a in m)}" for m, c in self.terms)
        if len(self.key) > _MAX_KEY:
            raise SizeTooLarge(f"the formula of a size has more than {_MAX_KEY} characters")
        self._hash = hash(self.terms)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Dim) and self.terms == other.terms

    def __hash__(self) -> int:
        return self._hash

    def __bool__(self) -> bool:
        raise TypeError(f"the truth of the symbolic size `{self}` was asked; use `known`")

    def __add__(self, other: Size) -> Size:
        return add(self, other)

    __radd__ = __add__

    def __neg__(self) -> Size:
        return mul(self, -1)

    def __sub__(self, other: Size) -> Size:
        return add(self, mul(other, -1))

    def __rsub__(self, other: int) -> Size:
        return add(mul(self, -1), other)

    def __mul__(self, other: Size) -> Size:
        return mul(self, other)

    __rmul__ = __mul__

    def __floordiv__(self, other: Size) -> Size:
        from netwright.ir.dims.division import floordiv

        return floordiv(self, other)

    def __rfloordiv__(self, other: int) -> Size:
        from netwright.ir.dims.division import floordiv

        return floordiv(other, self)

    def __mod__(self, other: Size) -> Size:
        from netwright.ir.dims.division import mod

        return mod(self, other)

    def __rmod__(self, other: int) -> Size:
        from netwright.ir.dims.division import mod

        return mod(other, self)

    def __str__(self) -> str:
        from netwright.ir.dims.printing import show

        return show(self)

    def __repr__(self) -> str:
        return f"Dim({self})"


Size = int | Dim


def _key(size: Size) -> str:
    return size.key if isinstance(size, Dim) else str(size)


def _monomial_order(monomial: Monomial) -> tuple[int, str]:
    return (-len(monomial), "*".join(a.key for a in monomial))


def symbol(name: str, witness: int | None = None, scale: int = 1, expr: Expr | None = None) -> Dim:
    """The size called `name`; a known multiple of `scale`."""
    return Dim({(Symbol(name, witness, scale, expr),): scale})


def terms_of(size: Size) -> dict[Monomial, int]:
    return {(): size} if isinstance(size, int) else dict(size.terms)


def from_terms(terms: Mapping[Monomial, int]) -> Size:
    kept = {m: c for m, c in terms.items() if c}
    if not kept:
        return 0
    if len(kept) == 1 and () in kept:
        return kept[()]
    return Dim(kept)


def add(a: Size, b: Size) -> Size:
    if isinstance(a, int) and isinstance(b, int):
        return a + b
    if b == 0:
        return a
    terms = terms_of(a)
    for monomial, coefficient in terms_of(b).items():
        terms[monomial] = terms.get(monomial, 0) + coefficient
    return from_terms(terms)


def mul(a: Size, b: Size) -> Size:
    if isinstance(a, int) and isinstance(b, int):
        return a * b
    if isinstance(a, int):
        a, b = b, a
    if b == 1:
        return a
    if isinstance(b, int):
        return from_terms({m: c * b for m, c in terms_of(a).items()})
    terms: dict[Monomial, int] = {}
    first, second = terms_of(a), terms_of(b)
    if len(first) * len(second) > _MAX_PRODUCTS:
        raise SizeTooLarge(f"the formula of a size has more than {_MAX_PRODUCTS} terms")
    for m1, c1 in first.items():
        for m2, c2 in second.items():
            monomial = tuple(sorted((*m1, *m2), key=lambda atom: atom.key))
            terms[monomial] = terms.get(monomial, 0) + c1 * c2
    return from_terms(terms)


def product(sizes: tuple[Size, ...] | list[Size]) -> Size:
    """The product of `sizes`, 1 for none."""
    total: Size = 1
    for size in sizes:
        total = mul(total, size)
    return total
