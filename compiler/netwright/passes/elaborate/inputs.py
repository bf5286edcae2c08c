"""What a node receives, and what flows on where it is switched off."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from netwright.diagnostics import nearest
from netwright.ir.program import InlineNode, ModuleNode, Node
from netwright.ir.values import POISON, Value, first
from netwright.passes.elaborate.call import Call
from netwright.passes.faults import Silent, fault
from netwright.passes.frame import Frame

if TYPE_CHECKING:
    from netwright.passes.elaborate.elaborator import Elaborator


def inputs_of(
    elaborator: Elaborator,
    frame: Frame,
    node: ModuleNode | InlineNode,
    names: list[str],
    call: Call,
    callee: str,
) -> dict[str, Value]:
    """What a node receives, by input name."""
    evaluator = elaborator.evaluator(frame)
    given = node.given
    values: dict[str, Value] = {}
    carried = call.carried or {}
    if given.implicit and names:
        if names[0] not in carried:
            if frame.running is None:
                fault(
                    "E0213",
                    f"`{node.name}` has no input",
                    node.span,
                    help="give it one under `from`",
                )
            if frame.running is POISON:
                raise Silent
            frame.fact(node, "input", frame.running_from)
            values[names[0]] = frame.running
    if len(given.positional) > len(names):
        fault(
            "E0214",
            f"`{callee}` takes {len(names)} input{'s' * (len(names) != 1)}, "
            f"but receives {len(given.positional)}",
            given.positional[len(names)].span,
        )
    for name, expr in zip(names, given.positional, strict=False):
        if name not in carried:
            values[name] = first(evaluator.value(expr))
    for name, expr in given.named.items():
        if name not in names:
            help = near(name, names)
            fault("E0214", f"`{callee}` has no input `{name}`", expr.span, help=help)
        if name not in carried:
            values[name] = first(evaluator.value(expr))
    values.update(carried)
    return values


def otherwise(elaborator: Elaborator, frame: Frame, node: Node, passing: Value) -> Value:
    """The value of a node that is switched off: its `else`, or what passes."""
    if node.control.otherwise is not None:
        return first(elaborator.evaluator(frame).value(node.control.otherwise))
    if passing is None:
        fault(
            "E0213",
            f"`{node.name}` has no input to pass on",
            node.name_span,
            help="give it one under `from`, or an `else`",
        )
    return passing


def passing(
    elaborator: Elaborator, frame: Frame, node: ModuleNode | InlineNode, call: Call
) -> Value:
    """What flows on where a node is switched off: its input."""
    if call.carried:
        return next(iter(call.carried.values()))
    given = node.given
    evaluator = elaborator.evaluator(frame)
    if given.positional:
        return first(evaluator.value(given.positional[0]))
    if given.named:
        return first(evaluator.value(next(iter(given.named.values()))))
    frame.fact(node, "input", frame.running_from)
    return frame.running


def check_args(node: ModuleNode, callee: str, args: Iterable[str], known: Sequence[str]) -> None:
    """A module that is a param's value shows only now which arguments it has."""
    for name in args:
        if name not in known:
            span = node.arg_spans.get(name, node.span)
            fault("E0202", f"`{callee}` has no argument `{name}`", span, help=near(name, known))


def near(name: str, known: Sequence[str]) -> str:
    found = nearest(name, known)
    return f"did you mean `{found}`?" if found else ""
