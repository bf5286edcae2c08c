"""The body of `forward`: each node as a statement, in the spec's own names.

What comes out is correct but plain: one statement a node. `drop`, `nest` and `rename` make it read
well.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from netwright.backends.source import splice
from netwright.backends.source.attributes import location
from netwright.backends.source.chains import acts_at_call
from netwright.backends.source.code import Assign, Extras, If, Statement
from netwright.backends.source.context import ClassContext, tensorish
from netwright.backends.source.in_place import in_place
from netwright.backends.source.lookup import is_nested
from netwright.backends.source.loops import each, repeat
from netwright.backends.source.nest import nest
from netwright.backends.source.scans import scan
from netwright.backends.source.translate import Translator, local
from netwright.ir import expr as ex
from netwright.ir.dims import Size, show
from netwright.ir.instance import ModuleChild
from netwright.ir.program import (
    BufferNode,
    ExprNode,
    Given,
    InlineNode,
    Loop,
    ModuleNode,
    Node,
    ParameterNode,
)
from netwright.ir.values import Outputs, Tensor, Value

Opened = dict[str, Any]
"""Names of inline blocks, each with those opened in it."""


class Forward(Translator):
    """Translates the nodes of one class."""

    def __init__(self, extras: Extras, context: ClassContext) -> None:
        super().__init__(extras, context)
        self.statements: list[Statement] = []
        self.opened: Opened = {}
        """Inline blocks whose values a method reaches, and what it opens in them."""
        self.spliced: dict[ModuleNode | InlineNode, Forward] = {}
        """The bodies of blocks that are written here."""
        self._choose_references()

    def _choose_references(self) -> None:
        """Which input gives the device, and which the floating dtype, of new tensors."""
        for name, value in self._all_inputs():
            if name == "" and not self.places.reads_running:
                continue
            tensor = value[0] if isinstance(value, tuple) and value else value
            if isinstance(tensor, Outputs):
                tensor = tensor.first
            if not isinstance(tensor, Tensor) or self._optional(name):
                continue
            reference: ex.Expr = ex.Name(name)
            if isinstance(value, tuple):
                reference = ex.Index(reference, (ex.Literal(0),))
            elif isinstance(value, Outputs):
                reference = ex.Name(f"{name}.{next(iter(value.items))}")
            self.around.device_of = self.around.device_of or reference
            if tensor.type.dtype == "float" and self.around.dtype_of is None:
                self.around.dtype_of = reference

    def _all_inputs(self) -> list[tuple[str, Value]]:
        found: dict[str, Value] = {}
        for instance in self.facts.instances:
            for name, value in instance.inputs.items():
                if found.get(name) is None:
                    found[name] = value
        return list(found.items())

    def _optional(self, name: str) -> bool:
        return any(i.inputs.get(name) is None for i in self.facts.instances)

    def run(self, nodes: tuple[Node, ...]) -> None:
        for node in nodes:
            self.node(node)

    def node(self, node: Node) -> None:
        if isinstance(node, ParameterNode | BufferNode):
            if node.name in self.tensors and not self.is_owned(node):
                self.assign(node, (node.name,), self.reach(node))
        elif isinstance(node, ExprNode):
            self._expr_node(node)
        elif isinstance(node, ModuleNode | InlineNode):
            if location(node).spliced and (made := self.facts.found(node, "child")):
                splice.check(node, made[0])
            if node.control.loop is not None:
                self._loop(node, node.control.loop.kind)
            else:
                self._single(node)

    def assign(
        self,
        node: Node,
        targets: tuple[object, ...],
        value: ex.Expr,
        flows: bool = False,
        shape: bool = True,
    ) -> None:
        """`targets = value`; `shape` says the value in a comment, if it is that of the node."""
        statement = Assign(tuple(local(t) for t in targets), value, flows, span=node.span)
        if flows and shape and len(targets) == 1:
            statement.comment = self._shape(node, str(targets[0]))
        self.statements.append(statement)

    def _shape(self, node: Node, target: str) -> str:
        """The shape of a node's tensor in the class's names, if it is the same in all instances."""
        shapes: set[str] = set()
        output = target.removeprefix(f"{node.name}.")
        for instance in self.facts.symbolic:
            value = instance.values.get(node.name)
            if isinstance(value, Outputs):
                value = value.items.get(output, value.first)
            if not isinstance(value, Tensor):
                return ""
            shapes.add(", ".join(_shown(d) for d in value.type.shape))
        text = shapes.pop() if len(shapes) == 1 else ""
        clear = 0 < len(text) <= 40 and "?" not in text and not _ROUNDED_WITHIN.search(text)
        return f"({text})" if clear else ""

    def _expr_node(self, node: ExprNode) -> None:
        kinds = set(self.facts.found(node, "kind"))
        if not kinds or kinds <= {"module"}:
            return
        if (
            kinds <= {"number", "list", "none"}
            and self.is_build(node.value)
            and "none" not in kinds
        ):
            return
        if kinds == {"none"}:
            self.assign(node, node.targets, ex.Literal(None))
            return
        value = self.expr(node.value)
        targets: tuple[object, ...] = node.targets
        if len(targets) > 1:
            value = self._results(node.value) or value
        called = self.called_again(node.value)
        if called is not None and (len(targets) > 1 or "outputs" in kinds):
            value, child = called
            targets = self.bound_to(node.targets, child)
        flows = kinds <= {"tensor", "outputs"}
        self.assign(node, targets, value, flows and len(node.targets) == 1)

    def bound_to(self, targets: tuple[str, ...], child: Any) -> tuple[object, ...]:
        """The targets of a call of several results: names of their own, or one for all."""
        if len(targets) == 1:
            targets = tuple(f"{targets[0]}.{o}" for o in self.output_names(child))
        return (targets[0], targets[1:]) if is_nested(child) else targets

    def _results(self, expr: ex.Expr) -> ex.Expr | None:
        """The locals that hold the results of a node with several: `values, places: pool`."""
        if isinstance(expr, ex.Name):
            for instance in self.facts.instances:
                value = instance.values.get(expr.id, instance.inputs.get(expr.id))
                if isinstance(value, Outputs):
                    return ex.TupleExpr(tuple(ex.Name(f"{expr.id}.{o}") for o in value.items))
        return None

    # Modules ------------------------------------------------------------------------------

    def _single(self, node: ModuleNode | InlineNode) -> None:
        made = self.facts.found(node, "child")
        if not made:
            self._passing(node)
            return
        inputs = self.inputs(node, made)
        if location(node).spliced or node.name in self.opened:
            self._splice(node, made[0], inputs)
            return
        value = self.call(node, self.reach(node), inputs, made[0])
        targets = self.targets(node, made[0])
        if acts_at_call(self.context, node):
            self._conditional(node, targets, value, inputs)
            return
        self.assign(node, targets, value, flows=True)

    def _splice(
        self, node: ModuleNode | InlineNode, child: Any, inputs: Mapping[str, ex.Expr]
    ) -> None:
        """A block that adds no level: its statements, under its condition where it has one."""
        holds = set(self.facts.found(node, "when"))
        outer, self.statements = self.statements, []
        owner = self.reach(node) if node.name in self.opened else None
        values = splice.run(self, node, child, inputs, owner)
        targets = [t for t in self.targets(node, child) if isinstance(t, str)]
        for target, value in zip(targets, values, strict=True):
            self.assign(node, (target,), value, flows=True)
        body, self.statements = self.statements, outer
        if holds != {True, False}:
            self.statements += body
            return
        assert node.control.when is not None
        condition = self.condition(node.control.when, node.name)
        other = node.control.otherwise
        instead = self.expr(other) if other is not None else next(iter(inputs.values()))
        rest: list[Statement] = [Assign((t,), instead, True, span=node.span) for t in targets]
        self.statements.append(
            If(condition, nest(body, in_place(self.context)), rest, span=node.span)
        )

    def _passing(self, node: ModuleNode | InlineNode) -> None:
        """A node that is switched off in every instance: its input flows on, or its `else`."""
        if node.control.when is not None:
            self.decided.append((node.control.when, False))
        flows = set(self.facts.found(node, "kind")) <= {"tensor"}
        flows = flows or node.control.otherwise is None
        self.assign(node, (node.name,), self._passed(node), flows)

    def _passing_each(self, node: ModuleNode | InlineNode, loop: Loop) -> None:
        """`each` that is switched off in every instance: the list of what it gives instead."""
        self.bound.append(set(loop.names))
        value = self._passed(node)
        self.bound.pop()
        used = set(ex.free_names(value)) & set(loop.names)
        targets, iterable = self.iterations(node, loop, used)
        if not used:
            if isinstance(iterable, ex.Call) and len(targets) > 1:  # `enumerate`
                iterable = iterable.args[0]
            targets = ("_",)
        self.assign(node, (node.name,), ex.Comprehension(value, targets, iterable))

    def _passed(self, node: ModuleNode | InlineNode) -> ex.Expr:
        """What a node gives that is switched off."""
        given = node.given
        if node.control.otherwise is not None:
            return self.expr(node.control.otherwise)
        if given.positional:
            return self.expr(given.positional[0])
        if given.named:
            return self.expr(next(iter(given.named.values())))
        return self.name(self.implicit(node))

    def _conditional(
        self,
        node: ModuleNode | InlineNode,
        targets: tuple[object, ...],
        value: ex.Expr,
        inputs: Mapping[str, ex.Expr],
    ) -> None:
        """A module that runs only where a condition holds at call."""
        switched = self.switched(node, value, next(iter(inputs.values())))
        if len(targets) == 1:
            self.assign(node, targets, switched, flows=True)
            return
        body: list[Statement] = [Assign(targets, value, True, span=node.span)]
        rest: list[Statement] = [Assign(targets[:1], switched.otherwise, True, span=node.span)]
        self.statements.append(If(switched.condition, body, rest, span=node.span))

    def switched(
        self, node: ModuleNode | InlineNode, value: ex.Expr, passing: ex.Expr
    ) -> ex.IfElse:
        """The value of a node where its condition holds, else what its `else` says or passes by."""
        assert node.control.when is not None
        condition = self.condition(node.control.when, node.name)
        other = node.control.otherwise
        return ex.IfElse(condition, value, passing if other is None else self.expr(other))

    def targets(self, node: Node, child: Any) -> tuple[object, ...]:
        """The names that a call's results get: the node's, or one for each output."""
        outputs = self.output_names(child)
        if len(outputs) <= 1:
            return (f"{node.name}.{outputs[0]}" if outputs else node.name,)
        names = [f"{node.name}.{o}" if o else node.name for o in outputs]
        return (names[0], tuple(names[1:])) if is_nested(child) else tuple(names)

    def inputs(
        self,
        node: ModuleNode | InlineNode,
        made: list[Any],
        carried: Mapping[str, ex.Expr] | None = None,
    ) -> dict[str, ex.Expr]:
        """The expressions that a node's module receives, by input name."""
        child = made[0]
        if isinstance(child, ModuleChild):
            names = [a.name for a in child.op.inputs]
        else:
            names = [i.name for i in child.block.inputs] or [""]
        given: Given = node.given
        carried = carried or {}
        found: dict[str, ex.Expr] = {}
        if given.implicit and names and names[0] not in carried:
            found[names[0]] = self.name(self.implicit(node))
        for name, expr in zip(names, given.positional, strict=False):
            if name not in carried:
                found[name] = self.expr(expr)
        for name, expr in given.named.items():
            if name not in carried:
                found[name] = self.expr(expr)
        found.update(carried)
        if isinstance(node, InlineNode):
            children = self.facts.found(node, "child")
            given_there = {k for c in children for k, v in c.inputs.items() if tensorish(v)}
            self._captured(node, found, given_there)
        return found

    def _captured(self, node: InlineNode, found: dict[str, ex.Expr], tensors: set[str]) -> None:
        """What an inline block reads from around it, as inputs: tensors, and numbers of the run
        time."""
        for name in node.captures:
            if name in found:
                continue
            given = node.control.shared or name in tensors
            if any(name in scope for scope in self.bound) and given:
                found[name] = ex.Name(name)
                continue
            for instance in self.facts.instances:
                value = instance.values.get(name, instance.inputs.get(name))
                if isinstance(value, Outputs):
                    found.update({f"{name}.{o}": ex.Name(f"{name}.{o}") for o in value.items})
                    break
            else:
                if name in self.tensors:
                    found[name] = self._tensor(name)
                elif not self.is_build_name(name):
                    found[name] = ex.Name(str(local(name)))

    # Loops --------------------------------------------------------------------------------

    def _loop(self, node: ModuleNode | InlineNode, kind: str) -> None:
        made = self.facts.found(node, "child")
        loop = node.control.loop
        if not made and kind == "each" and loop is not None and node.control.when is not None:
            self._passing_each(node, loop)
            return
        if not made:
            self._passing(node)
            return
        {"repeat": repeat, "each": each, "scan": scan}[kind](self, node, made)


_ROUNDED_WITHIN = re.compile(r"//\w+\)")
"""A quotient that is counted with again, as in `(dim//heads)*heads`: it tells a reader nothing."""


def _shown(size: Size) -> str:
    """A size in a comment, without spaces around its operators."""
    return re.sub(r" (//|[*+-]) ", r"\1", show(size))
