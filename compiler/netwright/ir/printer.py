"""Expressions as Python source. The one printer that both emitted files and messages use."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping

from netwright.ir.expr import (
    Attribute,
    Binary,
    BoolOp,
    Call,
    Compare,
    Comprehension,
    DictExpr,
    Dots,
    Entry,
    Expr,
    Flattened,
    Format,
    IfElse,
    Index,
    ListExpr,
    Literal,
    Name,
    Paren,
    Slice,
    Star,
    TupleExpr,
    Unary,
    children,
)

_BINARY = {
    "|": 5, "^": 6, "&": 7, "<<": 8, ">>": 8, "+": 9, "-": 9,
    "*": 10, "/": 10, "//": 10, "%": 10, "@": 10, "**": 12,
}  # fmt: skip
_UNARY, _ATOM, _COMPARE, _NOT, _AND, _OR, _IF = 11, 20, 4, 3, 2, 1, 0


def to_source(expr: Expr) -> str:
    """`expr` as Python, with no more brackets than needed."""
    return _print(expr)[0]


def _print(expr: Expr) -> tuple[str, int]:
    """The text and how tightly it binds."""
    match expr:
        case Literal(value=value):
            return literal(value), _UNARY if _is_negative(value) else _ATOM
        case Name(id=name):
            return name, _ATOM
        case Attribute(value=value, name=name):
            return f"{_wrap(value, _ATOM)}.{name}", _ATOM
        case Index(value=value, items=items):
            return f"{_wrap(value, _ATOM)}[{', '.join(to_source(i) for i in items)}]", _ATOM
        case Slice():
            return _slice(expr), _ATOM
        case Dots():
            return "...", _ATOM
        case Call(func=func, args=args, keywords=keywords):
            parts = [to_source(a) for a in args]
            parts += [f"{k.name}={to_source(k.value)}" for k in keywords]
            return f"{_wrap(func, _ATOM)}({', '.join(parts)})", _ATOM
        case Unary(op="not", operand=operand):
            return f"not {_wrap(operand, _NOT)}", _NOT
        case Unary(op=op, operand=operand):
            power = isinstance(operand, Binary) and operand.op == "**"
            return f"{op}{_wrap(operand, _ATOM if power else _UNARY)}", _UNARY
        case Paren(value=value):
            return f"({to_source(value)})", _ATOM
        case Binary(op=op, left=left, right=right):
            return _binary(op, left, right)
        case Compare(left=left, ops=ops, rights=rights):
            text = _wrap(left, _COMPARE + 1)
            for op, right in zip(ops, rights, strict=True):
                text += f" {op} {_wrap(right, _COMPARE + 1)}"
            return text, _COMPARE
        case BoolOp(op=op, values=values):
            level = _AND if op == "and" else _OR
            return f" {op} ".join(_wrap(v, level + 1) for v in values), level
        case IfElse(condition=condition, then=then, otherwise=otherwise):
            head = f"{_wrap(then, _OR)} if {_wrap(condition, _OR)}"
            return f"{head} else {to_source(otherwise)}", _IF
        case ListExpr(items=items):
            return f"[{', '.join(to_source(i) for i in items)}]", _ATOM
        case Star(value=value):
            return f"*{_wrap(value, _OR)}", _ATOM
        case Entry(key=key, value=value):
            return f"{to_source(key)}: {to_source(value)}", _ATOM
        case DictExpr(entries=entries):
            return "{" + ", ".join(map(to_source, entries)) + "}", _ATOM
        case TupleExpr(items=items):
            inner = ", ".join(to_source(i) for i in items)
            return (f"({inner},)" if len(items) == 1 else f"({inner})"), _ATOM
        case Comprehension():
            return _comprehension(expr), _ATOM
        case Flattened(name=name, lists=lists):
            inner = f"for {name} in {_wrap(lists.element, _OR)}"
            return f"[{name} {_clauses(lists)} {inner}]", _ATOM
        case Format(parts=parts):
            return _format(parts), _ATOM
    raise TypeError(f"no way to print {type(expr).__name__}")


def _wrap(expr: Expr, least: int) -> str:
    text, level = _print(expr)
    return text if level >= least else f"({text})"


def _binary(op: str, left: Expr, right: Expr) -> tuple[str, int]:
    level = _BINARY[op]
    if op == "**":
        base, exponent = _wrap(left, level + 1), _wrap(right, _UNARY)
        # ruff format hugs the operator between simple operands.
        simple = _is_simple_power(left) and _is_simple_power(right)
        return (f"{base}**{exponent}" if simple else f"{base} ** {exponent}"), level
    return f"{_wrap(left, level)} {op} {_wrap(right, level + 1)}", level


def _is_simple_power(expr: Expr) -> bool:
    if isinstance(expr, Unary) and expr.op == "-":
        expr = expr.operand
    if isinstance(expr, Literal):
        return isinstance(expr.value, int | float)
    while isinstance(expr, Attribute):
        expr = expr.value
    return isinstance(expr, Name)


def _slice(expr: Slice) -> str:
    """Slices as ruff formats them: spaces around the colon where an end is more than a name."""
    ends = [expr.lower, expr.upper]
    complex_ends = any(e is not None and not _is_simple_end(e) for e in (*ends, expr.step))
    lower = to_source(expr.lower) if expr.lower is not None else ""
    upper = to_source(expr.upper) if expr.upper is not None else ""
    step = to_source(expr.step) if expr.step is not None else ""
    if not complex_ends:
        return f"{lower}:{upper}" + (f":{step}" if step else "")
    text = (f"{lower} :" if lower else ":") + (f" {upper}" if upper else "")
    if step:
        text += f" : {step}"
    return text


def _is_simple_end(expr: Expr) -> bool:
    if isinstance(expr, Unary) and expr.op in "+-":
        return isinstance(expr.operand, Literal | Name)
    return isinstance(expr, Literal | Name)


def _format(parts: tuple[str | Expr, ...]) -> str:
    """An f-string; its texts are pieces of weights' names, which hold no quotes or braces."""
    inner = "".join(p if isinstance(p, str) else f"{{{to_source(p)}}}" for p in parts)
    return f"f'{inner}'" if '"' in inner else f'f"{inner}"'


def _comprehension(expr: Comprehension) -> str:
    body = f"{to_source(expr.element)} {_clauses(expr)}"
    if isinstance(expr.element, Entry):
        return f"{{{body}}}"
    return body if expr.generator else f"[{body}]"


def _clauses(expr: Comprehension) -> str:
    targets = ", ".join(expr.targets)
    conditions = "".join(f" if {_wrap(c, _OR)}" for c in expr.conditions)
    return f"for {targets} in {_wrap(expr.iterable, _OR)}{conditions}"


def operand(parent: Binary, part: Expr, right: bool) -> Expr:
    """An operand of `parent`, in brackets where it needs them."""
    level = _BINARY[parent.op]
    if parent.op == "**":
        least = _UNARY if right else level + 1
    else:
        least = level + 1 if right else level
    return part if _print(part)[1] >= least else Paren(part)


def _is_negative(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value < 0


def literal(value: object) -> str:
    """A number, string, bool, None, or list of them, as Python source."""
    if isinstance(value, tuple):
        inner = ", ".join(literal(v) for v in value)
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    if isinstance(value, list):
        return f"[{', '.join(literal(v) for v in value)}]"
    if isinstance(value, float):
        if math.isinf(value):
            return "math.inf" if value > 0 else "-math.inf"
        return _shorter(repr(value))
    if isinstance(value, str):
        return quote(value)
    return repr(value)


def _shorter(number: str) -> str:
    """`1e9` for `1000000000.0` and `1e16` for `1e+16`, as people write them."""
    whole = number.removesuffix(".0")
    bare = whole.rstrip("0")
    if whole != number and len(bare.lstrip("-")) == 1 and len(whole) - len(bare) >= 6:
        return f"{bare}e{len(whole) - len(bare)}"
    return re.sub(r"e([+-]?)0*(?=\d)", lambda sign: f"e{sign[1].replace('+', '')}", number)


def quote(text: str) -> str:
    """A string literal in double quotes where that needs no more escapes, as ruff format
    prefers."""
    body = repr(text)
    if body[0] == "'" and '"' not in body:
        return f'"{body[1:-1]}"'
    return body


# Rewriting ----------------------------------------------------------------------------------


def rebuild(expr: Expr, change: Callable[[Expr], Expr | None]) -> Expr:
    """A copy of `expr` in which every subexpression for which `change` gives one is replaced by
    it."""
    new = change(expr)
    if new is not None:
        return new
    if not children(expr):
        return expr

    def again(e: Expr) -> Expr:
        return rebuild(e, change)

    match expr:
        case Attribute(value=value, name=name):
            return Attribute(again(value), name, span=expr.span)
        case Slice(lower=lower, upper=upper, step=step):
            ends = [None if e is None else again(e) for e in (lower, upper, step)]
            return Slice(ends[0], ends[1], ends[2], span=expr.span)
        case Index(value=value, items=items):
            return Index(again(value), tuple(again(i) for i in items), span=expr.span)
        case Call(func=func, args=args, keywords=keywords):
            from netwright.ir.expr import Keyword

            named = tuple(Keyword(k.name, again(k.value), k.span) for k in keywords)
            return Call(again(func), tuple(again(a) for a in args), named, span=expr.span)
        case Unary(op=op, operand=operand):
            return Unary(op, again(operand), span=expr.span)
        case Binary(op=op, left=left, right=right):
            return Binary(op, again(left), again(right), span=expr.span)
        case Compare(left=left, ops=ops, rights=rights):
            return Compare(again(left), ops, tuple(again(r) for r in rights), span=expr.span)
        case BoolOp(op=op, values=values):
            return BoolOp(op, tuple(again(v) for v in values), span=expr.span)
        case IfElse(condition=condition, then=then, otherwise=otherwise):
            return IfElse(again(condition), again(then), again(otherwise), span=expr.span)
        case ListExpr(items=items):
            return ListExpr(tuple(again(i) for i in items), span=expr.span)
        case Star(value=value):
            return Star(again(value), span=expr.span)
        case Paren(value=value):
            return Paren(again(value), span=expr.span)
        case Entry(key=key, value=value):
            return Entry(again(key), again(value), span=expr.span)
        case DictExpr(entries=entries):
            return DictExpr(tuple(_entry(again(e)) for e in entries), span=expr.span)
        case TupleExpr(items=items):
            return TupleExpr(tuple(again(i) for i in items), span=expr.span)
        case Comprehension(element=element, targets=targets, iterable=iterable):
            conditions = tuple(again(c) for c in expr.conditions)
            return Comprehension(
                again(element), targets, again(iterable), conditions, expr.generator, span=expr.span
            )
        case Flattened(name=name, lists=lists):
            inner = again(lists)
            assert isinstance(inner, Comprehension)
            return Flattened(name, inner, span=expr.span)
        case Format(parts=parts):
            pieces = tuple(p if isinstance(p, str) else again(p) for p in parts)
            return Format(pieces, span=expr.span)
    return expr


def _entry(expr: Expr) -> Entry:
    assert isinstance(expr, Entry)
    return expr


def replace_names(expr: Expr, names: Mapping[str, Expr]) -> Expr:
    """`expr` with every name in `names` replaced by its expression."""

    def change(e: Expr) -> Expr | None:
        return names.get(e.id) if isinstance(e, Name) else None

    return rebuild(expr, change)
