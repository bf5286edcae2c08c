"""Blocks with chosen params and typed inputs become instances, each distinct one once.

Every size is then a number or a symbol of the run time, every condition decided. Equal instances
of a block (same params, same input types) are elaborated once and shared.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from netwright.diagnostics import Diagnostic, Label, Report
from netwright.ir import expr as ex
from netwright.ir.dims import Size
from netwright.ir.instance import Instance, Path
from netwright.ir.program import Block, InlineNode
from netwright.ir.values import ModuleValue, Scope, Value, first, to_type
from netwright.passes.elaborate.blocks import call_again
from netwright.passes.elaborate.call import Call
from netwright.passes.elaborate.conditions import check_where
from netwright.passes.elaborate.copies import has_tensors, renew
from netwright.passes.elaborate.nodes import run_node
from netwright.passes.elaborate.outputs import find_outputs
from netwright.passes.evaluate import Evaluator
from netwright.passes.faults import Fault, fault
from netwright.passes.frame import Frame
from netwright.passes.interface import Binder
from netwright.passes.params import bind_params
from netwright.passes.work import spend
from netwright.source import Span

MAX_CHILDREN = 250_000
"""Budget on modules and blocks after expansion, those of equal blocks counted each time."""

MAX_DEPTH = 64
"""Budget on blocks within blocks."""


class Elaborator:
    """Elaborates blocks into instances, each distinct one once. Faults go to `report`."""

    def __init__(self, report: Report, training: bool = False, symbolic: bool = False) -> None:
        self.report = report
        self.training = training
        self.symbolic = symbolic
        self._memo: dict[Any, Instance] = {}
        self._depth = 0
        self._sizes: dict[Instance, int] = {}
        self._call_again = partial(call_again, self)

    def evaluator(self, frame: Frame) -> Evaluator:
        """Evaluates what may call a node's module again."""
        return Evaluator(frame, self._call_again)

    def instantiate(
        self,
        block: Block,
        args: Mapping[str, tuple[Value, Span]],
        inputs: Mapping[str, Value],
        scope: Scope,
        call: Span,
        defs: Mapping[str, ex.Expr] | None = None,
    ) -> Instance:
        """The instance of `block` for these params and inputs (absent optional inputs left out)."""
        spend(len(scope.table) + 8 * (len(block.params) + len(block.inputs) + len(block.where)))
        params = bind_params(block, args, scope, call)
        names = {**dict(scope.table), **params}
        given = self._given_inputs(block, inputs, call)
        frame = Frame(Instance(block, scope, {}, {}), dict(names), symbolic=self.symbolic)
        frame.defs, frame.root = dict(defs or {}), False

        def evaluate(dim: ex.Expr, dims: Mapping[str, Size]) -> Value:
            frame.names.update(dims)
            return Evaluator(frame).value(dim)

        binder = Binder(block, names, evaluate)
        dims = binder.bind(given, call)
        return self.instance(block, scope, params, given, dims, call, defs)

    def _given_inputs(
        self, block: Block, inputs: Mapping[str, Value], call: Span
    ) -> dict[str, Value]:
        given: dict[str, Value] = {}
        for declared in block.inputs:
            value = inputs.get(declared.name)
            if value is None and not declared.optional:
                raise Fault(
                    Diagnostic(
                        "E0213",
                        f"`{block.name}` needs the input `{declared.name}`",
                        call,
                        "",
                        (Label(declared.span, f"`{declared.name}` is declared here"),),
                        f"give it under `from`: `{declared.name}: ...`, "
                        "or declare it `optional: true`",
                    )
                )
            given[declared.name] = first(value)
        return given

    def inline(
        self, node: InlineNode, frame: Frame, call: Call, given: Mapping[str, Value]
    ) -> Instance:
        """The instance of an inline block: what it captured stands beside its inputs."""
        params: dict[str, Value] = {}
        inputs: dict[str, Value] = dict(given)
        spend(4 * len(node.captures))
        for name in node.captures:
            if name in inputs or name not in frame.names:
                continue
            value = frame.names[name]
            holder = inputs if has_tensors(value) else params
            holder[name] = value
        defs = self._inline_defs(frame, params)
        scope, start = frame.instance.scope, _first_number(frame, node, call.path)
        return self.instance(node.block, scope, params, inputs, {}, call.span, defs, start)

    def _inline_defs(self, frame: Frame, params: Mapping[str, Value]) -> Mapping[str, ex.Expr]:
        if not self.symbolic:
            return {}
        return {
            name: frame.defs.get(name, ex.Name(name))
            for name in params
            if frame.root or name in frame.defs
        }

    def instance(
        self,
        block: Block,
        scope: Scope,
        params: dict[str, Value],
        inputs: Mapping[str, Value],
        dims: dict[str, Size],
        call: Span,
        defs: Mapping[str, ex.Expr] | None,
        start: int | None = None,
    ) -> Instance:
        key = (
            block,
            scope,
            start,
            tuple(params.items()),
            tuple((k, to_type(v)) for k, v in inputs.items()),
            self.training,
        )
        key = _hashable(key)
        found = self._memo.get(key)
        if found is not None:
            if found not in self._sizes:
                fault("E0218", f"the block `{block.name}` holds itself", call)
            return found
        if self._depth >= MAX_DEPTH:
            fault("E0501", f"blocks nest deeper than {MAX_DEPTH}", call)
        instance = Instance(
            block,
            scope,
            dict(params),
            {k: renew(v, k, None if block.inline else call) for k, v in inputs.items()},
            dict(dims),
            start=start,
        )
        self._memo[key] = instance
        self._depth += 1
        try:
            self._fill(instance, defs or {}, root=False)
        finally:
            self._depth -= 1
        return instance

    def root(self, instance: Instance) -> Instance:
        """Fill an instance whose inputs, params and dims are set: a model, or a class at hand."""
        self._fill(instance, {}, root=True)
        return instance

    def _fill(self, instance: Instance, defs: Mapping[str, ex.Expr], root: bool) -> None:
        block = instance.block
        instance.training = self.training
        names = {**instance.dims, **instance.params, **instance.inputs}
        for declared in block.inputs:
            names.setdefault(declared.name, None)
        frame = Frame(instance, names, training=self.training, symbolic=self.symbolic)
        frame.defs, frame.root = dict(defs), root
        if self.symbolic and not root:
            for name, size in instance.dims.items():
                written = frame.to_expr(size)
                if written is not None:
                    frame.defs.setdefault(name, written)
        source = next(iter(instance.inputs.items()), None)
        if source is not None and source[1] is not None:
            frame.running, frame.running_from = first(source[1]), source[0]
        check_where(self, frame)
        for node in block.nodes:
            run_node(self, frame, node)
        find_outputs(self, frame)
        instance.values = frame.names
        self._weigh(instance)

    def size_of(self, instance: Instance) -> int:
        """Modules and blocks that `instance` expands to."""
        return self._sizes.get(instance, 1)

    def _weigh(self, instance: Instance) -> None:
        """Hold what `instance` expands to against the budget; equal blocks are elaborated once
        only."""
        children = instance.children.values()
        size = 1 + sum(self.size_of(c) if isinstance(c, Instance) else 1 for c in children)
        self._sizes[instance] = size
        if size > MAX_CHILDREN:
            span = instance.block.span
            fault(
                "E0501",
                f"`{instance.block.name}` holds {size} modules, the limit is {MAX_CHILDREN}",
                span,
            )


def _first_number(frame: Frame, node: InlineNode, path: Path) -> int | None:
    """In a `flat` graph: the number of the first module of the graph inside that stands at `path`.

    Iterations count on from those before them.
    """
    around = frame.instance
    if around.start is not None:
        return around.start + around.count
    if not node.flat:
        return None
    before = (c for p, c in around.children.items() if p[:-1] == path[:-1] and p != path)
    iterations = [c for c in before if isinstance(c, Instance)]
    return sum(c.count for c in iterations) if node.control.loop is not None else 0


def _hashable(key: Iterable[Any]) -> Any:
    return tuple([_freeze(k) for k in key])


def _freeze(value: Any) -> Any:
    if isinstance(value, float | bool | int):
        return (type(value).__name__, value)
    if isinstance(value, tuple | list):
        spend(len(value))
        return tuple([_freeze(v) for v in value])
    if isinstance(value, ModuleValue):
        return (value.target, _freeze(value.args), value.scope)
    return value
