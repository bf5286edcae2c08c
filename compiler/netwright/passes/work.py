"""What evaluating a spec may cost, over all of its variants: a spec always ends, and soon.

Work is counted in units of about a microsecond: an expression or an item of a list is one, a node
about forty. A spec has a fixed amount, less what reading its nodes took: a third more than what
the largest of the catalogue takes. One that writes out more nodes than that is enough for may visit
each of them once.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from netwright.diagnostics import Diagnostic
from netwright.ir.dims import Dim
from netwright.ir.program import Block, InlineNode, Module
from netwright.ir.types import TensorType
from netwright.source import Span

NODE = 40
"""Units for one visit of a node."""

STEP = 20
"""Units for one operation on tensors."""

FIXED = 570_000
READ = 60
"""Units that reading a node took, before anything was evaluated."""
EACH = 100
"""Units for every node of a file that holds more of them than the fixed amount is for: a visit, an
operation, and the type that it gives."""

_CHARACTERS = 4
"""Characters of a formula for a unit."""


class Exhausted(Exception):
    """The evaluation costs too much, and ends; `diagnostic` says where that was noticed."""

    def __init__(self, span: Span) -> None:
        super().__init__("the evaluation costs too much")
        message = "the model expands to more than can be checked"
        help = "fewer or shorter loops, lists and variants"
        self.diagnostic = Diagnostic("E0501", message, span, help=help)


@dataclass(slots=True)
class _Meter:
    left: int
    span: Span


_METER: ContextVar[_Meter | None] = ContextVar("netwright_work", default=None)


@contextmanager
def metered(module: Module, times: int = 1) -> Iterator[None]:
    """Count the work of what runs inside, up to `times` that of a check; a meter that runs already
    goes on."""
    if _METER.get() is not None or module.model is None:
        yield
        return
    written = sum(_nodes(block) for block in module.all_blocks())
    limit = times * max(FIXED - READ * written, EACH * written)
    token = _METER.set(_Meter(limit, module.model.span))
    try:
        yield
    finally:
        _METER.reset(token)


def _nodes(block: Block) -> int:
    return sum(1 + (_nodes(n.block) if isinstance(n, InlineNode) else 0) for n in block.nodes)


def spend(amount: int) -> None:
    """Count `amount` units; raises Exhausted where the spec has used up what it may."""
    meter = _METER.get()
    if meter is not None:
        meter.left -= amount
        if meter.left < 0:
            raise Exhausted(meter.span)


def spend_on(type_: TensorType) -> None:
    """Count one operation that gave a tensor of this type; arithmetic on long formulas is slow."""
    formulas = sum([d.length for d in type_.shape if isinstance(d, Dim)])
    spend(STEP + formulas // _CHARACTERS)


def visit(span: Span, times: int = 1) -> None:
    """Count visits of a node at `span`, where an exhausted budget is reported from then on."""
    meter = _METER.get()
    if meter is not None and meter.left >= 0:
        meter.span = span
    spend(NODE * times)
