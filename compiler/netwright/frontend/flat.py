"""What stands in a `flat` graph: a chain of modules, which one `nn.Sequential` can number."""

from __future__ import annotations

from collections.abc import Iterator

from netwright.diagnostics import Diagnostic
from netwright.ir.program import Control, InlineNode, Loop, ModuleNode, Node

_HELP = "`flat` numbers a chain: modules and graphs, repeated or under `when`, of what flows"


def misfits(node: InlineNode) -> Iterator[Diagnostic]:
    """Faults of a `flat` node and of the nodes inside."""
    for key in _refused(node.control, inside=False):
        yield _fault(node, f"`{key}` stands beside `flat`")
    if node.control.when is not None and node.control.loop is not None:
        yield _fault(node, "`when` and `repeat` stand beside `flat`")
    if node.given.named or node.block.outputs:
        yield _fault(node, f"`{node.name}` is flat, but has inputs or outputs by name")
    for inner in node.block.nodes:
        yield from _inside(inner)


def _inside(node: Node) -> Iterator[Diagnostic]:
    if not isinstance(node, ModuleNode | InlineNode):
        yield _fault(node, f"`{node.name}` stands in a `flat` graph, but is no module")
        return
    for key in _refused(node.control, inside=True):
        yield _fault(node, f"`{key}` stands in a `flat` graph")
    if not node.given.implicit:
        yield _fault(node, f"`{node.name}` stands in a `flat` graph, but names its input")
    if isinstance(node, InlineNode):
        if node.block.outputs:
            yield _fault(node, f"`{node.name}` stands in a `flat` graph, but names its outputs")
        for inner in node.block.nodes:
            yield from _inside(inner)


def _refused(control: Control, inside: bool) -> list[str]:
    """The control keys that no chain of modules has."""
    present = {
        "each": control.loop is not None and control.loop.kind == "each",
        "scan": control.loop is not None and control.loop.kind == "scan",
        "collect": _collects(control.loop),
        "shared": control.shared,
        "else": control.otherwise is not None,
        "take": bool(control.take),
        "checkpoint": control.checkpoint is not None,
        "key": control.key is not None and inside,
        "frozen": control.frozen is not None and inside,
    }
    return [key for key, found in present.items() if found]


def _collects(loop: Loop | None) -> bool:
    return loop is not None and loop.collect


def _fault(node: Node, message: str) -> Diagnostic:
    return Diagnostic("E0219", message, node.name_span, help=_HELP)
