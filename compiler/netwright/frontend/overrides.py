"""Params given beside a spec, by a command line or a program, as if a variant had given them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from netwright.diagnostics import Diagnostic, Report
from netwright.frontend.budgets import DEFAULT
from netwright.frontend.document import Document, read
from netwright.frontend.form import Form
from netwright.frontend.identifiers import did_you_mean
from netwright.frontend.lower_params import convert
from netwright.frontend.name_args import param_value
from netwright.frontend.name_exprs import ExprNames, Level
from netwright.frontend.scope import FileScope, Scope
from netwright.ir.expr import Expr, ListExpr, Literal, Name
from netwright.ir.program import Module, Param, Variant
from netwright.source import Sources, Span


class Text(str):
    """An override as typed on a command line: a YAML value, or an expression."""

    __slots__ = ()


def overrides(
    module: Module, given: Mapping[str, Any], report: Report, sources: Sources
) -> Variant:
    """`given` as expressions, their names checked.

    A `Text` is parsed, other values stand for themselves.

    A string for a param that holds a module is an expression (`"LayerNorm(eps=1e-6)"`), and a class
    stands for the module of its name. Faults go to `report`: E0205 for an unknown param, E0108 and
    the E02 codes for a faulty expression.
    """
    known = {param.name: param for param in module.params}
    values: dict[str, Expr] = {}
    spans: dict[str, Span] = {}
    for name, value in given.items():
        place = f"<{name}>"
        text = str(value)
        sources.add(place, text)
        spans[name] = Span(place, 1, 1, 1, len(text) + 1)
        if name not in known:
            help = did_you_mean(name, known)
            message = f"the model has no param `{name}`"
            report.add(Diagnostic("E0205", message, spans[name], help=help))
            continue
        found = Report()
        expr = _expression(value, known[name], spans[name], found)
        if expr is not None:
            _check_names(module, expr, known[name], found)
        if expr is not None and not found.errors:
            values[name] = expr
        report.extend(found)
    return Variant("<given>", values, spans)


def _expression(value: Any, param: Param, span: Span, report: Report) -> Expr | None:
    if not isinstance(value, Text):
        return _of_value(value, param.type, span, report)
    document = read(str(value), span.file, report, DEFAULT)
    if document.root is None:
        return None
    form = Form(document, report, DEFAULT)
    expr = convert(form, document.root, param.type)
    if form.rejected and not report.errors:
        message = f"`{param.name}` takes a value or an expression, not a mapping"
        report.add(Diagnostic("E0105", message, span))
    return None if report.errors else expr


def _of_value(value: Any, kind: str, span: Span, report: Report) -> Expr | None:
    """A value of a program as an expression; parsed text where it stands for a module."""
    if isinstance(value, type):
        return Name(value.__name__, span=span)
    if isinstance(value, str) and kind == "module":
        form = Form(Document(span.file, value, None), report, DEFAULT)
        return _parsed(form, value, span)
    if isinstance(value, Sequence) and not isinstance(value, str):
        item = kind[5:-1] if kind.startswith("list[") else kind
        items = [_of_value(v, item, span, report) for v in value]
        parts = tuple(i for i in items if i is not None)
        return ListExpr(parts, span=span) if len(parts) == len(items) else None
    if value is None or isinstance(value, bool | int | float | str):
        return Literal(value, span=span)
    message = f"a value of type `{type(value).__name__}` cannot be a param"
    report.add(Diagnostic("E0403", message, span))
    return None


def _parsed(form: Form, text: str, span: Span) -> Expr | None:
    from netwright.frontend.expressions import parse
    from netwright.frontend.scalars import OnLine

    expr = parse(text, OnLine(span.file, 1, 1), form.report, form.budgets)
    return None if form.report.errors else expr


def _check_names(module: Module, expr: Expr, param: Param, report: Report) -> None:
    file = FileScope({p.name: p for p in module.params}, module.blocks, dict(module.uses))
    level = Level(Scope(file, None, {}, True), {})
    names = ExprNames(file, report)
    param_value(names, expr, param, level)
    names.report_missed()
