"""One size, one spelling: an inferred size is written as the spec writes it elsewhere in a class.

A size that was inferred comes out with its factors in alphabetical order, `dim * mlp_ratio`. Where
the spec says `mlp_ratio * dim` of the same size, the class says so too.
"""

from __future__ import annotations

from collections.abc import Iterator

from netwright.backends.source.code import Statement
from netwright.backends.source.walk import expressions, map_expressions
from netwright.ir import expr as ex
from netwright.ir.printer import to_source

Factors = tuple[str, ...]


def spelt(statements: list[Statement]) -> list[Statement]:
    """`statements` in which no product has two spellings; they are changed in place."""
    chosen: dict[Factors, ex.Expr] = {}
    for statement in statements:
        for product in _products(statement):
            found = _factors(product)
            if found != tuple(sorted(found)):
                chosen.setdefault(tuple(sorted(found)), product)

    def change(expr: ex.Expr) -> ex.Expr | None:
        return chosen.get(_factors(expr)) if isinstance(expr, ex.Binary) else None

    return [map_expressions(s, change) for s in statements] if chosen else statements


def _products(statement: Statement) -> Iterator[ex.Expr]:
    for whole in expressions(statement):
        yield from (e for e in ex.walk(whole) if isinstance(e, ex.Binary) and _factors(e))


def _factors(expr: ex.Expr) -> Factors:
    """The factors of a product of names and numbers, as they stand; nothing for another
    expression."""
    match expr:
        case ex.Binary(op="*", left=left, right=right):
            before, after = _factors(left), _factors(right)
            return (*before, *after) if before and after else ()
        case ex.Name() | ex.Literal(value=int()):
            return (to_source(expr),)
    return ()
