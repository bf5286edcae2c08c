"""What the names in a spec are: tensors, numbers known at build, sizes of the run time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from netwright.backends.source.context import ClassContext, tensorish
from netwright.backends.source.places import Places
from netwright.ir import expr as ex
from netwright.ir.dims import Dim, known
from netwright.ir.instance import Instance, ModuleChild
from netwright.ir.program import ExprNode, InlineNode, ModuleNode, Node
from netwright.ir.values import Outputs, TensorList, Value
from netwright.ops.entry import ModuleOp

NESTED = {"LSTM": ((0,), (1, 0), (1, 1))}
"""Modules whose results are nested tuples: the path of each output."""


def is_nested(child: Any) -> bool:
    return isinstance(child, ModuleChild) and child.op.name in NESTED


class Lookup:
    """The names of one class."""

    def __init__(self, context: ClassContext) -> None:
        self.context = context
        self.facts = context.facts
        self.nodes = {t: n for n in self.facts.block.nodes for t in _targets(n)}
        self.places = Places(context)
        self.bound: list[set[str]] = []
        self.tensors = self._tensor_names()

    def _tensor_names(self) -> set[str]:
        names: set[str] = set()
        for instance in self.facts.instances:
            names.update(k for k, v in instance.values.items() if tensorish(v))
            names.update(k for k, v in instance.inputs.items() if tensorish(v))
            names.update(k for k, v in instance.values.items() if self._is_switched_list(k, v))
        return names

    def _is_switched_list(self, name: str, value: Value) -> bool:
        """Whether `name` is a node that gives tensors for each of a list, where none is given."""
        node = self.nodes.get(name)
        listed = isinstance(value, tuple) and bool(value) and all(v is None for v in value)
        return listed and isinstance(node, ModuleNode | InlineNode)

    def lists(self) -> frozenset[str]:
        """The names that hold lists of tensors."""
        return frozenset(
            name
            for instance in self.facts.instances
            for whole, value in (*instance.values.items(), *instance.inputs.items())
            for name, part in _named(whole, value)
            if isinstance(part, tuple | TensorList)
        )

    def is_build_name(self, name: str) -> bool:
        """Whether `name` is a number known when the model is built."""
        if name in self.tensors:
            return False
        node = self.nodes.get(name)
        if isinstance(node, ExprNode):
            return self.is_build(node.value)
        for instance in self.facts.instances:
            value = instance.values.get(name, instance.params.get(name, instance.dims.get(name)))
            if isinstance(value, Dim) and known(value) is None:
                return False
        return name not in self.places.runtime

    def is_build(self, expr: ex.Expr) -> bool:
        """Whether `expr` can be computed when the model is built."""
        return all(
            self.is_build_name(n) for n in ex.free_names(expr) if n not in ("training",)
        ) and not any(isinstance(e, ex.Name) and e.id == "training" for e in ex.walk(expr))

    def has_number(self, name: str) -> bool:
        sample = self.facts.sample
        return any(
            name in d for d in (sample.params, sample.dims, sample.scope.table, sample.values)
        )

    def is_owned(self, node: Node) -> bool:
        """Whether a parameter or buffer is there in every instance, so that `self.name` can
        stand for it."""
        return set(self.facts.found(node, "kind")) == {"tensor"}

    def output_names(self, child: Any) -> list[str]:
        if isinstance(child, ModuleChild):
            op: ModuleOp = child.op
            single = child.args.get("return_indices") is False
            return [] if single else list(op.outputs)
        assert isinstance(child, Instance)
        if child.cut and child.cut == tuple(child.outputs):  # a block inside one that is cut
            return [c.removeprefix("=") for c in child.cut] if child.cut != ("",) else []
        if child.cut:
            return []
        return [] if len(child.outputs) == 1 else list(child.outputs)

    def result(self, called: ex.Expr, child: Any, number: int) -> ex.Expr:
        """One of the results of a call; of a single one the call itself."""
        if not self.output_names(child):
            return called
        path = NESTED[child.op.name][number] if is_nested(child) else (number,)
        for index in path:
            called = ex.Index(called, (ex.Literal(index),))
        return called

    def implicit(self, node: Node) -> str:
        found = self.facts.found(node, "input")
        return found[0] if found else ""


def _named(name: str, value: Value) -> Iterator[tuple[str, Value]]:
    """A value by the name of its local; each of several results has one."""
    if isinstance(value, Outputs):
        yield from ((f"{name}.{k}", part) for k, part in value.items.items())
    else:
        yield name, value


def _targets(node: Node) -> tuple[str, ...]:
    return node.targets if isinstance(node, ExprNode) else (node.name,)
