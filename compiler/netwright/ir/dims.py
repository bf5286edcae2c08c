"""Symbolic sizes: integers, symbols and `+ - * // %` over them, in a normal form.

A `Size` is an `int` or a `Dim`. A `Dim` is a polynomial with integer coefficients over atoms: a
`Symbol`, a `Floor` (`a // b`) or a `Mod` (`a % b`). Two sizes that are equal as polynomials are
equal as Python values, so equal sizes can be found by `==` and used as keys.

A symbol may carry a *witness*, the number that it stands for in the instance at hand. Arithmetic
keeps the symbol; questions (`same`, `known`, `compare`) look at the witness. That is how the source
back end finds the expression behind an inferred size: it elaborates a block once more with its
params as symbols, every decision being taken as for the real numbers.

Rules over sizes never use `==`, `<` or `bool` on a size that may be symbolic; they ask:

    same(a, b)      are they equal (after witnesses)?
    known(a)        the integer, or None where it is only known at run time
    compare(a, b)   -1, 0 or 1 where the order is certain, else None
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import gcd

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
    """A size that is not a plain integer. Build with `symbol` and arithmetic."""

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
        return floordiv(self, other)

    def __rfloordiv__(self, other: int) -> Size:
        return floordiv(other, self)

    def __mod__(self, other: Size) -> Size:
        return mod(self, other)

    def __rmod__(self, other: int) -> Size:
        return mod(other, self)

    def __str__(self) -> str:
        return show(self)

    def __repr__(self) -> str:
        return f"Dim({show(self)})"


Size = int | Dim


def _key(size: Size) -> str:
    return size.key if isinstance(size, Dim) else str(size)


def _monomial_order(monomial: Monomial) -> tuple[int, str]:
    return (-len(monomial), "*".join(a.key for a in monomial))


def symbol(name: str, witness: int | None = None, scale: int = 1, expr: Expr | None = None) -> Dim:
    """The size called `name`; a known multiple of `scale`."""
    return Dim({(Symbol(name, witness, scale, expr),): scale})


def _terms(size: Size) -> dict[Monomial, int]:
    return {(): size} if isinstance(size, int) else dict(size.terms)


def _make(terms: Mapping[Monomial, int]) -> Size:
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
    terms = _terms(a)
    for monomial, coefficient in _terms(b).items():
        terms[monomial] = terms.get(monomial, 0) + coefficient
    return _make(terms)


def mul(a: Size, b: Size) -> Size:
    if isinstance(a, int) and isinstance(b, int):
        return a * b
    if isinstance(a, int):
        a, b = b, a
    if b == 1:
        return a
    if isinstance(b, int):
        return _make({m: c * b for m, c in _terms(a).items()})
    terms: dict[Monomial, int] = {}
    first, second = _terms(a), _terms(b)
    if len(first) * len(second) > _MAX_PRODUCTS:
        raise SizeTooLarge(f"the formula of a size has more than {_MAX_PRODUCTS} terms")
    for m1, c1 in first.items():
        for m2, c2 in second.items():
            monomial = tuple(sorted((*m1, *m2), key=lambda atom: atom.key))
            terms[monomial] = terms.get(monomial, 0) + c1 * c2
    return _make(terms)


def product(sizes: tuple[Size, ...] | list[Size]) -> Size:
    """The product of `sizes`, 1 for none."""
    total: Size = 1
    for size in sizes:
        total = mul(total, size)
    return total


def floordiv(a: Size, b: Size) -> Size:
    """`a // b`, exact where it can be; raises ZeroDivisionError for a known zero."""
    if isinstance(a, int) and isinstance(b, int):
        return a // b
    if isinstance(b, int):
        if b == 0:
            raise ZeroDivisionError
        if b < 0:
            return floordiv(mul(a, -1), -b)
        assert isinstance(a, Dim)
        return _floordiv_by_int(a, b)
    quotient, remainder = _divide(a, b)
    if remainder == 0:
        return quotient
    remainder, b = _reduced(remainder, b)
    if isinstance(b, int):
        return add(quotient, floordiv(remainder, b))
    if isinstance(remainder, int):
        remainder = Dim({(): remainder})
    return add(quotient, _make({(Floor(remainder, b),): 1}))


def _floordiv_by_int(a: Dim, d: int) -> Size:
    quotient: dict[Monomial, int] = {}
    rest: dict[Monomial, int] = {}
    for monomial, coefficient in a.terms:
        if coefficient % d == 0:
            quotient[monomial] = coefficient // d
        elif monomial == ():
            quotient[()], rest[()] = divmod(coefficient, d)
        else:
            rest[monomial] = coefficient
    whole = _make(quotient)
    varying = {m: c for m, c in rest.items() if m != ()}
    if not varying:  # what is left is a constant in [0, d)
        return whole
    common = gcd(d, *varying.values())
    if common > 1:  # floor((g*a + c) / (g*e)) == floor((a + c // g) / e)
        reduced = {m: c // common for m, c in varying.items()}
        reduced[()] = rest.get((), 0) // common
        return add(whole, floordiv(_make(reduced), d // common))
    inner = _single_floor(varying)
    if inner is not None:  # floor((floor(a/m) + p) / d) == floor((a + p*m) / (m*d))
        others = {m: c for m, c in rest.items() if m != (inner,)}
        assert isinstance(inner.denominator, int)
        lifted = add(inner.numerator, mul(_make(others), inner.denominator))
        return add(whole, floordiv(lifted, inner.denominator * d))
    numerator = Dim(rest)
    return add(whole, Dim({(Floor(numerator, d),): 1}))


def _single_floor(terms: Mapping[Monomial, int]) -> Floor | None:
    """The only floor atom of `terms`, when it stands alone with coefficient 1 over an integer."""
    floors = [
        m[0]
        for m, c in terms.items()
        if len(m) == 1 and c == 1 and isinstance(m[0], Floor) and isinstance(m[0].denominator, int)
    ]
    found = floors[0] if len(floors) == 1 else None
    return found if isinstance(found, Floor) else None


def _reduced(a: Size, b: Dim) -> tuple[Size, Size]:
    """`a` and `b` without their common integer factor: floor(3a / 3b) == floor(a / b)."""
    common = gcd(*_terms(a).values(), *_terms(b).values())
    if common <= 1:
        return a, b
    return tuple(_make({m: c // common for m, c in _terms(s).items()}) for s in (a, b))  # type: ignore[return-value]


def cancel(size: Size) -> Size:
    """`size` with every `a // b * b` read as `a`, as if all divisions came out even."""
    if isinstance(size, int):
        return size
    total: Size = 0
    for monomial, coefficient in size.terms:
        term: Size = coefficient
        left = list(monomial)
        for atom in monomial:
            if isinstance(atom, Floor) and isinstance(atom.denominator, Dim):
                divisor = atom.denominator.terms
                rest = _without(tuple(a for a in left if a is not atom), divisor[0][0])
                if len(divisor) == 1 and divisor[0][1] == 1 and rest is not None:
                    left = list(rest)
                    term = mul(term, cancel(atom.numerator))
        for atom in left:
            term = mul(term, Dim({(atom,): 1}))
        total = add(total, term)
    return total


def _divide(a: Size, b: Dim) -> tuple[Size, Size]:
    """Quotient and remainder of the terms of `a` by `b`, dividing out what divides exactly."""
    if len(b.terms) > 1:
        return _divide_by_sum(a, b)
    (divisor, factor) = b.terms[0]
    quotient: dict[Monomial, int] = {}
    rest: dict[Monomial, int] = {}
    for monomial, coefficient in _terms(a).items():
        left = _without(monomial, divisor)
        if left is not None and coefficient % factor == 0:
            quotient[left] = quotient.get(left, 0) + coefficient // factor
        else:
            rest[monomial] = coefficient
    return _make(quotient), _make(rest)


def _divide_by_sum(a: Size, b: Dim) -> tuple[Size, Size]:
    """Long division by the leading term of `b`; all or nothing."""
    lead, factor = b.terms[0]
    quotient: Size = 0
    rest: Size = a
    for _ in range(16):
        if isinstance(rest, int):
            break
        step = None
        for monomial, coefficient in rest.terms:
            left = _without(monomial, lead)
            if left is not None and coefficient % factor == 0:
                step = _make({left: coefficient // factor})
                break
        if step is None:
            break
        quotient = add(quotient, step)
        rest = add(rest, mul(mul(step, b), -1))
    return (quotient, 0) if rest == 0 else (0, a)


def _without(monomial: Monomial, divisor: Monomial) -> Monomial | None:
    left = list(monomial)
    for atom in divisor:
        if atom not in left:
            return None
        left.remove(atom)
    return tuple(left)


def mod(a: Size, b: Size) -> Size:
    """`a % b`, exact where it can be; raises ZeroDivisionError for a known zero."""
    if isinstance(a, int) and isinstance(b, int):
        return a % b
    if isinstance(b, int):
        if b == 0:
            raise ZeroDivisionError
        rest = _make({m: c % b for m, c in _terms(a).items()})
    else:
        _, rest = _divide(a, b)
    if isinstance(rest, int) and isinstance(b, int):
        return rest % b
    if rest == 0:
        return 0
    numerator = rest if isinstance(rest, Dim) else Dim({(): rest})
    return Dim({(Mod(numerator, b),): 1})


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
    return rewrite(size, lambda s: s.witness) if _has_witness(size) else size


def _has_witness(size: Size) -> bool:
    if isinstance(size, int):
        return False
    for monomial, _ in size.terms:
        for atom in monomial:
            if isinstance(atom, Symbol):
                if atom.witness is not None:
                    return True
            elif _has_witness(atom.numerator) or _has_witness(atom.denominator):
                return True
    return False


def known(size: Size) -> int | None:
    """The integer that `size` is, or None where that is only known at run time."""
    if isinstance(size, int):
        return size
    grounded = ground(size)
    return grounded if isinstance(grounded, int) else None


def same(a: Size, b: Size) -> bool:
    """Whether the two are provably equal."""
    return a == b or ground(a) == ground(b)


def compare(a: Size, b: Size) -> int | None:
    """-1, 0 or 1 where the order is certain (a symbol is at least 1), else None."""
    difference = ground(add(a, mul(b, -1)))
    if isinstance(difference, int):
        return (difference > 0) - (difference < 0)
    low, high = bounds(difference)
    if low is not None and low > 0:
        return 1
    if high is not None and high < 0:
        return -1
    return None


def at_least(a: Size, b: Size) -> bool | None:
    """Whether `a >= b`, where that is certain."""
    difference = ground(add(a, mul(b, -1)))
    low, high = bounds(difference)
    if low is not None and low >= 0:
        return True
    if high is not None and high < 0:
        return False
    return None


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


# Printing -----------------------------------------------------------------------------------


def show(size: Size) -> str:
    """`size` as Python would write it: `2 * H`, `(H + 1) // 2`, `H // 16 * (W // 16)`."""
    if isinstance(size, int):
        return str(size)
    parts: list[str] = []
    for monomial, coefficient in size.terms:
        text = _show_term(monomial, abs(coefficient))
        if not parts:
            parts.append(f"-{text}" if coefficient < 0 else text)
        else:
            parts += ["-" if coefficient < 0 else "+", text]
    return " ".join(parts)


def _show_term(monomial: Monomial, coefficient: int) -> str:
    factors: list[str] = []
    for atom in monomial:
        text, coefficient = _show_atom(atom, coefficient)
        factors.append(text)
    if coefficient != 1 or not factors:
        factors.insert(0, str(coefficient))
    if len(factors) > 1:
        factors = [f if _is_simple(f) else f"({f})" for f in factors]
    return " * ".join(factors)


def _show_atom(atom: Atom, coefficient: int) -> tuple[str, int]:
    if isinstance(atom, Symbol):
        shared = gcd(coefficient, atom.scale)
        divisor = atom.scale // shared
        text = atom.name if _is_simple(atom.name) else f"({atom.name})"
        return (text if divisor == 1 else f"{text} // {divisor}"), coefficient // shared
    sign = "//" if isinstance(atom, Floor) else "%"
    numerator, denominator = show(atom.numerator), show(atom.denominator)
    numerator = numerator if _is_simple(numerator) else f"({numerator})"
    denominator = denominator if _is_simple(denominator) else f"({denominator})"
    return f"{numerator} {sign} {denominator}", coefficient


def _is_simple(text: str) -> bool:
    """Whether `text` needs no brackets as a factor: a name, a number, a call or an index."""
    depth = 0
    for c in text:
        depth += (c in "([") - (c in ")]")
        if depth == 0 and c in " +-*/%":
            return False
    return True
