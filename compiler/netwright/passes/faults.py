"""A diagnostic on its way up to the node that it belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NoReturn

from netwright.diagnostics import Diagnostic, Label
from netwright.ir import expr as ex
from netwright.ir.values import Value, tensors
from netwright.ops.entry import OpError
from netwright.source import Span


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
    error: OpError, expr: ex.Expr, operands: tuple[Value, ...], arg_spans: Mapping[str, Span]
) -> Diagnostic:
    """An op's refusal as a diagnostic: at the argument it names, with the inputs and their
    types."""
    span = expr.span
    if error.arg is not None:
        span = arg_spans.get(error.arg, span)
        if isinstance(expr, ex.Call):
            span = next((k.value.span for k in expr.keywords if k.name == error.arg), span)
    label = ", ".join(
        f"`{v.label}` is {v.type}" if v.label else str(v.type)
        for o in operands
        for v in list(tensors(o))[:4]
    )
    return Diagnostic(error.code, error.message, span, label, (), error.help)
