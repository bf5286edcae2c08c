"""The figure of a model: a column of boxes for its graph, and one for each block that it uses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from netwright.ir.instance import (
    CallBlock,
    CallModule,
    Instance,
    ReadWeight,
    Scan,
    Step,
)
from netwright.ir.printer import to_source
from netwright.ir.program import ExprNode, Node
from netwright.ir.steps import consumed, produced
from netwright.ir.values import Tensor, tensors

from tests.docs.catalogue.drawing import Box, Column

Call = CallModule | CallBlock | Scan


@dataclass
class _Drawn:
    """A column under construction; `made` says which box gives a tensor."""

    boxes: list[Box] = field(default_factory=list)
    lines: dict[tuple[int, int], None] = field(default_factory=dict)
    made: dict[Tensor, int] = field(default_factory=dict)

    def add(self, box: Box, reads: Sequence[Tensor], makes: Sequence[Tensor]) -> None:
        here = len(self.boxes)
        self.boxes.append(box)
        self.lines.update(dict.fromkeys((self.made[t], here) for t in reads if t in self.made))
        self.made.update(dict.fromkeys(makes, here))


def columns(whole: Instance) -> Iterator[Column]:
    """The model's own column, and those of the blocks below it, each kind once at its first use."""
    seen = {whole.block.name}
    waiting = [whole]
    while waiting:
        instance = waiting.pop(0)
        yield column(instance)
        for child in instance.children.values():
            if isinstance(child, Instance) and child.block.name not in seen:
                seen.add(child.block.name)
                waiting.append(child)


def column(instance: Instance) -> Column:
    """The graph of one block: inputs, nodes in their order, outputs."""
    drawn = _Drawn()
    for name, value in instance.inputs.items():
        given = list(tensors(value))
        if given:
            drawn.add(Box(name or "input", "", _types(given), end=True), (), given)
    for node, steps in _by_node(instance.steps):
        reads = [t for step in steps for t in consumed(step)]
        makes = [t for step in steps for t in produced(step)]
        gives = list(tensors(instance.values.get(node.name))) or produced(steps[-1])
        drawn.add(Box(node.name, _kind(node, steps), _types(gives)), reads, makes)
    for name, value in instance.outputs.items():
        found = list(tensors(value))
        drawn.add(Box(name or "output", "", _types(found), end=True), found, ())
    return Column(instance.block.name, tuple(drawn.boxes), tuple(drawn.lines))


def _by_node(steps: Sequence[Step]) -> Iterator[tuple[Node, list[Step]]]:
    """The steps of each node together, all iterations of a loop among them."""
    found: dict[Node, list[Step]] = {}
    for step in steps:
        assert step.node is not None
        found.setdefault(step.node, []).append(step)
    yield from found.items()


def _kind(node: Node, steps: Sequence[Step]) -> str:
    """An expression as it is written; else what is called, and how often."""
    if isinstance(node, ExprNode):
        return to_source(node.value)
    if isinstance(steps[-1], ReadWeight):
        return "buffer" if steps[-1].weight.buffer else "parameter"
    calls = {step.path: _callee(step) for step in steps if isinstance(step, Call)}
    names = " / ".join(dict.fromkeys(calls.values()))
    return f"{names} × {len(calls)}" if len(calls) > 1 else names


def _callee(step: Call) -> str:
    if isinstance(step, CallModule):
        return str(step.child.op.name)
    name = step.child.block.name
    return f"{name}, along a dim" if isinstance(step, Scan) else name


def _types(found: Sequence[Tensor]) -> str:
    return ", ".join(dict.fromkeys(str(tensor.type) for tensor in found))
