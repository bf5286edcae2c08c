"""Iterations that repeat the one before: 126 equal layers cost little more than two.

Where nothing that a node is built from reads the loop's names, an iteration that receives the types
of the one before is the same instance on other tensors, and only its step has to be written down.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from netwright.ir import expr as ex
from netwright.ir.instance import CallBlock, Path
from netwright.ir.program import InlineNode, ModuleNode
from netwright.ir.values import ModuleValue, Outputs, Tensor, Value, first, is_poison, to_type
from netwright.passes.elaborate.call import Call
from netwright.passes.elaborate.copies import outputs_value
from netwright.passes.elaborate.iteration import bindings, iteration, path_of
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

_PLAIN = ex.Literal | ex.Name | ex.Attribute | ex.Index | ex.Unary | ex.Binary
"""What leaves no fact when it is evaluated."""


class Iterations:
    """The iterations of one `repeat` of `node` in `frame`, each after the other.

    The first is elaborated. One that receives the same types is found to repeat it. From then on,
    where the inputs that the iterations differ in are plain, nothing but steps is written down.
    """

    def __init__(self, elaborator: Elaborator, frame: Frame, node: ModuleNode | InlineNode) -> None:
        self._elaborator = elaborator
        self._frame = frame
        self._node = node
        assert node.control.loop is not None
        self._loop = node.control.loop
        numbered = frame.instance.start is not None or getattr(node, "flat", False)
        self._steady = not frame.symbolic and not numbered and is_steady(node)
        self._repeated = False
        self._names: list[str] = []
        self._varying: dict[str, ex.Expr] = {}
        self._constant: dict[ex.Expr, bool] = {}

    def names(self) -> list[str]:
        """The names of the node's inputs in the last iteration, in order."""
        return self._names

    def run(self, items: Sequence[Value]) -> list[Value]:
        """The values of the iterations over `items`, up to the first that is poison."""
        results: list[Value] = []
        while len(results) < len(items):
            carried = self.carry(results[-1]) if results else {}
            if self._repeated:
                results += self._same_again(len(results), items, carried)
                if len(results) == len(items):
                    break
                carried = self.carry(results[-1])
            index = len(results)
            results.append(self.next(index, items[index], carried))
            if is_poison(results[-1]):
                break
        return results

    def carry(self, result: Value) -> dict[str, Value]:
        """What of an iteration's value the next one receives, by input name."""
        names = self._names
        if isinstance(result, Outputs):
            return {k: v for k, v in result.items.items() if k in names}
        return {names[0]: result} if names else {}

    def next(self, index: int, item: Value, carried: Mapping[str, Value]) -> Value:
        """The value of the iteration that binds `item`."""
        frame, node = self._frame, self._node
        with iteration(frame, self._loop, index, item):
            frame.fact(node, "iteration", {k: frame.names[k] for k in self._loop.names})
            value = self._next(path_of(frame, node, index), carried)
            if not self._names or not self._steady:  # the loop may walk a list of modules
                self._names = input_names(frame, node)
                self._varying = dict(_written(node, self._names))
            return value

    def _next(self, path: Path, carried: Mapping[str, Value]) -> Value:
        self._repeated = False
        before = self._before() if self._steady and carried else None
        if before is None or not self._repeats(carried, before):
            call = Call(path, self._node.span, dict(carried))
            return once(self._elaborator, self._frame, self._node, call)
        inputs = self._evaluated(carried)
        if not _alike(inputs, before):
            call = Call(path, self._node.span, {**inputs, **carried})
            return once(self._elaborator, self._frame, self._node, call)
        self._repeated = True
        visit(self._node.span)
        self._note(1)
        self._keep([path], before)
        return self._step(path, before, {**before.inputs, **inputs, **carried})

    def _same_again(
        self, start: int, items: Sequence[Value], carried: Mapping[str, Value]
    ) -> list[Value]:
        """The values of the iterations from `start` on, up to one that may be of other types."""
        frame, node, facts = self._frame, self._node, self._frame.instance.facts
        written = {k: e for k, e in self._varying.items() if k not in carried}
        before, varying = self._before(), self._plain(written)
        if before is None or varying is None:
            self._repeated = False
            return []
        results: list[Value] = []
        paths: list[Path] = []
        visit(node.span, len(items) - start)
        with iteration(frame, self._loop, start, items[start]):
            for index in range(start, len(items)):
                bound = bindings(self._loop, index, items[index])
                frame.names.update(bound)
                inputs = self._evaluated_alike(varying, before)
                if inputs is None:
                    self._repeated = False
                    break
                facts[node, "iteration"].append(bound)
                paths.append(path_of(frame, node, index))
                results.append(
                    self._step(paths[-1], before, {**before.inputs, **inputs, **carried})
                )
                carried = self.carry(results[-1])
        visit(node.span, start + len(results) - len(items))  # those that were not made after all
        self._keep(paths, before)
        self._note(len(results))
        for expr in written.values():
            self._note_decisions(expr, len(results))
        return results

    def _evaluated_alike(
        self, varying: Sequence[tuple[str, ex.Expr]], before: CallBlock
    ) -> dict[str, Value] | None:
        """The inputs that vary; None, and nothing is left of it, where a type is another now."""
        if not varying:
            return {}
        steps = self._frame.instance.steps
        evaluator, at = self._elaborator.evaluator(self._frame), len(steps)
        inputs = {name: first(evaluator.value(expr)) for name, expr in varying}
        if _alike(inputs, before):
            return inputs
        del steps[at:]
        return None

    def _plain(self, written: Mapping[str, ex.Expr]) -> list[tuple[str, ex.Expr]] | None:
        """Those of the inputs to evaluate in each iteration; None where that leaves facts."""
        decided = {k: self._without(e, self._decisions(e)) for k, e in written.items()}
        if not all(isinstance(part, _PLAIN) for e in decided.values() for part in ex.walk(e)):
            return None
        names = _loop_names(self._node)
        return [(k, e) for k, e in decided.items() if not _is_known(e, names)]

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
        self._note_decisions(expr, 1)
        return self._without(expr, self._decisions(expr))

    def _decisions(self, expr: ex.Expr) -> list[ex.IfElse]:
        """The decisions at the top of `expr` that fall in the same way each time."""
        found: list[ex.IfElse] = []
        while isinstance(expr, ex.IfElse) and self._same_each_time(expr.condition):
            found.append(expr)
            expr = self._without(expr, [expr])
        return found

    def _without(self, expr: ex.Expr, decisions: Sequence[ex.IfElse]) -> ex.Expr:
        for decision in decisions:
            holds = self._frame.instance.facts[decision, "holds"][-1]
            expr = decision.then if holds else decision.otherwise
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

    def _note(self, times: int) -> None:
        """The facts of the iteration before, `times` more."""
        facts = self._frame.instance.facts
        for kind in _FACTS:
            if (self._node, kind) in facts:
                facts[self._node, kind] += facts[self._node, kind][-1:] * times

    def _note_decisions(self, expr: ex.Expr, times: int) -> None:
        facts = self._frame.instance.facts
        for decision in self._decisions(expr):
            facts[decision, "holds"] += facts[decision, "holds"][-1:] * times

    def _keep(self, paths: Sequence[Path], before: CallBlock) -> None:
        """The child of the iteration before at each of `paths`."""
        frame, node = self._frame, self._node
        for path in paths:
            claim(frame, path, node)
            frame.instance.children[path] = before.child
        if paths:
            frame.handles[node.name] = Handle(paths[-1], before.child)

    def _step(self, path: Path, before: CallBlock, inputs: Mapping[str, Value]) -> Value:
        """The call of the child of the iteration before on other tensors."""
        pairs: dict[Tensor, Tensor] = {}
        value = outputs_value(before.child.outputs, pairs)
        results, node = tuple(pairs.items()), self._node
        step = CallBlock(
            path, before.child, inputs, results, before.checkpoint, node=node, span=before.span
        )
        self._frame.instance.steps.append(step)
        return value


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


def _is_known(expr: ex.Expr, names: frozenset[str]) -> bool:
    """Whether `expr` is the same value each time, without a step that computes it again."""
    return isinstance(expr, ex.Literal) or (isinstance(expr, ex.Name) and expr.id not in names)


def _written(node: ModuleNode | InlineNode, names: list[str]) -> Iterator[tuple[str, ex.Expr]]:
    """What `node` receives by its own words, by input name."""
    yield from zip(names, node.given.positional, strict=False)
    yield from node.given.named.items()


def _alike(inputs: Mapping[str, Value], before: CallBlock) -> bool:
    return all(
        name in before.inputs and to_type(value) == to_type(before.inputs[name])
        for name, value in inputs.items()
    )
