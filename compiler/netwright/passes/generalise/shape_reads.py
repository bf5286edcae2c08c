"""Sizes that a constructor reads off a tensor: `out_features: conv.shape[1]`.

No tensor exists while a model is built, so each such read is a site like an inferred size.
"""

from __future__ import annotations

from collections.abc import Iterator

from netwright.ir import expr as ex
from netwright.ir.classes import ClassFacts, Site
from netwright.ir.dims import Dim, Size, known
from netwright.ir.instance import Instance
from netwright.ir.program import Block, BufferNode, ExprNode, InlineNode, ModuleNode, ParameterNode
from netwright.passes.evaluate import Evaluator
from netwright.passes.faults import Fault, Silent
from netwright.passes.frame import Frame
from netwright.passes.numbers import NumberError, SizeUnknown


def shape_sites(facts: ClassFacts) -> Iterator[tuple[Site, list[list[Size]]]]:
    """A site for every read that gives a known size in all instances."""
    for read in dict.fromkeys(_reads(facts.block)):
        sizes = [_value(instance, read) for instance in facts.symbolic]
        rows = [[size] for size in sizes if size is not None]
        if rows and len(rows) == len(sizes):
            yield (read, "size"), rows


def _value(instance: Instance, read: ex.Expr) -> Size | None:
    names = {**instance.scope.table, **instance.params, **instance.dims}
    frame = Frame(instance, {**names, **instance.inputs, **instance.values}, symbolic=True)
    try:
        value = Evaluator(frame).value(read)
    except (Fault, Silent, SizeUnknown, NumberError):
        return None
    is_size = isinstance(value, int | Dim) and not isinstance(value, bool)
    return value if is_size and known(value) is not None else None


def _reads(block: Block) -> Iterator[ex.Expr]:
    """What constructors read of shapes, by way of numbers that nodes give names too."""
    numbers = {t: n.value for n in block.nodes if isinstance(n, ExprNode) for t in n.targets}
    queue = list(_at_build(block))
    while queue:
        for e in ex.walk(queue.pop()):
            if isinstance(e, ex.Index) and isinstance(e.value, ex.Attribute):
                if e.value.name == "shape":
                    yield e
            elif isinstance(e, ex.Name) and e.id in numbers:
                queue.append(numbers.pop(e.id))


def _at_build(block: Block) -> Iterator[ex.Expr]:
    """The expressions of a block that its constructor computes, and what inline blocks in it
    capture for theirs."""
    for node in block.nodes:
        control = node.control
        yield from (e for e in (control.when, control.frozen, control.checkpoint) if e is not None)
        yield from (part.expr for part in control.key or () if part.expr is not None)
        if control.loop is not None and control.loop.kind == "repeat":
            yield control.loop.iterable
        if isinstance(node, ModuleNode):
            yield from node.args.values()
        elif isinstance(node, ParameterNode):
            yield from (node.shape, *(() if node.init is None else (node.init,)))
        elif isinstance(node, BufferNode):
            yield node.value
        elif isinstance(node, InlineNode):
            yield from (ex.Name(name) for name in _captured(node.block))


def _captured(block: Block) -> set[str]:
    """Names that the constructors of an inline block read from around it."""
    numbers = {t: n.value for n in block.nodes if isinstance(n, ExprNode) for t in n.targets}
    found: set[str] = set()
    queue = list(_at_build(block))
    while queue:
        for name in ex.free_names(queue.pop()):
            if name in numbers:
                queue.append(numbers.pop(name))
            found.add(name)
    return found
