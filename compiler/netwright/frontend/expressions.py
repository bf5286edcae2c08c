"""Expressions: Python's syntax, parsed by Python's parser, turned into our tree by an allow-list.

Nothing is ever evaluated here. What the allow-list does not name is refused.
"""

from __future__ import annotations

import ast
import keyword
import re
from collections.abc import Callable
from typing import Any

from netwright.diagnostics import Diagnostic, Report
from netwright.frontend.budgets import DEFAULT, Budgets
from netwright.frontend.exprscan import Fault, explain, scan
from netwright.frontend.faulty import Faulty
from netwright.frontend.scalars import Place
from netwright.ir.expr import (
    Attribute,
    Binary,
    BoolOp,
    Call,
    Compare,
    Comprehension,
    Dots,
    Expr,
    IfElse,
    Index,
    Keyword,
    ListExpr,
    Literal,
    Name,
    Slice,
    Unary,
)
from netwright.source import Span

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_WORDS = frozenset(keyword.kwlist) - {"True", "False", "None"}
_CONSTANTS: dict[str, bool | None] = {"True": True, "False": False, "None": None}


def parse(
    text: str,
    place: Place,
    report: Report,
    budgets: Budgets = DEFAULT,
    *,
    dots: bool = False,
    help: str = "",
) -> Expr:
    """The expression that `text` holds; a `Faulty` where it holds none, which is then reported.

    `dots` lets `...` through outside an index (a type's dims). `help` replaces the remedy of a
    syntax error, where the caller knows better what was meant.
    """
    if _NAME.fullmatch(text) and text not in _WORDS:
        span = place.span(0, len(text))
        return Literal(_CONSTANTS[text], span=span) if text in _CONSTANTS else Name(text, span=span)
    try:
        return _parse(text, place, budgets, dots)
    except Fault as fault:
        span = place.span(fault.start, max(fault.end, fault.start + 1))
        remedy = help if help and fault.code == "E0108" else fault.help
        report.add(Diagnostic(fault.code, fault.message, span, help=remedy))
        return Faulty(span=place.span(0, len(text)))


def _parse(text: str, place: Place, budgets: Budgets, dots: bool) -> Expr:
    scan(text, budgets)
    line = text.replace("\n", " ")
    body = line.lstrip()
    indent = len(line) - len(body)
    try:
        tree = ast.parse(body, mode="eval").body
    except (RecursionError, MemoryError):
        raise _too_deep(text) from None
    except (SyntaxError, ValueError) as fault:
        offset = getattr(fault, "offset", None) or 1
        raise explain(text, indent + offset - 1) from None
    return _Converter(text, body, indent, place, budgets, dots).convert(tree, 0)


def _too_deep(text: str) -> Fault:
    return Fault(
        "an expression nested too deeply", 0, len(text), "split it over several nodes", "E0501"
    )


_BINARY: dict[type[ast.operator], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%",
    ast.Pow: "**", ast.MatMult: "@", ast.BitAnd: "&", ast.BitOr: "|", ast.BitXor: "^",
    ast.LShift: "<<", ast.RShift: ">>",
}  # fmt: skip
_UNARY: dict[type[ast.unaryop], str] = {
    ast.USub: "-", ast.UAdd: "+", ast.Invert: "~", ast.Not: "not",
}  # fmt: skip
_COMPARE: dict[type[ast.cmpop], str] = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
    ast.In: "in", ast.NotIn: "not in", ast.Is: "is", ast.IsNot: "is not",
}  # fmt: skip
_REFUSED: dict[type[ast.AST], tuple[str, str]] = {
    ast.Starred: ("a list cannot be unpacked with `*`", "join lists with `+`"),
    ast.GeneratorExp: ("a generator needs square brackets", "write `[x for x in xs]`"),
    ast.NamedExpr: ("an expression assigns nothing", "give the value a node of its own"),
}


class _Converter:
    def __init__(
        self, text: str, body: str, indent: int, place: Place, budgets: Budgets, dots: bool
    ) -> None:
        self.text = text
        self.body = body
        self.indent = indent
        self.place = place
        self.budgets = budgets
        self.dots = dots
        self.ascii = body.isascii()

    def convert(self, node: ast.AST, depth: int) -> Expr:
        if depth > self.budgets.nesting:
            raise _too_deep(self.text)
        converter = _CONVERTERS.get(type(node))
        if converter is None:
            message, help = _REFUSED.get(type(node), ("this does not belong in an expression", ""))
            raise Fault(message, *self.range(node), help)
        return converter(self, node, depth + 1)

    def range(self, node: Any) -> tuple[int, int]:
        """Indices into the text; Python counts UTF-8 bytes."""
        return self.index(node.col_offset), self.index(node.end_col_offset)

    def index(self, offset: int) -> int:
        if not self.ascii:
            offset = len(self.body.encode()[:offset].decode(errors="ignore"))
        return self.indent + offset

    def span(self, node: Any) -> Span:
        return self.place.span(*self.range(node))

    def all(self, nodes: list[Any], depth: int) -> tuple[Expr, ...]:
        return tuple(self.convert(n, depth) for n in nodes)

    def name_fault(self, name: str, node: Any) -> None:
        if name.startswith("__"):
            start, end = self.range(node)
            message = f"`{name}` begins with two underscores"
            raise Fault(
                message, end - len(name) if end - len(name) >= start else start, end, code="E0211"
            )

    def name(self, node: ast.Name, depth: int) -> Expr:
        self.name_fault(node.id, node)
        return Name(node.id, span=self.span(node))

    def constant(self, node: ast.Constant, depth: int) -> Expr:
        value = node.value
        if value is Ellipsis and self.dots:
            return Dots(span=self.span(node))
        if value is not None and not isinstance(value, int | float | str):
            what = "`...`" if value is Ellipsis else "a complex number"
            raise Fault(f"{what} does not belong here", *self.range(node))
        if isinstance(value, int) and value > self.budgets.integer:
            raise Fault("an integer this large cannot be a size", *self.range(node), code="E0501")
        return Literal(value, span=self.span(node))

    def attribute(self, node: ast.Attribute, depth: int) -> Expr:
        self.name_fault(node.attr, node)
        return Attribute(self.convert(node.value, depth), node.attr, span=self.span(node))

    def subscript(self, node: ast.Subscript, depth: int) -> Expr:
        value = self.convert(node.value, depth)
        inner: Any = node.slice
        parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
        items = tuple(self.item(part, depth) for part in parts)
        return Index(value, items, span=self.span(node))

    def item(self, node: Any, depth: int) -> Expr:
        if isinstance(node, ast.Slice):
            parts = (node.lower, node.upper, node.step)
            return Slice(
                *(None if p is None else self.convert(p, depth) for p in parts),
                span=self.span(node),
            )
        if isinstance(node, ast.Constant) and node.value is Ellipsis:
            return Dots(span=self.span(node))
        return self.convert(node, depth)

    def call(self, node: ast.Call, depth: int) -> Expr:
        func = self.convert(node.func, depth)
        only = len(node.args) == 1 and not node.keywords
        args = tuple(
            self.comprehension(a, depth)
            if only and isinstance(a, ast.GeneratorExp)
            else self.convert(a, depth)
            for a in node.args
        )
        keywords = tuple(self.keyword(k, depth) for k in node.keywords)
        return Call(func, args, keywords, span=self.span(node))

    def keyword(self, node: ast.keyword, depth: int) -> Keyword:
        if node.arg is None:
            raise Fault("arguments cannot be unpacked with `**`", *self.range(node))
        self.name_fault(node.arg, node)
        start = self.index(node.col_offset)
        span = self.place.span(start, start + len(node.arg))
        return Keyword(node.arg, self.convert(node.value, depth), span)

    def unary(self, node: ast.UnaryOp, depth: int) -> Expr:
        operand = self.convert(node.operand, depth)
        if isinstance(node.op, ast.USub) and isinstance(operand, Literal):
            number = operand.value
            if isinstance(number, int | float) and not isinstance(number, bool):
                return Literal(-number, span=self.span(node))
        return Unary(_UNARY[type(node.op)], operand, span=self.span(node))

    def binary(self, node: ast.BinOp, depth: int) -> Expr:
        left, right = self.convert(node.left, depth), self.convert(node.right, depth)
        return Binary(_BINARY[type(node.op)], left, right, span=self.span(node))

    def compare(self, node: ast.Compare, depth: int) -> Expr:
        ops = tuple(_COMPARE[type(op)] for op in node.ops)
        rights = self.all(node.comparators, depth)
        return Compare(self.convert(node.left, depth), ops, rights, span=self.span(node))

    def boolean(self, node: ast.BoolOp, depth: int) -> Expr:
        op = "and" if isinstance(node.op, ast.And) else "or"
        return BoolOp(op, self.all(node.values, depth), span=self.span(node))

    def choice(self, node: ast.IfExp, depth: int) -> Expr:
        condition = self.convert(node.test, depth)
        then, otherwise = self.convert(node.body, depth), self.convert(node.orelse, depth)
        return IfElse(condition, then, otherwise, span=self.span(node))

    def sequence(self, node: ast.List | ast.Tuple, depth: int) -> Expr:
        return ListExpr(self.all(node.elts, depth), span=self.span(node))

    def comprehension(self, node: ast.ListComp | ast.GeneratorExp, depth: int) -> Expr:
        if len(node.generators) > 1:
            raise Fault("a comprehension has one `for`", *self.range(node))
        loop = node.generators[0]
        return Comprehension(
            self.convert(node.elt, depth),
            self.targets(loop.target),
            self.convert(loop.iter, depth),
            self.all(loop.ifs, depth),
            span=self.span(node),
        )

    def targets(self, node: ast.expr) -> tuple[str, ...]:
        parts = node.elts if isinstance(node, ast.Tuple | ast.List) else [node]
        names: list[str] = []
        for part in parts:
            if not isinstance(part, ast.Name):
                raise Fault("a comprehension binds plain names", *self.range(part))
            self.name_fault(part.id, part)
            names.append(part.id)
        return tuple(names)


_Convert = Callable[[_Converter, Any, int], Expr]
_CONVERTERS: dict[type[ast.AST], _Convert] = {
    ast.Name: _Converter.name,
    ast.Constant: _Converter.constant,
    ast.Attribute: _Converter.attribute,
    ast.Subscript: _Converter.subscript,
    ast.Call: _Converter.call,
    ast.UnaryOp: _Converter.unary,
    ast.BinOp: _Converter.binary,
    ast.Compare: _Converter.compare,
    ast.BoolOp: _Converter.boolean,
    ast.IfExp: _Converter.choice,
    ast.List: _Converter.sequence,
    ast.Tuple: _Converter.sequence,
    ast.ListComp: _Converter.comprehension,
}
