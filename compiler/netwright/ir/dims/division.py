"""`//` and `%`: exact where they can be, an atom of their own where not."""

from __future__ import annotations

from collections.abc import Mapping
from math import gcd

from netwright.ir.dims.polynomial import (
    Dim,
    Floor,
    Mod,
    Monomial,
    Size,
    add,
    from_terms,
    mul,
    terms_of,
)


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
    return add(quotient, from_terms({(Floor(remainder, b),): 1}))


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
    whole = from_terms(quotient)
    varying = {m: c for m, c in rest.items() if m != ()}
    if not varying:  # what is left is a constant in [0, d)
        return whole
    common = gcd(d, *varying.values())
    if common > 1:  # floor((g*a + c) / (g*e)) == floor((a + c // g) / e)
        reduced = {m: c // common for m, c in varying.items()}
        reduced[()] = rest.get((), 0) // common
        return add(whole, floordiv(from_terms(reduced), d // common))
    inner = _single_floor(varying)
    if inner is not None:  # floor((floor(a/m) + p) / d) == floor((a + p*m) / (m*d))
        others = {m: c for m, c in rest.items() if m != (inner,)}
        assert isinstance(inner.denominator, int)
        lifted = add(inner.numerator, mul(from_terms(others), inner.denominator))
        return add(whole, floordiv(lifted, inner.denominator * d))
    numerator = from_terms(rest)
    assert isinstance(numerator, Dim)
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
    common = gcd(*terms_of(a).values(), *terms_of(b).values())
    if common <= 1:
        return a, b
    return tuple(from_terms({m: c // common for m, c in terms_of(s).items()}) for s in (a, b))  # type: ignore[return-value]


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
    for monomial, coefficient in terms_of(a).items():
        left = _without(monomial, divisor)
        if left is not None and coefficient % factor == 0:
            quotient[left] = quotient.get(left, 0) + coefficient // factor
        else:
            rest[monomial] = coefficient
    return from_terms(quotient), from_terms(rest)


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
                step = from_terms({left: coefficient // factor})
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
        rest = from_terms({m: c % b for m, c in terms_of(a).items()})
    else:
        _, rest = _divide(a, b)
    if isinstance(rest, int) and isinstance(b, int):
        return rest % b
    if rest == 0:
        return 0
    numerator = rest if isinstance(rest, Dim) else Dim({(): rest})
    return Dim({(Mod(numerator, b),): 1})
