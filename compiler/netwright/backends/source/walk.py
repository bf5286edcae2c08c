"""Walking over statements of the code IR: their expressions, the names they read and bind."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from netwright.backends.source.code import (
    Assign,
    Evaluate,
    For,
    If,
    Raise,
    Return,
    SetAttribute,
    Statement,
    target_names,
)
from netwright.ir import expr as ex
from netwright.ir.printer import rebuild


def expressions(statement: Statement) -> Iterator[ex.Expr]:
    """The expressions of a statement, in the order in which they are evaluated."""
    match statement:
        case Assign(value=value) | Evaluate(value=value) | Return(value=value) | Raise(value=value):
            yield value
        case SetAttribute(value=value):
            yield value
        case If(condition=condition, body=body, otherwise=otherwise):
            yield condition
            for inner in (*body, *otherwise):
                yield from expressions(inner)
        case For(iterable=iterable, body=body):
            yield iterable
            for inner in body:
                yield from expressions(inner)


def names_in(statement: Statement) -> Iterator[str]:
    """Every name that a statement reads, once for each time."""
    for expr in expressions(statement):
        for e in ex.walk(expr):
            if isinstance(e, ex.Name):
                yield e.id


def values_in(statement: Statement) -> Iterator[str]:
    """Every name whose value a statement reads, and not only its shape or device."""
    for expr in expressions(statement):
        yield from _values(expr)


def _values(expr: ex.Expr) -> Iterator[str]:
    if isinstance(expr, ex.Name):
        yield expr.id
    elif isinstance(expr, ex.Attribute) and expr.name in ("shape", "dtype", "device", "ndim"):
        yield from () if isinstance(expr.value, ex.Name) else _values(expr.value)
    else:
        for child in ex.children(expr):
            yield from _values(child)


def comprehension_names(statement: Statement) -> Iterator[str]:
    """The names that comprehensions in a statement bind."""
    for expr in expressions(statement):
        for e in ex.walk(expr):
            if isinstance(e, ex.Comprehension):
                for target in e.targets:
                    yield from target.strip("()").split(", ")


def defined(statement: Statement) -> Iterator[str]:
    """Every name that a statement binds."""
    match statement:
        case Assign(targets=targets):
            yield from target_names(targets)
        case If(body=body, otherwise=otherwise):
            for inner in (*body, *otherwise):
                yield from defined(inner)
        case For(targets=targets, body=body):
            yield from target_names(targets)
            for inner in body:
                yield from defined(inner)
    if isinstance(statement, Assign | Return | Evaluate | For):
        yield from comprehension_names(statement)


def map_names(statement: Statement, change: Callable[[ex.Name], ex.Expr | None]) -> Statement:
    """The statement with names in its expressions replaced; it is changed in place and returned."""
    return map_expressions(statement, lambda e: change(e) if isinstance(e, ex.Name) else None)


def map_expressions(statement: Statement, change: Callable[[ex.Expr], ex.Expr | None]) -> Statement:
    """The statement with parts of its expressions replaced; it is changed in place and returned."""

    def again(expr: ex.Expr) -> ex.Expr:
        return rebuild(expr, change)

    match statement:
        case Assign() | Evaluate() | Return() | Raise() | SetAttribute():
            statement.value = again(statement.value)
        case If():
            statement.condition = again(statement.condition)
            for inner in (*statement.body, *statement.otherwise):
                map_expressions(inner, change)
        case For():
            statement.iterable = again(statement.iterable)
            for inner in statement.body:
                map_expressions(inner, change)
    return statement
