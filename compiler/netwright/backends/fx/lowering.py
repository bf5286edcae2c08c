"""The steps of an instance as nodes of a graph."""

from __future__ import annotations

import builtins
import operator
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from torch import nn
from torch.fx import Graph, Node
from torch.utils.checkpoint import checkpoint

from netwright.backends.fx import bodies, calls, modules, origin, tree
from netwright.backends.fx.calls import Call, Mode
from netwright.backends.fx.dtypes import torch_dtype
from netwright.backends.fx.initialise import Compute
from netwright.backends.fx.scope import Part, Scope, leaves
from netwright.backends.fx.sizes import Sizes
from netwright.ir.dims import Dim, Symbol
from netwright.ir.instance import (
    Apply,
    CallBlock,
    CallModule,
    Instance,
    Item,
    Operate,
    Path,
    ReadWeight,
    Scan,
    Step,
    Subscript,
    named,
)
from netwright.ir.steps import produced
from netwright.ir.types import DType
from netwright.ir.values import Outputs, Tensor, TensorList, Value
from netwright.ops.entry import ModuleOp
from netwright.ops.indexing import SliceItem
from netwright.source import NOWHERE, Span


class Lowering:
    """Builds one graph over the modules and weights below `root`."""

    def __init__(self, root: nn.Module, mode: Mode, compute: Compute) -> None:
        self.root = root
        self.mode = mode
        self.compute = compute
        self.graph = Graph()
        self.sizes = Sizes(self.graph, self._size_input)
        self.size_inputs: list[Symbol] = []
        """Sizes that the graph takes as arguments, after its other inputs."""
        self.bodies = bodies.Bodies()
        self._devices: dict[Node, Node] = {}

    def run(self, steps: Iterable[Step], scope: Scope) -> None:
        """Add `steps`, whose results are then in `scope`."""
        for step in steps:
            self._step(step, scope)
            for tensor in produced(step):
                node = scope.values[tensor]
                if isinstance(node, Node):
                    origin.infer(node, tensor.type)

    def _step(self, step: Step, scope: Scope) -> None:
        match step:
            case Apply():
                self._apply(step, scope)
            case Operate():
                self._operate(step, scope)
            case Subscript():
                self._subscript(step, scope)
            case Item():
                args = (self.value(step.source, scope), step.index)
                scope.values[step.result] = self.call(operator.getitem, args, step, scope)
            case ReadWeight():
                scope.values[step.result] = self.weight((*scope.prefix, *named(step.path)))
            case CallModule():
                self._module(step, scope)
            case CallBlock():
                self._block(step, scope)
            case Scan():
                bodies.scan(self, step, scope)

    # Functions --------------------------------------------------------------------------

    def _apply(self, step: Apply, scope: Scope) -> None:
        if step.by_mode:
            step = replace(step, arguments={**step.arguments, "training": self.mode.training})
        values = {name: self.value(value, scope) for name, value in step.arguments.items()}
        call = calls.apply(step, values, self.mode, self._device(step, scope))
        node = self._add(call, step, scope)
        if step.is_list:
            scope.values.update({t: Part(node, (k,)) for k, t in enumerate(step.results)})
            return
        if calls.becomes_floating(tuple(step.arguments.values()), step.results[0]):
            node = self._add(Call("call_method", "to", (node, self.mode.floating)), step, scope)
        scope.values[step.results[0]] = node

    def _device(self, step: Apply, scope: Scope) -> Node | None:
        """Where a factory makes its tensor: with the first input of the block."""
        if not step.op.factory or scope.device_of is None:
            return None
        node, is_list = scope.device_of
        if node not in self._devices:
            holder = self.graph.call_function(operator.getitem, (node, 0)) if is_list else node
            self._devices[node] = self.graph.call_function(builtins.getattr, (holder, "device"))
        return self._devices[node]

    def _operate(self, step: Operate, scope: Scope) -> None:
        operands = [self.value(value, scope) for value in step.operands]
        if calls.becomes_floating(step.operands, step.result):
            operands = [
                self._add(Call("call_method", "to", (node, self.mode.floating)), step, scope)
                if isinstance(value, Tensor)
                else node
                for value, node in zip(step.operands, operands, strict=True)
            ]
        table = calls.UNARY if len(operands) == 1 else calls.OPERATORS
        function = table[step.operator]
        scope.values[step.result] = self.call(function, tuple(operands), step, scope)

    def _subscript(self, step: Subscript, scope: Scope) -> None:
        items = tuple(self.value(item, scope) for item in step.items)
        args = (self.value(step.tensor, scope), items if len(items) != 1 else items[0])
        scope.values[step.result] = self.call(operator.getitem, args, step, scope)

    # Modules and blocks -----------------------------------------------------------------

    def _module(self, step: CallModule, scope: Scope) -> None:
        op: ModuleOp = step.child.op
        args: list[Any] = []
        given: dict[str, Any] = {}
        for arg in op.inputs:
            if arg.required and not given:
                args.append(self.value(step.arguments[arg.name], scope))
            elif modules.differs(arg, step.arguments):
                given[arg.name] = self.value(step.arguments[arg.name], scope)
        target = ".".join((*scope.prefix, *named(step.path)))
        if not named(step.path):
            target = ".".join((*scope.prefix, tree.hidden(step.path)))
            weights = [tuple(weight.name.split(".")) for weight in step.child.weights]
            args.insert(0, self._weights(weights, scope.prefix))
        if step.checkpoint:
            given["use_reentrant"] = False
            node = self.call(checkpoint, (self.weight_at(target), *args), step, scope, given)
        else:
            node = self._create("call_module", target, tuple(args), given, step, scope)
        for tensor, place in zip(step.results, modules.places(op, len(step.results)), strict=True):
            scope.values[tensor] = Part(node, place)

    def _block(self, step: CallBlock, scope: Scope) -> None:
        if step.checkpoint:
            bodies.recompute(self, step, scope)
            return
        inner = Scope((*scope.prefix, *named(step.path)), device_of=scope.device_of)
        pairs = [(v, step.inputs.get(name)) for name, v in step.child.inputs.items()]
        self.bind(pairs, scope, inner)
        self.run(step.child.steps, inner)
        for theirs, ours in step.results:
            scope.values[ours] = inner.values[theirs]
        for leaf, node in inner.values.items():
            if isinstance(leaf, TensorList):  # an output may be a list that came in
                scope.values[leaf] = node

    def bind(self, pairs: Iterable[tuple[Value, Value]], outer: Scope, inner: Scope) -> None:
        """Let a block's own inputs, the first of each pair, be the caller's values."""
        found = False
        for theirs, ours in pairs:
            for leaf, value in leaves(theirs, ours):
                node = self.value(value, outer)
                inner.values[leaf] = node
                if not found:
                    inner.device_of, found = (node, isinstance(leaf, TensorList)), True

    # Values -----------------------------------------------------------------------------

    def value(self, value: Value, scope: Scope) -> Any:
        """`value` as an argument of a node."""
        match value:
            case Tensor() | TensorList():
                return self._leaf(value, scope)
            case Dim():
                return self.sizes.value(value)
            case DType(name=name):
                return torch_dtype(name, self.mode.floating)
            case Outputs():
                return self.value(value.first, scope)
            case SliceItem(lower=lower, upper=upper, step=step):
                return slice(*(self.value(v, scope) for v in (lower, upper, step)))
            case tuple():
                return tuple(self.value(v, scope) for v in value)
        return value

    def _leaf(self, leaf: Tensor | TensorList, scope: Scope) -> Node:
        found = scope.values[leaf]
        if isinstance(found, Part):
            scope.values[leaf] = found = self._part(found, (*scope.prefix, leaf.label))
            if isinstance(leaf, Tensor):
                origin.infer(found, leaf.type)
        return found

    def _part(self, part: Part, path: Path) -> Node:
        """The result itself, named as the spec names it."""
        node = part.source
        for index in part.place:
            args = (node, index)
            name = "_".join(path) if path[-1] else None
            node = self.graph.create_node("call_function", operator.getitem, args, name=name)
            if origin.KEY in part.source.meta:
                found = part.source.meta[origin.KEY]
                origin.mark(node, found.path, found.span)
        return node

    def enter(self, value: Value, node: Node, scope: Scope, span: Span = NOWHERE) -> None:
        """`node` is the graph's input `value`; it may tell sizes, and a device."""
        scope.values[value] = node
        is_list = isinstance(value, TensorList)
        if is_list:
            self.sizes.learn_item(node, value.item)
        else:
            self.sizes.learn(node, value.type)
        origin.mark(node, (value.label,), span, many=is_list)
        origin.infer(node, value.item if is_list else value.type)
        if scope.device_of is None:
            scope.device_of = node, is_list

    def _size_input(self, symbol: Symbol) -> Node:
        """A further argument for a size that no input bears."""
        self.size_inputs.append(symbol)
        after = next((n for n in self.graph.nodes if n.op != "placeholder"), None)
        if after is None:
            return self.placeholder(symbol.name)
        with self.graph.inserting_before(after):
            return self.placeholder(symbol.name)

    def placeholder(self, name: str, *default: None) -> Node:
        """An argument of the graph, under a name that no other has."""
        taken = {node.target for node in self.graph.find_nodes(op="placeholder")}
        while name in taken:
            name += "_"
        return self.graph.create_node("placeholder", name, default, name=name)

    # Nodes ------------------------------------------------------------------------------

    def weight(self, path: Path) -> Node:
        """A weight, read anew in each place, as a module reads its own."""
        return self.weight_at(".".join(path))

    def weight_at(self, target: str) -> Node:
        return self.graph.create_node("get_attr", target, name=target.replace(".", "_"))

    def _weights(self, paths: Iterable[Path], prefix: Path) -> dict[str, Node]:
        return {".".join(path): self.weight((*prefix, *path)) for path in paths}

    def all_weights(self, child: Instance, prefix: Path) -> dict[str, Node]:
        """Every weight below a block, by its name there."""
        return self._weights([path for path, _ in child.all_weights()], prefix)

    def call(
        self,
        function: Any,
        args: tuple[Any, ...],
        step: Step,
        scope: Scope,
        kwargs: Mapping[str, Any] | None = None,
    ) -> Node:
        return self._create("call_function", function, args, dict(kwargs or {}), step, scope)

    def _add(self, call: Call, step: Step, scope: Scope) -> Node:
        return self._create(call.kind, call.target, call.args, call.kwargs, step, scope)

    def _create(
        self,
        kind: str,
        target: Any,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        step: Step,
        scope: Scope,
    ) -> Node:
        """A node named after the spec's."""
        path = (*scope.prefix, *_own_path(step))
        node = self.graph.create_node(kind, target, args, kwargs, name="_".join(path) or None)
        origin.mark(node, path, step.span)
        return node


def _own_path(step: Step) -> Path:
    match step:
        case CallModule(path=path) | CallBlock(path=path) | Scan(path=path):
            return named(path) or (tree.hidden(path),)
    return () if step.node is None else (step.node.name,)
