"""Expressions that are too long for a line, broken as `ruff format` breaks them.

A line is broken at its last outermost brackets: first the content on one indented line, then one
item a line with a trailing comma.
"""

from __future__ import annotations

from dataclasses import dataclass

from netwright.ir.expr import (
    Attribute,
    Binary,
    BoolOp,
    Call,
    Compare,
    Comprehension,
    DictExpr,
    Entry,
    Expr,
    Flattened,
    IfElse,
    Index,
    Keyword,
    ListExpr,
    Literal,
    Name,
    Paren,
    Star,
    TupleExpr,
    Unary,
)
from netwright.ir.printer import operand, to_source

WIDTH = 88


def expression(expr: Expr, indent: int, prefix: str, suffix: str = "") -> list[str]:
    """`prefix expr suffix` in as many lines as it takes."""
    pad = " " * indent
    flat = f"{pad}{prefix}{to_source(expr)}{suffix}"
    if len(flat) <= WIDTH:
        return [flat]
    match expr:
        case Attribute() | Name() if _is_statement(prefix) and "(" not in to_source(expr):
            within = f"{pad}    {to_source(expr)}"
            fits = len(within) <= WIDTH
            return [f"{pad}{prefix}(", within, f"{pad}){suffix}"] if fits else [flat]
        case Call() | Index() | Attribute():
            return _postfix(expr, indent, prefix, suffix)
        case ListExpr(items=items):
            return _exploded(f"{pad}{prefix}[", list(items), f"]{suffix}", indent)
        case Comprehension() | Flattened():
            return _comprehension(expr, indent, prefix, suffix)
        case Star(value=value):
            return expression(value, indent, f"{prefix}*", suffix)
        case Unary(op="-", operand=value):
            value = Paren(value) if isinstance(value, Binary) else value
            return expression(value, indent, f"{prefix}-", suffix)
        case TupleExpr(items=items):
            return _exploded(f"{pad}{prefix}(", list(items), f"){suffix}", indent, spread=True)
        case DictExpr(entries=entries):
            return _exploded(f"{pad}{prefix}{{", list(entries), f"}}{suffix}", indent)
        case Entry(key=key, value=value):
            return expression(value, indent, f"{prefix}{to_source(key)}: ", suffix)
        case Paren(value=value):
            return _parenthesised(value, indent, prefix, suffix)
        case Name() | Literal():
            return [flat]
    if isinstance(expr, Binary | Compare):
        head, last = _head_and_last(expr)
        own = isinstance(last, Paren | Unary) and not _is_statement(prefix)
        if last is not None and not own and len(pad + prefix + head) + len(_opening(last)) <= WIDTH:
            return expression(last, indent, f"{prefix}{head}", suffix)
    return _parenthesised(expr, indent, prefix, suffix)


def _is_statement(prefix: str) -> bool:
    """Whether what follows `prefix` stands in no brackets."""
    return prefix.endswith(" = ") or prefix == "return "


def _head_and_last(expr: Binary | Compare) -> tuple[str, Expr | None]:
    """All of an operation but its last operand, where ruff breaks that one instead of adding
    brackets.

    It does where there is one operator of the lowest level and the last operand ends in brackets.
    """
    if isinstance(expr, Compare):
        if len(expr.ops) != 1:
            return "", None
        last = expr.rights[0]
        head = f"{to_source(expr.left)} {expr.ops[0]} "
    else:
        if _same_level(expr, expr.left):
            return "", None
        last = operand(expr, expr.right, True)
        head = f"{to_source(operand(expr, expr.left, False))} {expr.op} "
    if not _ends_in_brackets(last):
        return "", None
    return head, last


def _ends_in_brackets(expr: Expr) -> bool:
    if isinstance(expr, Call):
        return bool(expr.args or expr.keywords)
    if isinstance(expr, Unary) and expr.op == "-":
        return _ends_in_brackets(expr.operand) or isinstance(expr.operand, Binary)
    return isinstance(expr, Index | ListExpr | Comprehension | Flattened | Paren | TupleExpr)


def _opening(expr: Expr) -> str:
    """`expr` up to and with its first bracket."""
    text = to_source(expr)
    ends = [k for k in (text.find("("), text.find("[")) if k >= 0]
    return text[: min(ends) + 1] if ends else text


def _parenthesised(expr: Expr, indent: int, prefix: str, suffix: str) -> list[str]:
    pad, inner = " " * indent, " " * (indent + 4)
    text = to_source(expr)
    if len(inner) + len(text) <= WIDTH:
        return [f"{pad}{prefix}(", f"{inner}{text}", f"{pad}){suffix}"]
    lines: list[str] = []
    for lead, part in _split(expr):
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
            head = _split(left) if _same_level(expr, left) else [("", operand(expr, left, False))]
            return [*head, (f"{op} ", operand(expr, right, True))]
        case Compare(left=left, ops=ops, rights=rights):
            return [("", left), *((f"{op} ", r) for op, r in zip(ops, rights, strict=True))]
        case Unary(op=op, operand=inner):
            return [(f"{op} " if op == "not" else op, inner)]
    return [("", expr)]


def _same_level(parent: Binary, child: Expr) -> bool:
    groups = (("+", "-"), ("*", "/", "//", "%", "@"), ("|",), ("&",), ("^",))
    return isinstance(child, Binary) and any(parent.op in g and child.op in g for g in groups)


# Calls, subscripts and attributes -------------------------------------------------------------


@dataclass(frozen=True)
class _Link:
    """One step of `a.b(c)[d]`: an attribute's text, or brackets with items."""

    text: str = ""
    items: tuple[Expr, ...] = ()
    brackets: str = ""

    def flat(self) -> str:
        if not self.brackets:
            return self.text
        return f"{self.brackets[0]}{', '.join(map(_item_text, self.items))}{self.brackets[1]}"


def _links(expr: Expr) -> tuple[Expr, list[_Link]]:
    """What `expr` starts with, and the steps after it."""
    links: list[_Link] = []
    while True:
        match expr:
            case Call(func=func, args=args, keywords=keywords):
                links.insert(0, _Link(items=(*args, *map(_Keyword, keywords)), brackets="()"))
                expr = func
            case Index(value=value, items=items):
                links.insert(0, _Link(items=items, brackets="[]"))
                expr = value
            case Attribute(value=value, name=name):
                links.insert(0, _Link(text=f".{name}"))
                expr = value
            case _:
                return expr, links


def _postfix(expr: Expr, indent: int, prefix: str, suffix: str) -> list[str]:
    """A chain of calls and subscripts: from the left, the first brackets that do not fit are
    opened."""
    root, links = _links(expr)
    seen, attributes = _root(root).startswith("("), 0
    for link in links:
        attributes += seen and not link.brackets
        seen = seen or bool(link.brackets)
    if attributes >= 2:
        return _fluent(root, links, indent, prefix, suffix)
    pad = " " * indent
    lines: list[str] = []
    current = f"{pad}{prefix}{_root(root)}"
    for k, link in enumerate(links):
        if not link.brackets:
            current += link.text
            continue
        after = _until_brackets(links[k + 1 :], suffix)
        if len(current) + len(link.flat()) + len(after) <= WIDTH or not link.items:
            current += link.flat()
            continue
        opened = _exploded(current + link.brackets[0], list(link.items), link.brackets[1], indent)
        lines += opened[:-1]
        current = opened[-1]
    return [*lines, current + suffix]


def _root(expr: Expr) -> str:
    """What a chain begins with, in brackets where a method would bind to its last part only."""
    text = to_source(expr)
    return text if isinstance(expr, Name | Literal | ListExpr | Paren) else f"({text})"


def _until_brackets(links: list[_Link], suffix: str) -> str:
    """What follows up to the next opening bracket, where a line may be broken."""
    text = ""
    for link in links:
        if link.brackets:
            return text + link.brackets[0] if link.items else text + link.flat()
        text += link.text
    return text + suffix


def _fluent(root: Expr, links: list[_Link], indent: int, prefix: str, suffix: str) -> list[str]:
    """A chain of methods, one a line in brackets."""
    pad, inner = " " * indent, " " * (indent + 4)
    rows: list[list[_Link]] = [[]]
    seen = _root(root).startswith("(")
    for link in links:
        if not link.brackets and seen:
            rows.append([])
        seen = seen or bool(link.brackets)
        rows[-1].append(link)
    flat = _root(root) + "".join(link.flat() for row in rows for link in row)
    if len(inner) + len(flat) <= WIDTH:
        return [f"{pad}{prefix}(", f"{inner}{flat}", f"{pad}){suffix}"]
    lines = [inner + _root(root) + "".join(link.flat() for link in rows[0])]
    for row in rows[1:]:
        text = inner + "".join(link.flat() for link in row)
        if len(text) <= WIDTH or not row[-1].items:
            lines.append(text)
        else:
            head = inner + "".join(link.flat() for link in row[:-1])
            lines += _exploded(
                head + row[-1].brackets[0], list(row[-1].items), row[-1].brackets[1], indent + 4
            )
    return [f"{pad}{prefix}(", *lines, f"{pad}){suffix}"]


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
    return f"{item.keyword.name}="


def _exploded(
    head: str, items: list[Expr], tail: str, indent: int, *, spread: bool = False
) -> list[str]:
    """Brackets with their content on lines of its own; `spread` over one line an item."""
    pad, inner = " " * indent, " " * (indent + 4)
    body = ", ".join(_item_text(i) for i in items)
    one_line = (tail.startswith(")") and not spread) or len(items) == 1
    if len(inner) + len(body) <= WIDTH and one_line:
        return [head, f"{inner}{body}", f"{pad}{tail}"]
    if len(items) == 1 and isinstance(items[0], Comprehension) and items[0].generator:
        return [head, *_clauses(items[0], indent + 4), f"{pad}{tail}"]
    lines: list[str] = []
    for item in items:
        lead, value = (
            (_lead(item), item.keyword.value) if isinstance(item, _Keyword) else ("", item)
        )
        lines += expression(value, indent + 4, lead, ",")
    return [head, *lines, f"{pad}{tail}"]


def _comprehension(
    expr: Comprehension | Flattened, indent: int, prefix: str, suffix: str
) -> list[str]:
    pad = " " * indent
    flat = to_source(expr)[1:-1]
    is_dict = isinstance(expr, Comprehension) and isinstance(expr.element, Entry)
    opened, closed = "{}" if is_dict else "[]"
    if indent + 4 + len(flat) <= WIDTH:
        return [f"{pad}{prefix}{opened}", f"{pad}    {flat}", f"{pad}{closed}{suffix}"]
    return [f"{pad}{prefix}{opened}", *_clauses(expr, indent + 4), f"{pad}{closed}{suffix}"]


def _clauses(expr: Comprehension | Flattened, indent: int) -> list[str]:
    """The element, `for` and `if` of a comprehension, one a line."""
    if isinstance(expr, Comprehension):
        return [*expression(expr.element, indent, ""), *_loop(expr, indent)]
    inner = expression(expr.lists.element, indent, f"for {expr.name} in ")
    return [*expression(Name(expr.name), indent, ""), *_loop(expr.lists, indent), *inner]


def _loop(expr: Comprehension, indent: int) -> list[str]:
    lines = expression(expr.iterable, indent, f"for {', '.join(expr.targets)} in ")
    for condition in expr.conditions:
        lines += expression(condition, indent, "if ")
    return lines
