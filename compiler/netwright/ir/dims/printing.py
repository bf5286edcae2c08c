"""Sizes as text."""

from __future__ import annotations

from math import gcd

from netwright.ir.dims.polynomial import Atom, Floor, Monomial, Size, Symbol


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
