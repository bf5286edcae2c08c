"""Loops over nodes: what they run over, and which kind of loop it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netwright.ir.dims import Dim, known
from netwright.ir.program import Loop, Node
from netwright.ir.values import Value, describe, first
from netwright.passes.elaborate.call import Callee
from netwright.passes.elaborate.each import each
from netwright.passes.elaborate.repeat import repeat
from netwright.passes.elaborate.scan import scan
from netwright.passes.evaluate import Evaluator
from netwright.passes.evaluate.counted import note_count
from netwright.passes.faults import fault
from netwright.passes.frame import Frame
from netwright.passes.numbers import MAX_LIST, SizeUnknown

if TYPE_CHECKING:
    from netwright.passes.elaborate.elaborator import Elaborator


def run_loop(elaborator: Elaborator, frame: Frame, node: Callee) -> Value:
    """A node with a loop: its value after all iterations."""
    loop = node.control.loop
    assert loop is not None
    if loop.kind == "scan":
        return scan(elaborator, frame, node, loop)
    steps = _steps(frame, node, loop)
    frame.fact(node, "count", len(steps))
    if frame.symbolic and (loop.kind == "each" or loop.collect):
        note_count(frame, node, loop, len(steps))
    if loop.kind == "each":
        return each(elaborator, frame, node, steps)
    return repeat(elaborator, frame, node, loop, steps)


def _steps(frame: Frame, node: Node, loop: Loop) -> tuple[Value, ...]:
    """What the loop binds in each iteration."""
    value = first(Evaluator(frame).value(loop.iterable))
    frame.fact(node, "listed", isinstance(value, tuple))
    if isinstance(value, int | Dim) and not isinstance(value, bool):
        count = known(value)
        if count is None:
            assert isinstance(value, Dim)
            raise SizeUnknown(value)
        if count > MAX_LIST:
            fault("E0501", f"{count} iterations, more than the limit of {MAX_LIST}", loop.span)
        return tuple(range(count))
    if isinstance(value, tuple):
        return value
    fault(
        "E0305", f"a loop runs over a number or a list, found {describe(value)}", loop.iterable.span
    )
