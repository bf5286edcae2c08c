"""A diagnostic on its way up to the node that it belongs to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NoReturn

from netwright.diagnostics import Diagnostic, Label
from netwright.ir import expr as ex
from netwright.ir.values import Tensor, Value, tensors
from netwright.ops.entry import OpError
from netwright.source import NOWHERE, Span

_AT_ODDS = frozenset({"E0301", "E0302", "E0303", "E0304"})
"""Sizes, ranks and dtypes that do not go together: either side may be the wrong one."""


class Fault(Exception):
    """A diagnostic on its way up to the node that it belongs to."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


class Silent(Exception):
    """Something here was reported before; what depends on it stays silent."""


def fault(
    code: str,
    message: str,
    span: Span,
    *,
    label: str = "",
    help: str = "",
    notes: tuple[Label, ...] = (),
) -> NoReturn:
    raise Fault(Diagnostic(code, message, span, label, notes, help))


def op_fault(
    error: OpError,
    expr: ex.Expr,
    operands: tuple[Value, ...],
    arg_spans: Mapping[str, Span],
    named: Iterable[Value] = (),
) -> Diagnostic:
    """An op's refusal as a diagnostic: at the argument it names, with the inputs and their types,
    and where these and the values `named` in the expression come from."""
    span = expr.span
    if error.arg is not None:
        span = arg_spans.get(error.arg, span)
        if isinstance(expr, ex.Call):
            span = next((k.value.span for k in expr.keywords if k.name == error.arg), span)
    read = [v for o in operands for v in list(tensors(o))[:4]]
    label = ", ".join(f"`{v.label}` is {v.type}" if v.label else str(v.type) for v in read)
    notes: tuple[Label, ...] = ()
    if error.code in _AT_ODDS:
        notes = _origins([*read, *(v for value in named for v in tensors(value))], span)
    return Diagnostic(error.code, error.message, span, label, notes, error.help)


def _origins(read: Iterable[Tensor], span: Span) -> tuple[Label, ...]:
    """Where values come from, each place once, without those on the line of the fault."""
    places = {
        v.span: f"`{v.label}` comes from here"
        for v in read
        if v.label and v.span != NOWHERE and (v.span.file, v.span.line) != (span.file, span.line)
    }
    return tuple(Label(place, text) for place, text in places.items())
