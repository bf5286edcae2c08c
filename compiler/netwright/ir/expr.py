"""Expressions: the tree that a spec's expressions are parsed into.

Nodes are frozen and compared by identity, so that facts found for one place (a decision, an
inferred size) can be keyed by the node itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from netwright.source import NOWHERE, Span


@dataclass(frozen=True, eq=False)
class Expr:
    """Base of all expressions; `span` is where it stands in the spec."""

    span: Span = field(default=NOWHERE, kw_only=True)


@dataclass(frozen=True, eq=False)
class Literal(Expr):
    """An int, float, bool, str or None."""

    value: int | float | bool | str | None


@dataclass(frozen=True, eq=False)
class Name(Expr):
    id: str


@dataclass(frozen=True, eq=False)
class Attribute(Expr):
    """`value.name`: a namespace's member, an output, a weight, a method or `shape`."""

    value: Expr
    name: str


@dataclass(frozen=True, eq=False)
class Slice(Expr):
    lower: Expr | None
    upper: Expr | None
    step: Expr | None


@dataclass(frozen=True, eq=False)
class Dots(Expr):
    """`...` in an index."""


@dataclass(frozen=True, eq=False)
class Index(Expr):
    """`value[items]`; each item is an expression, a `Slice` or `Dots`."""

    value: Expr
    items: tuple[Expr, ...]


@dataclass(frozen=True, eq=False)
class Keyword:
    name: str
    value: Expr
    span: Span = NOWHERE


@dataclass(frozen=True, eq=False)
class Call(Expr):
    """`func(args, name=...)`; `func` is a `Name`, an `Attribute`, or a `Call` that makes a
    module."""

    func: Expr
    args: tuple[Expr, ...] = ()
    keywords: tuple[Keyword, ...] = ()


@dataclass(frozen=True, eq=False)
class Unary(Expr):
    """`-x`, `+x`, `~x` or `not x`."""

    op: str
    operand: Expr


@dataclass(frozen=True, eq=False)
class Binary(Expr):
    """`left op right` for `+ - * / // % ** @ & | ^ << >>`."""

    op: str
    left: Expr
    right: Expr


@dataclass(frozen=True, eq=False)
class Compare(Expr):
    """`left op right ...` for `== != < <= > >= in not in is is not`, chained as in Python."""

    left: Expr
    ops: tuple[str, ...]
    rights: tuple[Expr, ...]


@dataclass(frozen=True, eq=False)
class BoolOp(Expr):
    """`and` or `or` over two or more values."""

    op: str
    values: tuple[Expr, ...]


@dataclass(frozen=True, eq=False)
class IfElse(Expr):
    condition: Expr
    then: Expr
    otherwise: Expr


@dataclass(frozen=True, eq=False)
class ListExpr(Expr):
    """`[a, b]`; a parenthesised tuple is the same."""

    items: tuple[Expr, ...]


@dataclass(frozen=True, eq=False)
class TupleExpr(Expr):
    """`(a, b)`, in emitted code only."""

    items: tuple[Expr, ...]


@dataclass(frozen=True, eq=False)
class Star(Expr):
    """`*value` in a call or list, in emitted code only."""

    value: Expr


@dataclass(frozen=True, eq=False)
class Flattened(Expr):
    """`[name for i in items for name in element]`, in emitted code only; `lists` says the rest."""

    name: str
    lists: Comprehension


@dataclass(frozen=True, eq=False)
class Paren(Expr):
    """`(value)` in emitted code, where the layout splits an operand that needs brackets."""

    value: Expr


@dataclass(frozen=True, eq=False)
class Entry(Expr):
    """`"key": value` in a dict, in emitted code only."""

    key: Expr
    value: Expr


@dataclass(frozen=True, eq=False)
class DictExpr(Expr):
    """`{"key": value}`, in emitted code only."""

    entries: tuple[Entry, ...]


@dataclass(frozen=True, eq=False)
class Format(Expr):
    """`f"layer{i + 1}"`, in emitted code only; a text stands for itself."""

    parts: tuple[str | Expr, ...]


@dataclass(frozen=True, eq=False)
class Comprehension(Expr):
    """`[element for targets in iterable if conditions]`; an `Entry` makes it one of a dict."""

    element: Expr
    targets: tuple[str, ...]
    iterable: Expr
    conditions: tuple[Expr, ...] = ()
    generator: bool = False
    """In emitted code only: the sole argument of a call, without brackets of its own."""


def children(expr: Expr) -> tuple[Expr, ...]:
    """The direct subexpressions, in the order in which they are written."""
    match expr:
        case Attribute(value=value) | Star(value=value) | Paren(value=value):
            return (value,)
        case Flattened(lists=lists):
            return (lists,)
        case Entry(key=key, value=value):
            return (key, value)
        case DictExpr(entries=entries):
            return entries
        case Slice(lower=lower, upper=upper, step=step):
            return tuple(e for e in (lower, upper, step) if e is not None)
        case Index(value=value, items=items):
            return (value, *items)
        case Call(func=func, args=args, keywords=keywords):
            return (func, *args, *(k.value for k in keywords))
        case Unary(operand=operand):
            return (operand,)
        case Binary(left=left, right=right):
            return (left, right)
        case Compare(left=left, rights=rights):
            return (left, *rights)
        case BoolOp(values=values):
            return values
        case IfElse(condition=condition, then=then, otherwise=otherwise):
            return (then, condition, otherwise)
        case ListExpr(items=items) | TupleExpr(items=items):
            return items
        case Comprehension(element=element, iterable=iterable, conditions=conditions):
            return (element, iterable, *conditions)
        case Format(parts=parts):
            return tuple(p for p in parts if isinstance(p, Expr))
    return ()


def walk(expr: Expr) -> Iterator[Expr]:
    """The expression and everything below it, parents first."""
    stack = [expr]
    while stack:
        current = stack.pop()
        yield current
        stack.extend(reversed(children(current)))


def free_names(expr: Expr) -> list[str]:
    """Names that `expr` reads from around it, each once, in order of first use."""
    found: dict[str, None] = {}

    def visit(e: Expr, bound: frozenset[str]) -> None:
        if isinstance(e, Name):
            if e.id not in bound:
                found.setdefault(e.id)
        elif isinstance(e, Comprehension):
            visit(e.iterable, bound)
            inner = bound | set(e.targets)
            for part in (e.element, *e.conditions):
                visit(part, inner)
        else:
            for child in children(e):
                visit(child, bound)

    visit(expr, frozenset())
    return list(found)
