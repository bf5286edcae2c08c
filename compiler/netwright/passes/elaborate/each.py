"""`each`: iterations side by side, over numbers or tensors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netwright.ir.program import Loop
from netwright.ir.values import POISON, Outputs, Tensor, Value, is_poison
from netwright.passes.elaborate.call import Call, Callee
from netwright.passes.elaborate.iteration import iteration, path_of
from netwright.passes.elaborate.once import once
from netwright.passes.frame import Frame

if TYPE_CHECKING:
    from netwright.passes.elaborate.elaborator import Elaborator


def each(elaborator: Elaborator, frame: Frame, node: Callee, steps: tuple[Value, ...]) -> Value:
    loop = node.control.loop
    assert loop is not None
    results: list[Value] = []
    before = frame.running, frame.running_from
    for index, item in enumerate(steps):
        with iteration(frame, loop, index, item):
            shown = loop.names
            frame.fact(node, "iteration", {k: frame.names[k] for k in shown if k in frame.names})
            frame.running, frame.running_from = _each_input(frame, loop, before)
            path = path_of(frame, node, index)
            result = once(elaborator, frame, node, Call(path, node.span))
        results.append(result)
    frame.running, frame.running_from = before
    if any(is_poison(r) for r in results):
        return POISON
    if results and isinstance(results[0], Outputs):
        return Outputs({k: tuple(r.items[k] for r in results) for k in results[0].items})
    return tuple(results)


def _each_input(
    frame: Frame, loop: Loop, before: tuple[Value, str | None]
) -> tuple[Value, str | None]:
    """The running value of one iteration: the item where it is a tensor, else what ran before."""
    for name in loop.targets:
        if isinstance(frame.names[name], Tensor):
            return frame.names[name], name
    return before
