"""The body of `forward`: each node as a statement, in the spec's own names.

What comes out is correct but plain: one statement a node. `readable` then drops, nests and renames.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from netwright.backends.source import calls
from netwright.backends.source.code import Assign, Evaluate, For, If, Return, Statement, call, path
from netwright.backends.source.context import ClassContext, tensorish
from netwright.backends.source.naming import singular
from netwright.backends.source.places import Places
from netwright.ir import expr as ex
from netwright.ir.dims import Dim, Size, known, show
from netwright.ir.instance import Instance, ModuleChild
from netwright.ir.printer import rebuild
from netwright.ir.program import (
    BufferNode,
    ExprNode,
    Given,
    InlineNode,
    ModuleNode,
    Node,
    ParameterNode,
)
from netwright.ir.types import DTYPES
from netwright.ir.values import Outputs, Tensor, TensorList, Value
from netwright.ops.entry import FunctionOp, ModuleOp
from netwright.ops.table import FUNCTIONS, method_named

if TYPE_CHECKING:
    from netwright.backends.source.emit import Emitter

DIM = "@"
"""Marks a name that stands for a size of an input until `dims` resolves it."""

NESTED = {"LSTM": ((0,), (1, 0), (1, 1))}
"""Modules whose results are nested tuples: the path of each output."""


class Forward:
    """Translates the nodes of one class."""

    def __init__(self, emitter: Emitter, context: ClassContext) -> None:
        self.emitter = emitter
        self.context = context
        self.facts = context.facts
        self.nodes = {t: n for n in self.facts.block.nodes for t in _targets(n)}
        self.places = Places(context)
        self.statements: list[Statement] = []
        self.stored: dict[str, None] = {}
        """Build-time names that forward reads as `self.name`."""
        self.flags: dict[str, ex.Expr] = {}
        """Conditions decided at build that differ by instance, stored as `self.flag`."""
        self.around = calls.Surroundings(helpers=emitter.helpers)
        self.decided: list[tuple[ex.Expr, bool]] = []
        """Conditions that fall one way in every instance, so that the file holds that way only."""
        self.bound: list[set[str]] = []
        self.tensors = self._tensor_names()
        self._choose_references()

    # What names are -----------------------------------------------------------------------

    def _tensor_names(self) -> set[str]:
        names: set[str] = set()
        for instance in self.facts.instances:
            names.update(k for k, v in instance.values.items() if tensorish(v))
            names.update(k for k, v in instance.inputs.items() if tensorish(v))
        return names

    def lists(self) -> frozenset[str]:
        """The names that hold lists of tensors."""
        return frozenset(
            name
            for instance in self.facts.instances
            for name, value in (*instance.values.items(), *instance.inputs.items())
            if isinstance(value, tuple | TensorList)
        )

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

    # Nodes --------------------------------------------------------------------------------

    def run(self, nodes: tuple[Node, ...]) -> None:
        for node in nodes:
            self.node(node)

    def node(self, node: Node) -> None:
        if isinstance(node, ParameterNode | BufferNode):
            if node.name in self.tensors and not self._is_owned(node):
                self.assign(node, (node.name,), self.emitter.access(self.context, node))
        elif isinstance(node, ExprNode):
            self._expr_node(node)
        elif isinstance(node, ModuleNode | InlineNode):
            if node.control.loop is not None:
                self._loop(node, node.control.loop.kind)
            else:
                self._single(node)

    def _is_owned(self, node: Node) -> bool:
        """Whether a parameter or buffer is there in every instance, so that `self.name` can
        stand for it."""
        return set(self.facts.found(node, "kind")) == {"tensor"}

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
            statement.comment = self._shape(node)
        self.statements.append(statement)

    def _shape(self, node: Node) -> str:
        """The shape of a node's tensor in the class's names, if it is the same in all instances."""
        shapes: set[str] = set()
        for instance in self.facts.symbolic:
            value = instance.values.get(node.name)
            if isinstance(value, Outputs):
                value = value.first
            if not isinstance(value, Tensor):
                return ""
            shapes.add(", ".join(_shown(d) for d in value.type.shape))
        text = shapes.pop() if len(shapes) == 1 else ""
        return f"({text})" if 0 < len(text) <= 32 and "?" not in text else ""

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
        if len(node.targets) > 1:
            value = self._results(node.value) or value
        flows = kinds <= {"tensor", "outputs"}
        self.assign(node, node.targets, value, flows and len(node.targets) == 1)

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
        holds = set(self.facts.found(node, "when"))
        if not made:
            self._passing(node)
            return
        inputs = self.inputs(node, made)
        value = self.call(node, self.emitter.access(self.context, node), inputs, made[0])
        targets = self.targets(node, made[0])
        if (
            True in holds
            and False in holds
            and not self.emitter.becomes_identity(self.context, node)
        ):
            self._conditional(node, targets, value, inputs)
            return
        self.assign(node, targets, value, flows=True)

    def _passing(self, node: ModuleNode | InlineNode) -> None:
        """A node that is switched off in every instance: its input flows on, or its `else`."""
        if node.control.when is not None:
            self.decided.append((node.control.when, False))
        if node.control.otherwise is not None:
            value = self.expr(node.control.otherwise)
            kinds = set(self.facts.found(node, "kind"))
            self.assign(node, (node.name,), value, kinds <= {"tensor"})
            return
        given = node.given
        if given.positional:
            value = self.expr(given.positional[0])
        elif given.named:
            value = self.expr(next(iter(given.named.values())))
        else:
            value = self.name(self._implicit(node))
        self.assign(node, (node.name,), value, flows=True)

    def _conditional(
        self,
        node: ModuleNode | InlineNode,
        targets: tuple[object, ...],
        value: ex.Expr,
        inputs: Mapping[str, ex.Expr],
    ) -> None:
        """A module that runs only where a condition holds at call."""
        assert node.control.when is not None
        condition = self.condition(node.control.when, node.name)
        if node.control.otherwise is not None:
            other = self.expr(node.control.otherwise)
        else:
            other = next(iter(inputs.values()))
        if len(targets) == 1:
            self.assign(node, targets, ex.IfElse(condition, value, other), flows=True)
            return
        body: list[Statement] = [Assign(targets, value, True, span=node.span)]
        rest: list[Statement] = [Assign(targets, other, True, span=node.span)]
        self.statements.append(If(condition, body, rest, span=node.span))

    def targets(self, node: Node, child: Any) -> tuple[object, ...]:
        """The names that a call's results get: the node's, or one for each output."""
        outputs = self.output_names(child)
        if len(outputs) <= 1:
            return (node.name,)
        names = [f"{node.name}.{o}" for o in outputs]
        op = child.op.name if isinstance(child, ModuleChild) else ""
        if op in NESTED:
            return (names[0], tuple(names[1:]))
        return tuple(names)

    def output_names(self, child: Any) -> list[str]:
        if isinstance(child, ModuleChild):
            op: ModuleOp = child.op
            single = child.args.get("return_indices") is False
            return [] if single else list(op.outputs)
        assert isinstance(child, Instance)
        if child.cut:
            return []
        return [] if len(child.outputs) == 1 else list(child.outputs)

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
            found[names[0]] = self.name(self._implicit(node))
        for name, expr in zip(names, given.positional, strict=False):
            if name not in carried:
                found[name] = self.expr(expr)
        for name, expr in given.named.items():
            if name not in carried:
                found[name] = self.expr(expr)
        found.update(carried)
        if isinstance(node, InlineNode):
            self._captured(node, found, {k for k, v in made[0].inputs.items() if tensorish(v)})
        return found

    def _captured(self, node: InlineNode, found: dict[str, ex.Expr], tensors: set[str]) -> None:
        """What an inline block reads from around it, as inputs: tensors, and numbers of the run
        time."""
        for name in node.captures:
            if name in found:
                continue
            if any(name in scope for scope in self.bound) and name in tensors:
                found[name] = ex.Name(name)
                continue
            for instance in self.facts.instances:
                value = instance.values.get(name, instance.inputs.get(name))
                if isinstance(value, Outputs):
                    found.update({f"{name}.{o}": ex.Name(f"{name}.{o}") for o in value.items})
                    break
            else:
                if name in self.tensors or not self.is_build_name(name):
                    found[name] = ex.Name(str(local(name)))

    def _implicit(self, node: Node) -> str:
        found = self.facts.found(node, "input")
        return found[0] if found else ""

    def call(
        self, node: Node, callee: ex.Expr, inputs: Mapping[str, ex.Expr], child: Any
    ) -> ex.Expr:
        """`callee(inputs)` in the order of the callee's signature."""
        args: list[ex.Expr] = []
        keywords: list[ex.Keyword] = []
        if isinstance(child, ModuleChild):
            order = [(a.name, a.name) for a in child.op.inputs]
        else:
            context = self.emitter.context_of(child)
            order = [("" if a.source not in inputs else a.source, a.name) for a in context.inputs]
            if context.is_chain:
                order = [(next(iter(inputs)), "input")]
        gap = False
        for source, name in order:
            if source not in inputs:
                gap = True
                continue
            value = self._resolved(inputs[source])
            if gap:
                keywords.append(ex.Keyword(name, value))
            else:
                args.append(value)
        if node.control.checkpoint is not None and self._checkpointed(node):
            self.emitter.imports.add("from torch.utils.checkpoint import checkpoint")
            keywords.append(ex.Keyword("use_reentrant", ex.Literal(False)))
            return ex.Call(ex.Name("checkpoint"), (callee, *args), tuple(keywords))
        return ex.Call(callee, tuple(args), tuple(keywords))

    def _checkpointed(self, node: Node) -> bool:
        condition = node.control.checkpoint
        return not (isinstance(condition, ex.Literal) and condition.value is False)

    def _resolved(self, value: ex.Expr) -> ex.Expr:
        """A captured number of the run time, given as an argument."""
        if isinstance(value, ex.Name) and value.id not in self.tensors and value.id.isidentifier():
            return self.name(value.id)
        return value

    # Loops --------------------------------------------------------------------------------

    def _loop(self, node: ModuleNode | InlineNode, kind: str) -> None:
        from netwright.backends.source.loops import each, repeat, scan

        made = self.facts.found(node, "child")
        if not made:
            self._passing(node)
            return
        {"repeat": repeat, "each": each, "scan": scan}[kind](self, node, made)

    # Expressions --------------------------------------------------------------------------

    def expr(self, expr: ex.Expr) -> ex.Expr:
        """`expr` in emitted form."""
        match expr:
            case ex.Name(id=name):
                return self.name(name)
            case ex.Attribute():
                return self._attribute(expr)
            case ex.Call():
                return self._call(expr)
            case ex.IfElse():
                return self._if_else(expr)
            case ex.BoolOp():
                return self.condition(expr, "")
            case ex.Comprehension():
                return self._comprehension(expr)
        if not ex.children(expr):
            return expr
        return rebuild(expr, lambda e: None if e is expr else self.expr(e))

    def name(self, name: str) -> ex.Expr:
        if any(name in scope for scope in self.bound):
            return ex.Name(name)
        if name in self.tensors or name == "":
            return self._tensor(name)
        node = self.nodes.get(name)
        if isinstance(node, ExprNode) and not self.is_build(node.value):
            return ex.Name(name)
        if name == "training":
            return path("self.training")
        if name in ("pi", "inf") and name not in self.facts.sample.scope.table:
            self.emitter.imports.add("import math")
            return path(f"math.{name}")
        if name in DTYPES and not self._has_number(name):
            return ex.Name("float") if name == "float" else path(f"torch.{torch_dtype(name)}")
        if self.places.has(name):
            return ex.Name(DIM + name)
        if self._has_number(name) or node is not None:
            if self.is_build_name(name):
                self.stored.setdefault(name)
                return path(f"self.{self.emitter.attribute_for(self.context, name)}")
            return ex.Name(name)
        return ex.Name(name)

    def _has_number(self, name: str) -> bool:
        sample = self.facts.sample
        return any(
            name in d for d in (sample.params, sample.dims, sample.scope.table, sample.values)
        )

    def _tensor(self, name: str) -> ex.Expr:
        node = self.nodes.get(name)
        if isinstance(node, ParameterNode | BufferNode) and self._is_owned(node):
            return self.emitter.access(self.context, node)
        for instance in self.facts.instances:
            value = instance.values.get(name, instance.inputs.get(name))
            if isinstance(value, Outputs):
                return ex.Name(f"{name}.{next(iter(value.items))}")
        return ex.Name(str(local(name)))

    def _attribute(self, expr: ex.Attribute) -> ex.Expr:
        if isinstance(expr.value, ex.Name):
            owner = expr.value.id
            for instance in self.facts.instances:
                value = instance.values.get(owner, instance.inputs.get(owner))
                if isinstance(value, Outputs) and expr.name in value.items:
                    return ex.Name(f"{owner}.{expr.name}")
            node = self.nodes.get(owner)
            is_module = isinstance(node, ModuleNode | InlineNode)
            if (
                is_module
                and node is not None
                and expr.name not in ("shape", "dtype", "ndim", "T", "mT")
            ):
                return ex.Attribute(self.emitter.access(self.context, node), expr.name)
        return ex.Attribute(self.expr(expr.value), expr.name)

    def _if_else(self, expr: ex.IfElse) -> ex.Expr:
        holds = set(self.facts.found(expr, "holds"))
        if len(holds) == 1:
            held = holds.pop()
            self.decided.append((expr.condition, held))
            return self.expr(expr.then if held else expr.otherwise)
        if not holds:
            return self.expr(expr.otherwise)
        condition = self.condition(expr.condition, "")
        return ex.IfElse(condition, self.expr(expr.then), self.expr(expr.otherwise), span=expr.span)

    def condition(self, expr: ex.Expr, hint: str) -> ex.Expr:
        """A condition at call; one that was decided at build, but differs by instance, is a
        flag."""
        if any(n in scope for scope in self.bound for n in ex.free_names(expr)):
            return rebuild(expr, lambda e: None if e is expr and ex.children(e) else self.expr(e))
        if isinstance(expr, ex.BoolOp) and not self.is_build(expr):
            parts = [p for p in expr.values if self._matters(p, expr.op)]
            if len(parts) == 1:
                return self.condition(parts[0], hint)
            return ex.BoolOp(expr.op, tuple(self.condition(p, hint) for p in parts), span=expr.span)
        if isinstance(expr, ex.Unary) and expr.op == "not" and not self.is_build(expr):
            return ex.Unary("not", self.condition(expr.operand, hint))
        if isinstance(expr, ex.Name) or not self.is_build(expr):
            return rebuild(expr, lambda e: None if e is expr and ex.children(e) else self.expr(e))
        flag = self.emitter.flag_name(self.context, self, expr, hint)
        self.flags[flag] = expr
        return path(f"self.{flag}")

    def _matters(self, part: ex.Expr, op: str) -> bool:
        """Whether a part of `and` or `or` is not the same in all instances."""
        truths = set(self.facts.found(part, "truth"))
        return len(truths) != 1 or truths == {op == "or"}

    def _comprehension(self, expr: ex.Comprehension) -> ex.Expr:
        iterable = self.expr(expr.iterable)
        self.bound.append(set(expr.targets))
        try:
            element = self.expr(expr.element)
            conditions = tuple(self.expr(c) for c in expr.conditions)
        finally:
            self.bound.pop()
        return ex.Comprehension(element, expr.targets, iterable, conditions, span=expr.span)

    # Calls --------------------------------------------------------------------------------

    def _call(self, expr: ex.Call) -> ex.Expr:
        steps = self.facts.found(expr, "einops")
        if steps:
            return self._rearranged(expr, steps[0])
        keywords = tuple(ex.Keyword(k.name, self.expr(k.value), k.span) for k in expr.keywords)
        if isinstance(expr.func, ex.Attribute):
            op = method_named(expr.func.name)
            receiver = self.expr(expr.func.value)
            args = (receiver, *(self.expr(a) for a in expr.args))
            assert op is not None
            return self._op(op, args, keywords, as_method=True)
        assert isinstance(expr.func, ex.Name)
        name = expr.func.id
        node = self.nodes.get(name)
        if isinstance(node, ModuleNode | InlineNode) and name not in FUNCTIONS:
            return self._again(expr, node)
        if isinstance(node, ModuleNode | InlineNode) and self.facts.found(node, "child"):
            return self._again(expr, node)
        args = tuple(self.expr(a) for a in expr.args)
        if (
            self._is_numeric(expr)
            or (name == "sum" and self._is_list(expr))
            or name not in FUNCTIONS
        ):
            target = calls.NUMBER_FUNCTIONS.get(name, name)
            if "." in target:
                self.emitter.imports.add("import math")
            return ex.Call(path(target), args, keywords)
        return self._op(FUNCTIONS[name], args, keywords, as_method=False)

    def _op(self, op: FunctionOp, args: Any, keywords: Any, as_method: bool) -> ex.Expr:
        if op.name == "einsum":
            args, keywords = self.emitter.einsum(args, keywords)
        return calls.write(op, args, keywords, as_method, self.around)

    def _is_numeric(self, expr: ex.Call) -> bool:
        """Whether a function that exists for numbers and tensors has numbers here."""
        if not isinstance(expr.func, ex.Name) or expr.func.id not in calls.BOTH:
            return False
        if any(self._makes_tensor(e) for a in expr.args for e in ex.walk(a)):
            return False
        reads = {
            n for a in (*expr.args, *(k.value for k in expr.keywords)) for n in ex.free_names(a)
        }
        shapes = all(_under_shape(a, self.tensors) for a in expr.args)
        return shapes or not (reads & self.tensors)

    def _makes_tensor(self, expr: ex.Expr) -> bool:
        """Whether `expr` calls a function that gives a tensor whatever it is given: `arange(4)`."""
        if not isinstance(expr, ex.Call) or not isinstance(expr.func, ex.Name):
            return False
        name = expr.func.id
        return name in FUNCTIONS and name not in calls.BOTH and name != "linspace"

    def _is_list(self, expr: ex.Call) -> bool:
        """Whether `sum` adds up a list of tensors rather than a tensor's items."""
        argument = expr.args[0] if expr.args else None
        if isinstance(argument, ex.ListExpr | ex.Comprehension):
            return True
        if isinstance(argument, ex.Name):
            values = [i.values.get(argument.id) for i in self.facts.instances]
            return any(isinstance(v, tuple) for v in values)
        return False

    def _again(self, expr: ex.Call, node: ModuleNode | InlineNode) -> ex.Expr:
        child = self.facts.found(node, "child")[0]
        again = self.facts.found(expr, "child")
        child = again[0] if again else child
        if isinstance(child, ModuleChild):
            names = [a.name for a in child.op.inputs]
        else:
            names = [i.name for i in child.block.inputs] or [""]
        inputs = dict(zip(names, (self.expr(a) for a in expr.args), strict=False))
        inputs.update({k.name: self.expr(k.value) for k in expr.keywords})
        if isinstance(node, InlineNode):
            for name in node.captures:
                if name not in inputs and name in self.tensors:
                    inputs[name] = self._tensor(name)
        return self.call(node, self.emitter.access(self.context, node), inputs, child)

    def _rearranged(self, expr: ex.Call, steps: Any) -> ex.Expr:
        lengths = self.facts.found(expr, "lengths")[0]
        values = expr.func.value if isinstance(expr.func, ex.Attribute) else expr.args[0]
        receiver = self.expr(values)
        is_list = isinstance(values, ex.ListExpr | ex.Comprehension) or (
            isinstance(values, ex.Name)
            and any(isinstance(i.values.get(values.id), tuple) for i in self.facts.instances)
        )
        if is_list:
            receiver = call("torch.stack", receiver)

        def written(k: int, j: int, m: int) -> ex.Expr | None:
            chosen = self.facts.sizes.get((expr, f"einops:{k}:{j}:{m}"))
            if chosen is not None:
                return self.expr(chosen)
            arg = steps[k].args[j]
            value = arg[m] if m >= 0 else arg
            if isinstance(value, Dim):
                for keyword in expr.keywords:
                    if lengths.get(keyword.name) == value:
                        return self.expr(keyword.value)
            return None

        return calls.rearranged(receiver, steps, written)


def _shown(size: Size) -> str:
    """A size in a comment, without spaces around its operators."""
    return (
        show(size).replace(" // ", "/").replace(" * ", "*").replace(" + ", "+").replace(" - ", "-")
    )


def local(target: object) -> object:
    """A node's local; one called `self` must not be taken for the receiver of methods."""
    return "self!" if target == "self" else target


def _under_shape(expr: ex.Expr, tensors: set[str]) -> bool:
    """Whether tensors appear in `expr` only by their shapes."""
    if isinstance(expr, ex.Attribute) and expr.name in ("shape", "ndim"):
        return True
    if isinstance(expr, ex.Name):
        return expr.id not in tensors
    return all(_under_shape(c, tensors) for c in ex.children(expr))


def _targets(node: Node) -> tuple[str, ...]:
    return node.targets if isinstance(node, ExprNode) else (node.name,)


def torch_dtype(name: str) -> str:
    return {"int": "int64", "float": "float32"}.get(name, name)


__all__ = ["DIM", "Evaluate", "For", "Forward", "Return", "singular"]
