"""The outputs of an instance, each against its declared type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from netwright.diagnostics import Diagnostic, Label
from netwright.ir import expr as ex
from netwright.ir.dims import Dim, Size, SizeTooLarge
from netwright.ir.program import Input
from netwright.ir.values import POISON, Outputs, Value, describe, first
from netwright.passes.evaluate import Evaluator
from netwright.passes.faults import Fault, Silent
from netwright.passes.frame import Frame
from netwright.passes.interface import Binder, type_text

if TYPE_CHECKING:
    from netwright.passes.elaborate.elaborator import Elaborator


def find_outputs(elaborator: Elaborator, frame: Frame) -> None:
    block = frame.instance.block
    if not block.outputs:
        several = isinstance(frame.last, Outputs)
        frame.instance.outputs = dict(frame.last.items) if several else {"": frame.last}
        return
    for output in block.outputs:
        try:
            value = first(Evaluator(frame).value(output.value))
            if output.type is not None:
                _check_output(frame, output, value)
        except Fault as error:
            elaborator.report.add(error.diagnostic)
            value = POISON
        except Silent:
            value = POISON
        except SizeTooLarge as error:
            elaborator.report.add(Diagnostic("E0501", str(error), output.span))
            value = POISON
        frame.instance.outputs[output.name] = value


def _check_output(frame: Frame, output: Any, value: Value) -> None:
    scope = frame.instance.scope

    def evaluate(dim: ex.Expr, dims: Mapping[str, Size]) -> Value:
        inner = Frame(frame.instance, {**dict(scope.table), **frame.names, **dims}, symbolic=False)
        return Evaluator(inner).value(dim)

    known_names = {k: v for k, v in frame.names.items() if isinstance(v, int | Dim)}
    declared = Input(output.name, output.type, span=output.type.span)
    binder = Binder(frame.instance.block, {**dict(scope.table), **known_names}, evaluate)
    try:
        binder.bind_one(declared, value, output.value.span)
    except Fault as error:
        found = error.diagnostic
        raise Fault(
            Diagnostic(
                "E0309",
                f"the output `{output.name}` is declared {type_text(output.type)}, "
                f"but is {describe(value)}",
                output.type.span,
                "",
                (Label(output.value.span, "its value is computed here"),),
                found.help,
            )
        ) from None
