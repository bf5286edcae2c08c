"""One node after the other: its value, what it is called from then on, and its faults."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netwright.diagnostics import Diagnostic, Report
from netwright.ir import expr as ex
from netwright.ir.dims import Dim, SizeTooLarge, known, symbol
from netwright.ir.program import BufferNode, ExprNode, InlineNode, ModuleNode, Node, ParameterNode
from netwright.ir.values import (
    POISON,
    ModuleValue,
    Outputs,
    Tensor,
    Value,
    describe,
    first,
    is_poison,
    tensors,
)
from netwright.passes.elaborate.call import Call
from netwright.passes.elaborate.copies import kind_of
from netwright.passes.elaborate.inputs import otherwise
from netwright.passes.elaborate.iteration import path_of
from netwright.passes.elaborate.loops import run_loop
from netwright.passes.elaborate.once import once
from netwright.passes.elaborate.owned import buffer, parameter
from netwright.passes.evaluate import Evaluator
from netwright.passes.faults import Fault, Silent
from netwright.passes.frame import Frame
from netwright.passes.numbers import NumberError, SizeUnknown
from netwright.passes.work import visit

if TYPE_CHECKING:
    from netwright.passes.elaborate.elaborator import Elaborator


def run_node(elaborator: Elaborator, frame: Frame, node: Node) -> None:
    """Name the value of `node` in the frame; its faults go to the report."""
    frame.node = node
    visit(node.span)
    try:
        if node in frame.instance.scope.module.faulty:
            raise Silent
        value = _value_of(elaborator, frame, node)
    except Fault as error:
        elaborator.report.add(error.diagnostic)
        value = POISON
    except Silent:
        value = POISON
    except (NumberError, ZeroDivisionError) as error:
        elaborator.report.add(Diagnostic("E0410", str(error), node.span))
        value = POISON
    except SizeTooLarge as error:
        elaborator.report.add(Diagnostic("E0501", str(error), node.span))
        value = POISON
    except SizeUnknown as unknown:
        elaborator.report.add(
            Diagnostic(
                "E0306",
                f"the size `{unknown.size}` is only known at run time, "
                "but is needed to build the model",
                node.span,
            )
        )
        value = POISON
    _take_value(elaborator, frame, node, value)


def _value_of(elaborator: Elaborator, frame: Frame, node: Node) -> Value:
    match node:
        case ModuleNode() | InlineNode():
            return _module_node(elaborator, frame, node)
        case ExprNode():
            return _expr_node(elaborator, frame, node)
        case ParameterNode():
            return parameter(elaborator, frame, node)
        case BufferNode():
            return buffer(elaborator, frame, node)
    raise TypeError(type(node).__name__)


def _expr_node(elaborator: Elaborator, frame: Frame, node: ExprNode) -> Value:
    control = node.control
    if control.when is not None:
        holds = Evaluator(frame).condition(control.when)
        frame.fact(node, "when", holds)
        if not holds:
            return otherwise(elaborator, frame, node, frame.running)
    value = elaborator.evaluator(frame).value(node.value)
    is_name = isinstance(node.value, ex.Name) and len(node.targets) == 1
    return first(value) if is_name else value


def _module_node(elaborator: Elaborator, frame: Frame, node: ModuleNode | InlineNode) -> Value:
    if node.control.loop is not None:
        return run_loop(elaborator, frame, node)
    return once(elaborator, frame, node, Call(path_of(frame, node, None), node.span))


def _take_value(elaborator: Elaborator, frame: Frame, node: Node, value: Value) -> None:
    targets = node.targets if isinstance(node, ExprNode) else (node.name,)
    frame.fact(node, "kind", kind_of(value))
    if len(targets) > 1:
        for name, part in zip(
            targets, _unpack(elaborator.report, node, targets, value), strict=True
        ):
            _name(frame, name, part)
        return
    _name(frame, node.name, value)
    if isinstance(value, ModuleValue):
        return
    flows = isinstance(node, ModuleNode | InlineNode | ExprNode)
    bare = first(value)
    if flows and (isinstance(bare, Tensor) or value is POISON):
        frame.running, frame.running_from = bare, node.name
    if isinstance(bare, Tensor) or flows:
        frame.last = value


def _name(frame: Frame, name: str, value: Value) -> None:
    if frame.symbolic and type(value) is int and frame.root:
        value = symbol(name, value, expr=ex.Name(name))
    elif frame.symbolic and isinstance(value, Dim) and frame.root and known(value) is not None:
        frame.locals[name] = value
        value = symbol(name, known(value), expr=ex.Name(name))
    elif frame.symbolic and not frame.root and isinstance(value, int | float | Dim):
        written = frame.to_expr(value)
        if written is not None:
            frame.defs[name] = written
    frame.names[name] = value
    for tensor in tensors(value):
        if not tensor.label:
            tensor.label = name


def _unpack(
    report: Report, node: Node, targets: tuple[str, ...], value: Value
) -> tuple[Value, ...]:
    if is_poison(value):
        return (POISON,) * len(targets)
    parts: tuple[Value, ...] | None = None
    if isinstance(value, Outputs):
        parts = tuple(value.items.values())
    elif isinstance(value, tuple):
        parts = value
    if parts is None or len(parts) != len(targets):
        found = describe(value) if parts is None else f"{len(parts)} values"
        report.add(
            Diagnostic(
                "E0305",
                f"{len(targets)} names for {found}",
                node.name_span,
                help="`.unbind(0)` makes a list of a tensor's first dim" if parts is None else "",
            )
        )
        return (POISON,) * len(targets)
    return parts
