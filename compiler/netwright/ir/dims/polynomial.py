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
    length: int = field(init=False, compare=False, repr=False)
    witnessed: bool = field(init=False, compare=False, repr=False)

    @property
    def key(self) -> str:
        return f"{self.name}/{self.scale}" if self.scale != 1 else self.name

    def __post_init__(self) -> None:
        _measure(self, len(self.name) + 1, self.witness is not None)

    def __hash__(self) -> int:
        return hash(self.name)


@dataclass(frozen=True, slots=True)
class Floor:
    """`numerator // denominator`, in lowest terms."""

    numerator: Dim
    denominator: Size
    length: int = field(init=False, compare=False, repr=False)
    witnessed: bool = field(init=False, compare=False, repr=False)

    @property
    def key(self) -> str:
        return f"({self.numerator.key})//({_key(self.denominator)})"

    def __post_init__(self) -> None:
        witnessed = self.numerator.witnessed or is_witnessed(self.denominator)
        _measure(self, self.numerator.length + _length(self.denominator) + 6, witnessed)


@dataclass(frozen=True, slots=True)
class Mod:
    """`numerator % denominator`."""

    numerator: Dim
    denominator: Size
    length: int = field(init=False, compare=False, repr=False)
    witnessed: bool = field(init=False, compare=False, repr=False)

    @property
    def key(self) -> str:
        return f"({self.numerator.key})%({_key(self.denominator)})"

    def __post_init__(self) -> None:
        witnessed = self.numerator.witnessed or is_witnessed(self.denominator)
        _measure(self, self.numerator.length + _length(self.denominator) + 5, witnessed)


Atom = Symbol | Floor | Mod


def _measure(atom: Atom, length: int, witnessed: bool) -> None:
    """Note in an atom what every `Dim` that holds it asks for."""
    object.__setattr__(atom, "length", length)
    object.__setattr__(atom, "witnessed", witnessed)


Monomial = tuple[Atom, ...]  # sorted by key; a repeated atom is a power; () is the constant


class SizeTooLarge(ArithmeticError):
    """A size beyond what a tensor can have, or a formula beyond what anybody can read."""


MAX_SIZE = 2**63 - 1
"""Torch counts in int64."""

_MAX_LENGTH = 20_000
"""Characters of a formula; one that is divided by itself again and again doubles each time."""

_MAX_PRODUCTS = 1_000


class Dim:
    """A size that is not a plain integer. Build with `symbol` and arithmetic.

    The operators are short for the functions of this package; division and printing, which stand
    on this class, are imported when they are used.
    """

    __slots__ = ("_hash", "_key", "length", "terms", "witnessed")

    def __init__(self, terms: Mapping[Monomial, int]) -> None:
        """`terms` has no zero, and more than a constant."""
        items = list(terms.items())
        if len(items) > 1:
            items.sort(key=_term_order)
        self.terms: tuple[tuple[Monomial, int], ...] = tuple(items)
        self.length = 0
        """Characters of the key, or near it: known before a key that is too long is made."""
        self.witnessed = False
        """Whether a symbol in it has a witness, so that it may stand for a number."""
        for monomial, coefficient in items:
            if not -MAX_SIZE <= coefficient <= MAX_SIZE:
                raise SizeTooLarge("a size beyond 2**63 - 1")
            self.length += len(str(coefficient)) + 1
            for atom in monomial:
                self.length += atom.length
                self.witnessed = self.witnessed or atom.witnessed
        if self.length > _MAX_LENGTH:
            raise SizeTooLarge(f"the formula of a size has more than {_MAX_LENGTH} characters")
        self._key = ""
        self._hash = 0

    @property
    def key(self) -> str:
        """The normal form as text, by which atoms and terms are ordered."""
        if not self._key:
            terms = (f"{c}*{'*'.join(a.key for a in m)}" for m, c in self.terms)
            self._key = "+".join(terms)
        return self._key

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Dim) and self.terms == other.terms)

    def __hash__(self) -> int:
        if not self._hash:
            self._hash = hash(self.terms)
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


def _length(size: Size) -> int:
    return size.length if isinstance(size, Dim) else len(str(size))


def is_witnessed(size: Size) -> bool:
    """Whether a symbol in `size` has a witness."""
    return isinstance(size, Dim) and size.witnessed


def _term_order(term: tuple[Monomial, int]) -> tuple[int, str]:
    monomial = term[0]
    return (-len(monomial), "*".join([a.key for a in monomial]))


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


def _atom_order(atom: Atom) -> str:
    return atom.key


def add(a: Size, b: Size) -> Size:
    if isinstance(b, int):
        if isinstance(a, int):
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
            monomial = (*m1, *m2)
            if m1 and m2:
                monomial = tuple(sorted(monomial, key=_atom_order))
            terms[monomial] = terms.get(monomial, 0) + c1 * c2
    return from_terms(terms)


def product(sizes: tuple[Size, ...] | list[Size]) -> Size:
    """The product of `sizes`, 1 for none."""
    total: Size = 1
    for size in sizes:
        total = mul(total, size)
    return total
