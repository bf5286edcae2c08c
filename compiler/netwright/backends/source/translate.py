"""Expressions of the spec in emitted form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netwright.backends.source import calls
from netwright.backends.source.access import access, dotted, is_got, last_item
from netwright.backends.source.attributes import Part, location, refuse
from netwright.backends.source.code import Extras, call, path
from netwright.backends.source.context import ClassContext, is_modules
from netwright.backends.source.lookup import Lookup
from netwright.backends.source.words import attribute_name, flag_name
from netwright.ir import expr as ex
from netwright.ir.dims import Dim
from netwright.ir.instance import Instance, ModuleChild
from netwright.ir.printer import rebuild
from netwright.ir.program import (
    BufferNode,
    ExprNode,
    InlineNode,
    Loop,
    ModuleNode,
    Node,
    ParameterNode,
)
from netwright.ir.types import DTYPES
from netwright.ir.values import Outputs
from netwright.ops.entry import FunctionOp
from netwright.ops.table import FUNCTIONS, method_named

DIM = "@"
"""Marks a name that stands for a size of an input until `places` resolves it."""


class Translator(Lookup):
    """Writes expressions as they stand in `forward`; a constructor's differ a little."""

    def __init__(self, extras: Extras, context: ClassContext) -> None:
        super().__init__(context)
        self.extras = extras
        self.stored: dict[str, None] = {}
        """Build-time names that forward reads as `self.name`."""
        self.flags: dict[str, ex.Expr] = {}
        """Conditions decided at build that differ by instance, stored as `self.flag`."""
        self.decided: list[tuple[ex.Expr, bool]] = []
        """Conditions that fall one way in every instance, so that the file holds that way only."""
        self.around = calls.Surroundings(helpers=extras.helpers)

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
        if self.context.is_absent(name):
            return ex.Literal(None)
        node = self.nodes.get(name)
        if isinstance(node, ExprNode) and not self.is_build(node.value):
            return ex.Name(name)
        if name == "training":
            return path("self.training")
        if name in ("pi", "inf") and name not in self.facts.sample.scope.table:
            self.extras.imports.add("import math")
            return path(f"math.{name}")
        if name in DTYPES and not self.has_number(name):
            return calls.dtype(name, self.around)
        if self.places.has(name):
            return ex.Name(DIM + name)
        if self.has_number(name) or node is not None:
            if self.is_build_name(name):
                self.stored.setdefault(name)
                return path(f"self.{attribute_name(self.context, name)}")
            return ex.Name(name)
        return ex.Name(name)

    def _tensor(self, name: str) -> ex.Expr:
        node = self.nodes.get(name)
        if isinstance(node, ParameterNode | BufferNode) and self.is_owned(node):
            return self.reach(node)
        if name in self.context.left_out:
            return ex.Literal(None)
        for instance in self.facts.instances:
            value = instance.values.get(name, instance.inputs.get(name))
            if isinstance(value, Outputs):
                return ex.Name(f"{name}.{next(iter(value.items))}")
        return ex.Name(str(local(name)))

    def _attribute(self, expr: ex.Attribute) -> ex.Expr:
        if isinstance(expr.value, ex.Name):
            owner = expr.value.id
            if owner in self.context.left_out:
                return ex.Literal(None)
            for instance in self.facts.instances:
                value = instance.values.get(owner, instance.inputs.get(owner))
                if isinstance(value, Outputs) and expr.name in value.items:
                    return ex.Name(f"{owner}.{expr.name}")
            node = self.nodes.get(owner)
            of_tensor = expr.name in ("shape", "dtype", "ndim", "T", "mT")
            if isinstance(node, ModuleNode | InlineNode) and not of_tensor:
                return self._weight(node, expr.name)
        called = self.called_again(expr.value)
        if called is not None and expr.name in (names := self.output_names(called[1])):
            return self.result(*called, names.index(expr.name))
        return ex.Attribute(self.expr(expr.value), expr.name)

    def _weight(self, node: ModuleNode | InlineNode, name: str) -> ex.Expr:
        """A weight of a module; one deep in containers is got by its whole name."""
        module = self.reach(node)
        if not is_got(module):
            return ex.Attribute(module, name)
        made = self.facts.found(node, "child")
        declared = made[0].weights if isinstance(made[0], ModuleChild) else made[0].weights.values()
        kind = "buffer" if any(w.name == name and w.buffer for w in declared) else "parameter"
        parts = (*location(node).parts, Part(name))
        return call(f"self.get_{kind}", dotted(parts, self.expr))

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
        flag = flag_name(self.context, self.flags, self.stored, expr, hint)
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
        called = self.called_again(expr)
        if called is not None:
            return self.result(*called, 0)
        if name == "sum" and not self._is_numeric(expr) and self._is_list(expr):
            return self._sum(expr)
        if name == "len":
            for value in self._named(expr.args[0]):
                if is_modules(value):  # which no argument of a class holds
                    return ex.Literal(len(value))
        args = tuple(self.expr(a) for a in expr.args)
        if self._is_numeric(expr) or name not in FUNCTIONS:
            target = calls.NUMBER_FUNCTIONS.get(name, name)
            if "." in target:
                self.extras.imports.add("import math")
            return ex.Call(path(target), args, keywords)
        return self._op(FUNCTIONS[name], args, keywords, as_method=False)

    def _op(self, op: FunctionOp, args: Any, keywords: Any, as_method: bool) -> ex.Expr:
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
        return any(isinstance(value, tuple) for value in self._named(argument))

    def _named(self, expr: ex.Expr | None) -> list[Any]:
        """What a name, or a node's result by its name, is in the instances."""
        match expr:
            case ex.Name(id=name):
                return [i.values.get(name) for i in self.facts.instances]
            case ex.Attribute(value=ex.Name(), name=result):
                nodes = self._named(expr.value)
                return [node.items.get(result) for node in nodes if isinstance(node, Outputs)]
        return []

    def _sum(self, expr: ex.Call) -> ex.Expr:
        """A sum of tensors; Python's own would begin with the integer 0."""
        terms = self.expr(expr.args[0])
        if isinstance(terms, ex.ListExpr) and 0 < len(terms.items) <= 4:
            first, *rest = terms.items
            for term in rest:
                first = ex.Binary("+", first, term)
            return first
        if isinstance(terms, ex.Name | ex.Attribute) and len(expr.args) == 1:
            head, tail = ex.Literal(0), ex.Slice(ex.Literal(1), None, None)
            return call("sum", ex.Index(terms, (tail,)), ex.Index(terms, (head,)))
        return ex.Call(ex.Name("sum"), (terms, *(self.expr(a) for a in expr.args[1:])))

    def called_again(self, expr: ex.Expr) -> tuple[ex.Expr, Any] | None:
        """The call of a node's module in an expression, and what is called."""
        if not isinstance(expr, ex.Call) or not isinstance(expr.func, ex.Name):
            return None
        name = expr.func.id
        node = self.nodes.get(name)
        if not isinstance(node, ModuleNode | InlineNode):
            return None
        if name in FUNCTIONS and not self.facts.found(node, "child"):
            return None
        return self._again(expr, node)

    def _again(
        self, expr: ex.Call, node: ModuleNode | InlineNode
    ) -> tuple[ex.Expr, ModuleChild | Instance]:
        if location(node).spliced:
            message = f'`{node.name}` has no level of its own (`key: ""`), and is called again'
            refuse(node, message, "give it a name among the weights, or write its nodes twice")
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
        return self.call(node, self.reach(node), inputs, child), child

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

    # Modules ------------------------------------------------------------------------------

    def reach(self, node: Node) -> ex.Expr:
        """How `forward` reaches a node's module; those of a loop as a list."""
        where, loop = location(node), node.control.loop
        if not where.loops or loop is None:
            if any(p.dynamic for p in where.parts):
                by_name = call("self.get_submodule", dotted(where.parts, self.expr))
                return last_item(self.context, node) or by_name
            return access(self.context, node)
        if not where.computed and not any(p.dynamic for p in where.parts[:-1]):
            return access(self.context, node)
        self.bound.append(set(loop.names))
        try:
            one = call("self.get_submodule", dotted(where.parts, self.expr))
        finally:
            self.bound.pop()
        targets, iterable = self.iterations(node, loop, set(ex.free_names(one)))
        return ex.Comprehension(one, targets, iterable)

    def iterations(self, node: Node, loop: Loop, used: set[str]) -> tuple[tuple[str, ...], ex.Expr]:
        """The targets and iterable of a loop that reads the names `used`."""
        counts = self.facts.found(node, "count")
        if len(set(counts)) == 1 and not self.is_build(loop.iterable):
            return ("i",), call("range", ex.Literal(counts[0]))
        iterable = self.expr(loop.iterable)
        if True not in self.facts.found(node, "listed"):
            return (loop.targets or ("i",)), call("range", iterable)
        if not used & set(loop.targets):
            if isinstance(iterable, ex.Call):  # `zip` has no length
                return ("i", "_"), call("enumerate", iterable)
            return ("i",), call("range", call("len", iterable))
        if "i" not in used or "i" in loop.targets:
            return loop.targets, iterable
        one = loop.targets[0] if len(loop.targets) == 1 else f"({', '.join(loop.targets)})"
        return ("i", one), call("enumerate", iterable)

    def call(
        self, node: Node, callee: ex.Expr, inputs: Mapping[str, ex.Expr], child: Any
    ) -> ex.Expr:
        """`callee(inputs)` in the order of the callee's signature."""
        args: list[ex.Expr] = []
        keywords: list[ex.Keyword] = []
        if isinstance(child, ModuleChild):
            order = [(a.name, a.name) for a in child.op.inputs]
        else:
            context = self.context.of(child)
            absent = node.captures if isinstance(node, InlineNode) else frozenset[str]()
            named = {*inputs, *absent}
            order = [("" if a.source not in named else a.source, a.name) for a in context.inputs]
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
            self.extras.imports.add("from torch.utils.checkpoint import checkpoint")
            keywords.append(ex.Keyword("use_reentrant", ex.Literal(False)))
            callee, args = ex.Name("checkpoint"), [callee, *args]
        called = ex.Call(callee, tuple(args), tuple(keywords))
        listed = len(node.control.take) == 1 and not node.control.single_take
        return ex.ListExpr((called,)) if listed else called

    def _checkpointed(self, node: Node) -> bool:
        condition = node.control.checkpoint
        return not (isinstance(condition, ex.Literal) and condition.value is False)

    def _resolved(self, value: ex.Expr) -> ex.Expr:
        """A captured number of the run time, given as an argument."""
        if isinstance(value, ex.Name) and value.id not in self.tensors and value.id.isidentifier():
            return self.name(value.id)
        return value


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
