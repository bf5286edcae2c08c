"""The outputs of an instance, each against its declared type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from netwright.diagnostics import Diagnostic, Label
from netwright.ir import expr as ex
from netwright.ir.dims import Dim, Size, SizeTooLarge
from netwright.ir.program import Input, Output, TypeExpr
from netwright.ir.values import POISON, Outputs, Value, describe, first
from netwright.passes.evaluate import Evaluator
from netwright.passes.faults import Fault, Silent
from netwright.passes.frame import Frame
from netwright.passes.interface import Binder, type_text
from netwright.passes.work import spend

if TYPE_CHECKING:
    from netwright.passes.elaborate.elaborator import Elaborator


def find_outputs(elaborator: Elaborator, frame: Frame) -> None:
    block = frame.instance.block
    if not block.outputs:
        several = isinstance(frame.last, Outputs)
        frame.instance.outputs = dict(frame.last.items) if several else {"": frame.last}
        return
    names = {**frame.instance.scope.table, **frame.names}
    for output in block.outputs:
        try:
            value = first(Evaluator(frame).value(output.value))
            if output.type is not None:
                _check_output(frame, names, output, output.type, value)
        except Fault as error:
            elaborator.report.add(error.diagnostic)
            value = POISON
        except Silent:
            value = POISON
        except SizeTooLarge as error:
            elaborator.report.add(Diagnostic("E0501", str(error), output.span))
            value = POISON
        frame.instance.outputs[output.name] = value


def _check_output(
    frame: Frame, names: dict[str, Value], output: Output, type_: TypeExpr, value: Value
) -> None:
    """Hold a value to its declared type, whose dims are read among `names`; raises Fault."""

    def evaluate(dim: ex.Expr, dims: Mapping[str, Size]) -> Value:
        spend(len(names) if dims else 0)
        inner = Frame(frame.instance, {**names, **dims} if dims else names)
        return Evaluator(inner).value(dim)

    declared = Input(output.name, type_, span=type_.span)
    read = {n: names[n] for d in _dims(type_) for n in ex.free_names(d) if n in names}
    sizes = {n: v for n, v in read.items() if isinstance(v, int | Dim) or n not in frame.names}
    binder = Binder(frame.instance.block, sizes, evaluate)
    try:
        binder.bind_one(declared, value, output.value.span)
    except Fault as error:
        found = error.diagnostic
        raise Fault(
            Diagnostic(
                "E0309",
                f"the output `{output.name}` is declared {type_text(type_)}, "
                f"but is {describe(value)}",
                type_.span,
                "",
                (Label(output.value.span, "its value is computed here"),),
                found.help,
            )
        ) from None


def _dims(type_: TypeExpr) -> tuple[ex.Expr, ...]:
    return type_.dims if type_.item is None else _dims(type_.item)
