"""Expressions: what parses, to what, and where its parts stand."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from netwright.diagnostics import Diagnostic, Report
from netwright.frontend.budgets import Budgets
from netwright.frontend.expressions import parse
from netwright.frontend.faulty import Faulty
from netwright.frontend.scalars import OnLine
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
    ListExpr,
    Literal,
    Name,
    Slice,
    Unary,
    walk,
)


def parsed(text: str, dots: bool = False) -> Expr:
    report = Report()
    expr = parse(text, OnLine("f", 1, 1), report, dots=dots)
    assert not list(report), list(report)
    return expr


def fault(text: str, budgets: Budgets | None = None) -> Diagnostic:
    report = Report()
    expr = parse(text, OnLine("f", 1, 1), report, budgets or Budgets())
    found = list(report)
    assert isinstance(expr, Faulty)
    assert len(found) == 1
    return found[0]


def shown(expr: Expr) -> str:
    """The expression in Python's own printing, to be compared with the text."""
    match expr:
        case Literal(value=value):
            return repr(value)
        case Name(id=name):
            return name
        case Attribute(value=value, name=name):
            return f"{shown(value)}.{name}"
        case Index(value=value, items=items):
            return f"{shown(value)}[{', '.join(map(shown, items))}]"
        case Slice(lower=lower, upper=upper, step=step):
            ends = ["" if e is None else shown(e) for e in (lower, upper)]
            return ":".join(ends) + ("" if step is None else f":{shown(step)}")
        case Dots():
            return "..."
        case Call(func=func, args=args, keywords=keywords):
            given = [shown(a) for a in args] + [f"{k.name}={shown(k.value)}" for k in keywords]
            return f"{shown(func)}({', '.join(given)})"
        case Unary(op=op, operand=operand):
            return f"({op} {shown(operand)})"
        case Binary(op=op, left=left, right=right):
            return f"({shown(left)} {op} {shown(right)})"
        case Compare(left=left, ops=ops, rights=rights):
            rest = [f"{op} {shown(right)}" for op, right in zip(ops, rights, strict=True)]
            return f"({' '.join([shown(left), *rest])})"
        case BoolOp(op=op, values=values):
            return "(" + f" {op} ".join(map(shown, values)) + ")"
        case IfElse(condition=condition, then=then, otherwise=otherwise):
            return f"({shown(then)} if {shown(condition)} else {shown(otherwise)})"
        case ListExpr(items=items):
            return f"[{', '.join(map(shown, items))}]"
        case Comprehension(element=element, targets=targets, iterable=iterable, conditions=ifs):
            tests = "".join(f" if {shown(test)}" for test in ifs)
            return f"[{shown(element)} for {', '.join(targets)} in {shown(iterable)}{tests}]"
    raise AssertionError(expr)


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "None",
        "1",
        "-1",
        "1.5e-3",
        "'a'",
        "x + y * 2 - z // 3 % 4",
        "x ** -y",
        "x @ y & z | w ^ v",
        "x << 1 >> 2",
        "~x",
        "not x and y or z",
        "a < b <= c != d",
        "a in b",
        "a not in b",
        "a is not None",
        "a if b else c if d else e",
        "x[0]",
        "x[:, ::2, 1:, None, -1]",
        "x[..., 0]",
        "x.shape[-1]",
        "f(a, b=1)(c)",
        "x.view(B, -1).transpose(1, 2)",
        "[a, [b, 1], []]",
        "[a + b for a, b in zip(xs, ys) if a if b]",
        "rearrange(x, 'b (h d) -> b h d', h=heads)",
    ],
)
def test_what_parses_means_what_python_reads(text: str) -> None:
    ours = ast.parse(shown(parsed(text)), mode="eval")
    assert ast.dump(ours) == ast.dump(ast.parse(text, mode="eval"))


def test_tuples_are_lists() -> None:
    assert shown(parsed("a, b")) == "[a, b]"
    assert shown(parsed("(a, b)")) == "[a, b]"


def test_a_generator_in_a_call_is_a_list() -> None:
    assert shown(parsed("sum(n for n in depths)")) == "sum([n for n in depths])"


@pytest.mark.parametrize("text", ["x + relu( y )", "  f(a , k = b)", "[x for x in y]", "a.b[c:d]"])
def test_spans_hold_the_text_of_their_part(text: str) -> None:
    for part in walk(parsed(text)):
        piece = text[part.span.column - 1 : part.span.end_column - 1]
        assert ast.dump(ast.parse(f"z[{piece}]")) == ast.dump(ast.parse(f"z[{shown(part)}]"))


def test_spans_count_characters_not_bytes() -> None:
    call = parsed("f('é', x)")
    assert isinstance(call, Call)
    assert call.args[1].span.column == 8


def test_a_keyword_knows_its_name() -> None:
    call = parsed("f(a, key = b)")
    assert isinstance(call, Call)
    assert (call.keywords[0].span.column, call.keywords[0].span.end_column) == (6, 9)


def test_line_breaks_are_spaces() -> None:
    assert shown(parsed("x +\n  y")) == "(x + y)"


def test_dots_stand_in_an_index_or_where_dims_are_read() -> None:
    assert fault("...").code == "E0108"
    assert shown(parsed("[B, ...]", dots=True)) == "[B, ...]"


@pytest.mark.parametrize(
    ("text", "column", "end"),
    [
        ("a && b", 3, 5),
        ("a = b", 3, 4),
        ("f(x)[a=b]", 7, 8),
        ("lambda: x", 1, 7),
        ("f'{x}'", 1, 7),
        ("f(*x)", 3, 5),
        ("x # y", 3, 4),
        ("x\\y", 2, 3),
        ("a b", 1, 4),
        ("a +", 3, 4),
        ("f(a", 2, 3),
        ("f(a))", 5, 6),
        ("'\\d'", 2, 4),
        ("1if x else y", 1, 4),
        ("0777", 1, 5),
        ("x.__dict__", 3, 11),
        ("", 1, 2),
    ],
)
def test_faults_are_underlined(text: str, column: int, end: int) -> None:
    span = fault(text).span
    assert (span.column, span.end_column) == (column, end)


@pytest.mark.parametrize(
    "text",
    [
        "-" * 3000 + "x",
        "a" + " + a" * 900,
        "(" * 90 + "x" + ")" * 90,
        "9" * 30,
        "x" * 5000 + " + 1",
    ],
)
def test_what_costs_too_much_is_refused(text: str) -> None:
    assert fault(text).code == "E0501"


@given(st.text(alphabet="ab01 .,:=+-*/()[]{}'\"#\\!&|?<>\nfé", max_size=30))
def test_any_text_parses_or_gives_one_fault(text: str) -> None:
    report = Report()
    expr = parse(text, OnLine("f", 1, 1), report)
    assert isinstance(expr, Faulty) == (len(list(report)) == 1)
    assert len(list(report)) <= 1
