"""One use of a node that holds a module or block: its condition, then its callee."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netwright.ir.program import InlineNode, ModuleNode
from netwright.ir.values import ModuleValue, Value, describe
from netwright.passes.elaborate.blocks import call_block, call_inline
from netwright.passes.elaborate.call import Call
from netwright.passes.elaborate.inputs import otherwise, passing
from netwright.passes.elaborate.modules import call_op
from netwright.passes.faults import fault
from netwright.passes.frame import Frame
from netwright.passes.work import visit

if TYPE_CHECKING:
    from netwright.passes.elaborate.elaborator import Elaborator


def once(elaborator: Elaborator, frame: Frame, node: ModuleNode | InlineNode, call: Call) -> Value:
    """One instance of a node: its condition, its arguments, its inputs, its result."""
    visit(node.span)
    evaluator = elaborator.evaluator(frame)
    if node.control.when is not None:
        holds = evaluator.condition(node.control.when)
        frame.fact(node, "when", holds)
        if not holds:
            replaced = node.control.otherwise is not None and not node.given.implicit
            passed = None if replaced else passing(elaborator, frame, node, call)
            return otherwise(elaborator, frame, node, passed)
    if isinstance(node, InlineNode):
        return call_inline(elaborator, frame, node, call)
    callee = evaluator.value(node.callee)
    if not isinstance(callee, ModuleValue):
        fault("E0305", f"{describe(callee)} is not a module", node.callee.span)
    if callee.block is None:
        return call_op(elaborator, frame, node, callee, call)
    return call_block(elaborator, frame, node, callee, call)
