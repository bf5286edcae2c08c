"""Statements as lines of text, laid out as `ruff format` does, 88 columns wide."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from netwright.backends.source.breaking import WIDTH, expression
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
    call,
)
from netwright.ir.expr import Call, Expr, TupleExpr
from netwright.ir.printer import to_source
from netwright.source import NOWHERE, Span


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
            yield from _block_head(
                f"for {show_targets(targets)} in ", iterable, indent, statement.span
            )
            yield from statements(body, indent + 4)
            return
        case Assign(targets=targets, value=value):
            lines = expression(value, indent, f"{show_targets(targets)} = ")
        case SetAttribute(target=Call(args=args), value=value):
            lines = expression(call("self.add_module", *args, value), indent, "")
        case SetAttribute(target=target, value=value, annotation=annotation):
            typed = f": {annotation}" if annotation else ""
            lines = expression(value, indent, f"{to_source(target)}{typed} = ")
        case Evaluate(value=value):
            lines = expression(value, indent, "")
        case Return(value=TupleExpr(items=items)) if len(items) > 1:
            flat = f"{pad}return {', '.join(to_source(i) for i in items)}"
            lines = (
                [flat] if len(flat) <= WIDTH else expression(TupleExpr(items), indent, "return ")
            )
        case Return(value=value):
            lines = expression(value, indent, "return ")
        case Raise(value=value):
            lines = expression(value, indent, "raise ")
        case _:
            raise TypeError(type(statement).__name__)
    if (
        statement.comment
        and len(lines) == 1
        and len(lines[0]) + len(statement.comment) + 4 <= WIDTH
    ):
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
