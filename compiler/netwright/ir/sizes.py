"""Sizes as expressions: the way back from the normal form to something a person would write."""

from __future__ import annotations

from netwright.ir import expr as ex
from netwright.ir.dims import Atom, Dim, Floor, Monomial, Size, Symbol


def size_to_expr(size: Size) -> ex.Expr | None:
    """`size` as an expression over its symbols' expressions; None where a symbol has none."""
    if isinstance(size, int):
        return ex.Literal(size)
    total: ex.Expr | None = None
    for monomial, coefficient in sorted(size.terms, key=lambda t: t[1] < 0):
        term = _term(monomial, abs(coefficient))
        if term is None:
            return None
        if total is None:
            total = ex.Unary("-", term) if coefficient < 0 else term
        else:
            total = ex.Binary("-" if coefficient < 0 else "+", total, term)
    return total


def _term(monomial: Monomial, coefficient: int) -> ex.Expr | None:
    factors: list[ex.Expr] = [] if coefficient == 1 and monomial else [ex.Literal(coefficient)]
    for atom in monomial:
        factor = _atom(atom)
        if factor is None:
            return None
        factors.append(factor)
    product = factors[0]
    for factor in factors[1:]:
        product = ex.Binary("*", product, factor)
    return product


def _atom(atom: Atom) -> ex.Expr | None:
    if isinstance(atom, Symbol):
        base = (
            atom.expr if atom.expr is not None or atom.witness is not None else ex.Name(atom.name)
        )
        if base is None or atom.scale == 1:
            return base
        return ex.Binary("//", base, ex.Literal(atom.scale))
    numerator = size_to_expr(atom.numerator)
    denominator = size_to_expr(atom.denominator)
    if numerator is None or denominator is None:
        return None
    return ex.Binary("//" if isinstance(atom, Floor) else "%", numerator, denominator)


def symbols_of(size: Size) -> list[Symbol]:
    """All symbols in `size`."""
    found: dict[Symbol, None] = {}

    def visit(value: Size) -> None:
        if isinstance(value, Dim):
            for monomial, _ in value.terms:
                for atom in monomial:
                    if isinstance(atom, Symbol):
                        found.setdefault(atom)
                    else:
                        visit(atom.numerator)
                        visit(atom.denominator)

    visit(size)
    return list(found)
