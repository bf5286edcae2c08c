"""`where`: what a block asks of its params and sizes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netwright.diagnostics import Diagnostic, Report
from netwright.ir import expr as ex
from netwright.ir.dims import Dim
from netwright.ir.printer import to_source
from netwright.passes.evaluate import Evaluator
from netwright.passes.faults import Fault, Silent
from netwright.passes.frame import Frame

if TYPE_CHECKING:
    from netwright.passes.elaborate.elaborator import Elaborator


def check_where(elaborator: Elaborator, frame: Frame) -> None:
    unbound = _unbound_dims(frame)
    for constraint in frame.instance.block.where:
        if unbound & set(ex.free_names(constraint)):
            continue  # it speaks of an input that is absent here
        try:
            holds = Evaluator(frame).condition(constraint)
        except Fault as error:
            if error.diagnostic.code in ("E0306", "E0410"):
                frame.instance.constraints.append(constraint)  # decided at run time
            else:
                elaborator.report.add(error.diagnostic)
            continue
        except Silent:
            continue
        if not holds:
            _broken(elaborator.report, frame, constraint)


def _broken(report: Report, frame: Frame, constraint: ex.Expr) -> None:
    values = []
    for name in ex.free_names(constraint):
        value = frame.names.get(name, frame.instance.scope.table.get(name))
        if isinstance(value, int | float | Dim):
            values.append(f"`{name}` is {value}")
    report.add(
        Diagnostic(
            "E0401",
            f"`{to_source(constraint)}` does not hold in `{frame.instance.block.name}`",
            constraint.span,
            ", ".join(values),
        )
    )


def _unbound_dims(frame: Frame) -> set[str]:
    """Names of sizes that only an absent input would bind."""
    named: set[str] = set()
    for declared in frame.instance.block.inputs:
        if frame.instance.inputs.get(declared.name) is None:
            type_ = declared.type
            while type_.item is not None:
                type_ = type_.item
            named.update(d.id for d in type_.dims if isinstance(d, ex.Name))
    return {n for n in named if n not in frame.names and n not in frame.instance.scope.table}
