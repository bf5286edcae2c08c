"""Statements as lines of text, laid out as `ruff format` does, 88 columns wide.

A line that is too long is broken at its last outermost brackets: first the content on one indented
line, then one item a line with a trailing comma.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from netwright.backends.source.code import (
    Assign,
    Evaluate,
    For,
    Function,
    If,
    Raise,
    Return,
    SetAttribute,
    Statement,
)
from netwright.ir.expr import (
    Attribute,
    Binary,
    BoolOp,
    Call,
    Compare,
    Comprehension,
    DictExpr,
    Expr,
    IfElse,
    Index,
    Keyword,
    ListExpr,
    Literal,
    Name,
    Star,
    TupleExpr,
    Unary,
)
from netwright.ir.printer import quote, to_source
from netwright.source import NOWHERE, Span

WIDTH = 88


@dataclass(frozen=True)
class Line:
    """One line of output and the place in the spec that it comes from."""

    text: str
    span: Span = NOWHERE


def statements(body: list[Statement], indent: int) -> Iterator[Line]:
    """The lines of `body` at `indent` columns."""
    for statement in body:
        yield from _statement(statement, indent)


def _statement(statement: Statement, indent: int) -> Iterator[Line]:
    pad = " " * indent
    match statement:
        case If(condition=condition, body=body, otherwise=otherwise):
            yield from _block_head("if ", condition, indent, statement.span)
            yield from statements(body, indent + 4)
            if len(otherwise) == 1 and isinstance(otherwise[0], If):
                yield from _elif(otherwise[0], indent)
            elif otherwise:
                yield Line(f"{pad}else:", statement.span)
                yield from statements(otherwise, indent + 4)
            return
        case For(targets=targets, iterable=iterable, body=body):
            yield from _block_head(f"for {show_targets(targets)} in ", iterable, indent, statement.span)
            yield from statements(body, indent + 4)
            return
        case Assign(targets=targets, value=value):
            lines = expression(value, indent, f"{show_targets(targets)} = ")
        case SetAttribute(target=target, value=value):
            lines = expression(value, indent, f"{to_source(target)} = ")
        case Evaluate(value=value):
            lines = expression(value, indent, "")
        case Return(value=TupleExpr(items=items)) if len(items) > 1:
            flat = f"{pad}return {', '.join(to_source(i) for i in items)}"
            lines = [flat] if len(flat) <= WIDTH else expression(TupleExpr(items), indent, "return ")
        case Return(value=value):
            lines = expression(value, indent, "return ")
        case Raise(value=value):
            lines = expression(value, indent, "raise ")
        case _:
            raise TypeError(type(statement).__name__)
    if statement.comment and len(lines) == 1 and len(lines[0]) + len(statement.comment) + 4 <= WIDTH:
        lines = [f"{lines[0]}  # {statement.comment}"]
    for line in lines:
        yield Line(line, statement.span)


def _elif(statement: If, indent: int) -> Iterator[Line]:
    lines = list(_statement(statement, indent))
    pad = " " * indent
    yield Line(f"{pad}el{lines[0].text.strip()}", lines[0].span)
    yield from lines[1:]


def _block_head(prefix: str, expr: Expr, indent: int, span: Span) -> Iterator[Line]:
    for line in expression(expr, indent, prefix, suffix=":"):
        yield Line(line, span)


def show_targets(targets: tuple[object, ...], nested: bool = False) -> str:
    """`a, (b, c)`."""
    text = ", ".join(show_targets(t, True) if isinstance(t, tuple) else str(t) for t in targets)
    if len(targets) == 1 and isinstance(targets[0], str) and not nested:
        return text
    if len(targets) == 1:
        text += ","
    return f"({text})" if nested else text


# Expressions --------------------------------------------------------------------------------


def expression(expr: Expr, indent: int, prefix: str, suffix: str = "") -> list[str]:
    """`prefix expr suffix` in as many lines as it takes."""
    pad = " " * indent
    flat = f"{pad}{prefix}{to_source(expr)}{suffix}"
    if len(flat) <= WIDTH:
        return [flat]
    match expr:
        case Call() | Index():
            return _bracketed(expr, indent, prefix, suffix)
        case ListExpr(items=items):
            return _exploded(f"{pad}{prefix}[", list(items), f"]{suffix}", indent)
        case Comprehension():
            return _comprehension(expr, indent, prefix, suffix)
        case Attribute(value=value, name=name):
            return expression(value, indent, prefix, f".{name}{suffix}")
        case Star(value=value):
            return expression(value, indent, f"{prefix}*", suffix)
        case TupleExpr(items=items):
            return _exploded(f"{pad}{prefix}(", list(items), f"){suffix}", indent)
        case DictExpr(keys=keys, values=values):
            pairs = [_Keyword(Keyword(f"{quote(k)}: ", v)) for k, v in zip(keys, values, strict=True)]
            return _exploded(f"{pad}{prefix}{{", list(pairs), f"}}{suffix}", indent)
        case Name() | Literal():
            return [flat]
    if (isinstance(expr, Binary | Compare) and _can_omit(expr, indent, prefix)) and isinstance(expr, Binary):
        head = f"{prefix}{_operand(expr, expr.left)} {expr.op} "
        return expression(expr.right, indent, head, suffix)
    return _parenthesised(expr, indent, prefix, suffix)


def _operand(parent: Binary, operand: Expr) -> str:
    whole = to_source(Binary(parent.op, operand, Name("_")))
    return whole[: -len(f" {parent.op} _")]


def _can_omit(expr: Expr, indent: int, prefix: str) -> bool:
    """Whether ruff leaves out brackets around a binary expression and breaks its last operand.

    It does where there is one operator and the last operand is a call or a subscript whose head fits.
    """
    if not isinstance(expr, Binary) or isinstance(expr.left, Binary | BoolOp) or _has_brackets(expr.left):
        return False
    right = expr.right
    if not isinstance(right, Call | Index | ListExpr | Comprehension):
        return False
    head = f"{' ' * indent}{prefix}{_operand(expr, expr.left)} {expr.op} {_head(right)}"
    return len(head) <= WIDTH


def _has_brackets(expr: Expr) -> bool:
    return any(c in to_source(expr) for c in "([")


def _head(expr: Expr) -> str:
    text = to_source(expr)
    return text[: text.find("(") + 1] if "(" in text else text


def _parenthesised(expr: Expr, indent: int, prefix: str, suffix: str) -> list[str]:
    pad, inner = " " * indent, " " * (indent + 4)
    text = to_source(expr)
    if len(inner) + len(text) <= WIDTH:
        return [f"{pad}{prefix}(", f"{inner}{text}", f"{pad}){suffix}"]
    parts = _split(expr)
    lines: list[str] = []
    for lead, part in parts:
        lines += expression(part, indent + 4, lead)
    return [f"{pad}{prefix}(", *lines, f"{pad}){suffix}"]


def _split(expr: Expr) -> list[tuple[str, Expr]]:
    """The operands of `expr`, each with the operator that leads its line."""
    match expr:
        case IfElse(condition=condition, then=then, otherwise=otherwise):
            rest = _split(otherwise) if isinstance(otherwise, IfElse) else [("", otherwise)]
            return [("", then), ("if ", condition), ("else ", rest[0][1]), *rest[1:]]
        case BoolOp(op=op, values=values):
            return [("", values[0]), *((f"{op} ", v) for v in values[1:])]
        case Binary(op=op, left=left, right=right):
            head = _split(left) if _same_level(expr, left) else [("", _as_operand(expr, left, False))]
            return [*head, (f"{op} ", _as_operand(expr, right, True))]
        case Compare(left=left, ops=ops, rights=rights):
            return [("", left), *((f"{op} ", r) for op, r in zip(ops, rights, strict=True))]
        case Unary(op=op, operand=operand):
            return [(f"{op} " if op == "not" else op, operand)]
    return [("", expr)]


def _as_operand(parent: Binary, operand: Expr, right: bool) -> Expr:
    """An operand in the brackets that it needs."""
    pair = (Name("_"), operand) if right else (operand, Name("_"))
    whole = to_source(Binary(parent.op, *pair))
    text = whole[len(f"_ {parent.op} ") :] if right else whole[: -len(f" {parent.op} _")]
    return operand if text == to_source(operand) else Name(text)


def _same_level(parent: Binary, child: Expr) -> bool:
    groups = (("+", "-"), ("*", "/", "//", "%", "@"), ("|",), ("&",), ("^",))
    return isinstance(child, Binary) and any(parent.op in g and child.op in g for g in groups)


def _bracketed(expr: Call | Index, indent: int, prefix: str, suffix: str) -> list[str]:
    pad = " " * indent
    if isinstance(expr, Index):
        head, items, close = f"{to_source(expr.value)}[", list(expr.items), "]"
    else:
        head, items, close = f"{to_source(expr.func)}(", [*expr.args, *map(_Keyword, expr.keywords)], ")"
    first_line = f"{pad}{prefix}{head}"
    if len(first_line) > WIDTH or not items:
        chain = _method_chain(expr, indent, prefix, suffix)
        if chain is not None:
            return chain
    if isinstance(expr, Call) and _links(expr) >= 2 and not _fits_broken(items, indent):
        chain = _method_chain(expr, indent, prefix, suffix)
        if chain is not None:
            return chain
    if len(items) == 1 and isinstance(items[0], Comprehension) and isinstance(expr, Call):
        return [first_line, *expression(items[0], indent + 4, ""), f"{pad}{close}{suffix}"]
    return _exploded(first_line, items, f"{close}{suffix}", indent)


@dataclass(frozen=True, eq=False)
class _Keyword(Expr):
    keyword: Keyword = None  # type: ignore[assignment]

    def __init__(self, keyword: Keyword) -> None:
        object.__setattr__(self, "keyword", keyword)
        object.__setattr__(self, "span", keyword.span)


def _item_text(item: Expr) -> str:
    if isinstance(item, _Keyword):
        return f"{_lead(item)}{to_source(item.keyword.value)}"
    return to_source(item)


def _lead(item: _Keyword) -> str:
    """`name=` of an argument, `"key": ` of a dict's entry."""
    return item.keyword.name if item.keyword.name.endswith(": ") else f"{item.keyword.name}="


def _fits_broken(items: list[Expr], indent: int) -> bool:
    return len(", ".join(_item_text(i) for i in items)) + indent + 4 <= WIDTH


def _exploded(head: str, items: list[Expr], tail: str, indent: int) -> list[str]:
    pad, inner = " " * indent, " " * (indent + 4)
    body = ", ".join(_item_text(i) for i in items)
    if len(inner) + len(body) <= WIDTH and not tail.startswith("]"):
        return [head, f"{inner}{body}", f"{pad}{tail}"]
    if len(inner) + len(body) <= WIDTH and len(items) == 1:
        return [head, f"{inner}{body}", f"{pad}{tail}"]
    lines: list[str] = []
    for item in items:
        lead, value = (_lead(item), item.keyword.value) if isinstance(item, _Keyword) else ("", item)
        lines += expression(value, indent + 4, lead, ",")
    return [head, *lines, f"{pad}{tail}"]


def _links(expr: Expr) -> int:
    """How many calls a method chain has."""
    count = 0
    while True:
        if isinstance(expr, Call) and isinstance(expr.func, Attribute):
            count += 1
            expr = expr.func.value
        elif isinstance(expr, Attribute | Index):
            expr = expr.value
        else:
            return count


def _method_chain(expr: Expr, indent: int, prefix: str, suffix: str) -> list[str] | None:
    """A chain of method calls, one a line in brackets."""
    links: list[str] = []
    current = expr
    while isinstance(current, Call) and isinstance(current.func, Attribute):
        args = ", ".join([*map(to_source, current.args), *(f"{k.name}={to_source(k.value)}" for k in current.keywords)])
        links.insert(0, f".{current.func.name}({args})")
        current = current.func.value
    if len(links) < 2:
        return None
    pad, inner = " " * indent, " " * (indent + 4)
    return [f"{pad}{prefix}(", f"{inner}{to_source(current)}", *(f"{inner}{link}" for link in links), f"{pad}){suffix}"]


def _comprehension(expr: Comprehension, indent: int, prefix: str, suffix: str) -> list[str]:
    pad = " " * indent
    inner = indent + 4
    targets = ", ".join(expr.targets)
    lines = expression(expr.element, inner, "")
    lines += expression(expr.iterable, inner, f"for {targets} in ")
    for condition in expr.conditions:
        lines += expression(condition, inner, "if ")
    return [f"{pad}{prefix}[", *lines, f"{pad}]{suffix}"]


# Functions ----------------------------------------------------------------------------------


def signature(function: Function, indent: int) -> list[str]:
    """The `def` line or lines of a function."""
    pad = " " * indent
    parts = ["self"] if function.method and "staticmethod" not in function.decorators else []
    for argument in function.arguments:
        text = f"{argument.name}: {argument.annotation}"
        parts.append(text if argument.default is None else f"{text} = {argument.default}")
    flat = f"{pad}def {function.name}({', '.join(parts)}) -> {function.returns}:"
    if len(flat) <= WIDTH:
        return [flat]
    body = ", ".join(parts)
    inner = " " * (indent + 4)
    tail = f"{pad}) -> {function.returns}:"
    if len(inner) + len(body) <= WIDTH:
        return [f"{pad}def {function.name}(", f"{inner}{body}", tail]
    return [f"{pad}def {function.name}(", *(f"{inner}{p}," for p in parts), tail]


def is_literal(expr: Expr) -> bool:
    return isinstance(expr, Literal)
