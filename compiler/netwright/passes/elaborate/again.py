"""Iterations that repeat the one before: 126 equal layers cost little more than two.

Where nothing that a node is built from reads the loop's names, an iteration that receives the types
of the one before is the same instance on other tensors, and only its step has to be written down.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from netwright.ir import expr as ex
from netwright.ir.instance import CallBlock, Path
from netwright.ir.program import InlineNode, ModuleNode
from netwright.ir.values import ModuleValue, Value, first, to_type
from netwright.passes.elaborate.blocks import run_block
from netwright.passes.elaborate.call import Call
from netwright.passes.elaborate.once import once
from netwright.passes.elaborate.owned import claim
from netwright.passes.evaluate import Evaluator
from netwright.passes.frame import Frame, Handle
from netwright.passes.work import visit

if TYPE_CHECKING:
    from netwright.passes.elaborate.elaborator import Elaborator

_DECISIONS = ex.IfElse | ex.BoolOp | ex.Comprehension
"""What leaves a fact at every evaluation, which the source back end wants once an iteration."""

_FACTS = ("partial", "child", "given", "dims")
"""What a block's node notes in every iteration."""


class Iterations:
    """The iterations of one `repeat` of `node` in `frame`, each after the other."""

    def __init__(self, elaborator: Elaborator, frame: Frame, node: ModuleNode | InlineNode) -> None:
        self._elaborator = elaborator
        self._frame = frame
        self._node = node
        self._steady = not frame.symbolic and is_steady(node)
        self._names: list[str] = []
        self._varying: dict[str, ex.Expr] = {}
        self._constant: dict[ex.Expr, bool] = {}

    def names(self) -> list[str]:
        """The names of the node's inputs, in order."""
        if not self._names or not self._steady:
            self._names = input_names(self._frame, self._node)
            self._varying = dict(_written(self._node, self._names))
        return self._names

    def next(self, path: Path, carried: Mapping[str, Value]) -> Value:
        """The value of the iteration whose weights are at `path`."""
        before = self._before() if self._steady and carried else None
        if before is None or not self._repeats(carried, before):
            call = Call(path, self._node.span, dict(carried))
            return once(self._elaborator, self._frame, self._node, call)
        inputs = self._evaluated(carried)
        if not _alike(inputs, before):
            call = Call(path, self._node.span, {**inputs, **carried})
            return once(self._elaborator, self._frame, self._node, call)
        return self._again(path, before, {**before.inputs, **inputs, **carried})

    def _evaluated(self, carried: Mapping[str, Value]) -> dict[str, Value]:
        """The inputs that are not carried, without those that are seen to be the same each time."""
        evaluator = self._elaborator.evaluator(self._frame)
        steps = self._frame.instance.steps
        inputs: dict[str, Value] = {}
        for name in [name for name in self._varying if name not in carried]:
            expr, at = self._varying[name], len(steps)
            inputs[name] = first(evaluator.value(self._decided(expr)))
            if len(steps) == at and self._same_each_time(expr):
                del self._varying[name]
        return inputs

    def _same_each_time(self, expr: ex.Expr) -> bool:
        found = self._constant.get(expr)
        if found is None:
            found = self._constant[expr] = _is_constant(expr, _loop_names(self._node))
        return found

    def _decided(self, expr: ex.Expr) -> ex.Expr:
        """`expr` without decisions that were the same before, each noted as a fact once more."""
        while isinstance(expr, ex.IfElse) and self._same_each_time(expr.condition):
            found = self._frame.instance.facts[expr, "holds"]
            found.append(found[-1])
            expr = expr.then if found[-1] else expr.otherwise
        return expr

    def _repeats(self, carried: Mapping[str, Value], before: CallBlock) -> bool:
        if self._node.given.implicit and self._names[0] not in carried:
            return False
        return _alike(carried, before)

    def _before(self) -> CallBlock | None:
        """The step of the iteration before, where that was the call of a block."""
        steps = self._frame.instance.steps
        last = steps[-1] if steps else None
        return last if isinstance(last, CallBlock) and last.node is self._node else None

    def _again(self, path: Path, before: CallBlock, inputs: Mapping[str, Value]) -> Value:
        frame, node = self._frame, self._node
        visit(node.span)
        for kind in _FACTS:
            found = frame.instance.facts.get((node, kind))
            if found is not None:
                found.append(found[-1])
        claim(frame, path, node)
        frame.instance.children[path] = before.child
        frame.handles[node.name] = Handle(path, before.child)
        return run_block(frame, node, Call(path, node.span), before.child, inputs)


def input_names(frame: Frame, node: ModuleNode | InlineNode) -> list[str]:
    """The names of what `node` receives, in order; the only input of an inline block has none."""
    if isinstance(node, InlineNode):
        return [i.name for i in node.block.inputs] or [""]
    callee = Evaluator(frame).value(node.callee)
    assert isinstance(callee, ModuleValue)
    declared = callee.target.inputs if callee.block is None else callee.block.inputs
    return [i.name for i in declared]


def is_steady(node: ModuleNode | InlineNode) -> bool:
    """Whether equal inputs make an iteration of `node` equal to the one before."""
    control, names = node.control, _loop_names(node)
    if control.when is not None or control.frozen is not None or control.take:
        return False
    if isinstance(node, InlineNode):
        return names.isdisjoint(node.captures)
    return all(_is_constant(e, names) for e in (node.callee, *node.args.values()))


def _loop_names(node: ModuleNode | InlineNode) -> frozenset[str]:
    assert node.control.loop is not None
    return frozenset((*node.control.loop.targets, "i"))


def _is_constant(expr: ex.Expr, names: frozenset[str]) -> bool:
    return not any(
        isinstance(e, _DECISIONS) or (isinstance(e, ex.Name) and e.id in names)
        for e in ex.walk(expr)
    )


def _written(node: ModuleNode | InlineNode, names: list[str]) -> Iterator[tuple[str, ex.Expr]]:
    """What `node` receives by its own words, by input name."""
    yield from zip(names, node.given.positional, strict=False)
    yield from node.given.named.items()


def _alike(inputs: Mapping[str, Value], before: CallBlock) -> bool:
    return all(
        name in before.inputs and to_type(value) == to_type(before.inputs[name])
        for name, value in inputs.items()
    )
