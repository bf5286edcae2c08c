"""One iteration of a loop: the names that it binds, and where its weights are kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from netwright.ir import expr as ex
from netwright.ir.dims import symbol
from netwright.ir.instance import Path
from netwright.ir.program import InlineNode, Loop, Node
from netwright.ir.values import Value
from netwright.passes.evaluate import Evaluator
from netwright.passes.evaluate.lists import bind_targets
from netwright.passes.frame import Frame
from netwright.passes.work import spend

SILENT = "~"
"""A path's part that begins with this adds no level to the weights' names (`key: ""`)."""


def path_of(frame: Frame, node: Node, index: int | None) -> Path:
    """Where a node keeps its weights: its key, or its name and the loop's index.

    In a `flat` graph it is the module's number; a graph inside adds no level.
    """
    start = frame.instance.start
    if start is not None:
        spend(len(frame.instance.children))
        number = str(start + frame.instance.count)
        return (f"{SILENT}{node.name}.{number}" if isinstance(node, InlineNode) else number,)
    if isinstance(node, InlineNode) and node.flat and index is not None:
        return (*_levels(frame, node, None), f"{SILENT}{index}")
    return _levels(frame, node, index)


def _levels(frame: Frame, node: Node, index: int | None) -> Path:
    key = node.control.key
    if key is None:
        return (node.name,) if index is None or node.control.shared else (node.name, str(index))
    text = ""
    for part in key:
        text += part.text if part.expr is None else str(Evaluator(frame).number(part.expr))
    spend(len(text))
    return tuple(text.split(".")) if text else (SILENT + node.name,)


def bindings(loop: Loop, index: int, item: Value) -> dict[str, Value]:
    """What the loop's names are in one iteration."""
    bound = bind_targets(loop.targets, item, loop.iterable) if loop.targets else {}
    if "i" in loop.names:
        bound.setdefault("i", index)
    return bound


@contextmanager
def iteration(frame: Frame, loop: Loop, index: int, item: Value) -> Iterator[None]:
    """The loop's names bound for one iteration, and what they hid restored after it."""
    bound = {k: _symbolic(frame, k, v) for k, v in bindings(loop, index, item).items()}
    hidden = {name: frame.names[name] for name in bound if name in frame.names}
    hidden_defs = {name: frame.defs.pop(name) for name in bound if name in frame.defs}
    frame.names.update(bound)
    if frame.symbolic and not frame.root:
        frame.defs.update({n: ex.Literal(v) for n, v in bound.items() if type(v) is int})
    try:
        yield
    finally:
        for name in bound:
            del frame.names[name]
            frame.defs.pop(name, None)
        frame.names.update(hidden)
        frame.defs.update(hidden_defs)


def _symbolic(frame: Frame, name: str, value: Value) -> Value:
    if frame.symbolic and frame.root and type(value) is int:
        return symbol(name, value, expr=ex.Name(name))
    return value
