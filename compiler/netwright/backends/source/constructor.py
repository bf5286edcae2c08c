"""The body of `__init__`: modules, parameters, buffers, and what `forward` reads as `self.name`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from netwright.backends.source import calls
from netwright.backends.source.attributes import location
from netwright.backends.source.code import (
    Assign,
    Evaluate,
    If,
    SetAttribute,
    Statement,
    call,
    path,
    self_attr,
)
from netwright.backends.source.constraints import negated, refusal
from netwright.backends.source.containers import container
from netwright.backends.source.context import ClassContext, CtorArg
from netwright.backends.source.forward import Forward, torch_dtype
from netwright.backends.source.initialise import initialiser
from netwright.ir import expr as ex
from netwright.ir.instance import Instance, ModuleChild
from netwright.ir.printer import replace_names, to_source
from netwright.ir.program import (
    BufferNode,
    ExprNode,
    InlineNode,
    ModuleNode,
    Node,
    ParameterNode,
)
from netwright.ir.types import DTYPES
from netwright.ir.values import ModuleValue, Value
from netwright.ops.entry import Arg, ModuleOp

if TYPE_CHECKING:
    from netwright.backends.source.emit import Emitter

IDENTITY = ex.Call(path("nn.Identity"))


class Constructor(Forward):
    """Translates nodes to statements of `__init__`; `needed` collects the names it reads."""

    def __init__(self, emitter: Emitter, context: ClassContext, forward: Forward | None) -> None:
        super().__init__(emitter, context)
        self.around = calls.Surroundings(helpers=emitter.helpers)
        self.forward = forward
        self.needed: dict[str, None] = {}
        self.buffers: dict[str, None] = {}
        self.hoisted: dict[str, ex.Expr] = emitter.hoisted(context)

    # Names --------------------------------------------------------------------------------

    def name(self, name: str) -> ex.Expr:
        if any(name in scope for scope in self.bound):
            return ex.Name(name)
        node = self.nodes.get(name)
        if name in self.tensors and isinstance(node, ParameterNode | BufferNode):
            return self.emitter.access(self.context, node)
        if name in DTYPES and not self._has_number(name):
            return ex.Name("float") if name == "float" else path(f"torch.{torch_dtype(name)}")
        if name in ("pi", "inf") and name not in self.facts.sample.scope.table:
            self.emitter.imports.add("import math")
            return path(f"math.{name}")
        if isinstance(node, ExprNode) and name not in self.hoisted:
            return ex.Name(name)
        self.needed.setdefault(name)
        return ex.Name(self.emitter.ctor_name(self.context, name))

    def condition(self, expr: ex.Expr, hint: str = "") -> ex.Expr:
        return self.expr(expr)

    def _if_else(self, expr: ex.IfElse) -> ex.Expr:
        parts = (expr.condition, expr.then, expr.otherwise)
        condition, then, otherwise = (self.expr(p) for p in parts)
        return ex.IfElse(condition, then, otherwise, span=expr.span)

    def expr(self, expr: ex.Expr) -> ex.Expr:
        if isinstance(expr, ex.BoolOp):
            return ex.BoolOp(expr.op, tuple(self.expr(v) for v in expr.values), span=expr.span)
        if isinstance(expr, ex.Index) and _is_call(expr.value, "linspace"):
            assert isinstance(expr.value, ex.Call)
            return self._linspace(expr.value, self.expr(expr.items[0]))
        if _is_call(expr, "linspace"):
            assert isinstance(expr, ex.Call)
            steps = call("range", self.expr(_argument(expr, 2, "steps")))
            return ex.Comprehension(self._linspace(expr, ex.Name("k")), ("k",), steps)
        if _is_call(expr, "make_divisible"):
            self.emitter.helpers.add("make_divisible")
        return super().expr(expr)

    def _linspace(self, expr: ex.Call, index: ex.Expr) -> ex.Expr:
        """Item `index` of `linspace(start, end, steps)` as arithmetic."""
        start, end = _argument(expr, 0, "start"), _argument(expr, 1, "end")
        steps = self.expr(_argument(expr, 2, "steps"))
        span = call("max", ex.Binary("-", steps, ex.Literal(1)), ex.Literal(1))
        if isinstance(start, ex.Literal) and start.value == 0:
            return ex.Binary("/", ex.Binary("*", self.expr(end), index), span)
        width = ex.Binary("-", self.expr(end), self.expr(start))
        part = ex.Binary("/", ex.Binary("*", width, index), span)
        return ex.Binary("+", self.expr(start), part)

    # Statements ---------------------------------------------------------------------------

    def build(self) -> list[Statement]:
        """All statements, in the order of the nodes."""
        stored = list(self.forward.stored) if self.forward is not None else []
        head = [
            self._store(n)
            for n in stored
            if not isinstance(self.nodes.get(n), ExprNode) or n in self.hoisted
        ]
        done: set[str] = set()
        for node in self.emitter.nodes_of(self.context):
            if isinstance(node, ExprNode):
                self._number(node, stored)
            elif isinstance(node, ParameterNode):
                self._parameter(node)
            elif isinstance(node, BufferNode):
                self._buffer(node)
            elif isinstance(node, ModuleNode | InlineNode):
                self._module(node, done)
        flags = dict(self.forward.flags) if self.forward is not None else {}
        tail: list[Statement] = [SetAttribute(self_attr(k), self.expr(v)) for k, v in flags.items()]
        return [*self._decided(), *head, *self.statements, *tail]

    def _decided(self) -> list[Statement]:
        """Refusals of arguments under which a condition would fall otherwise than in this file."""
        found: dict[str, Statement] = {}
        decided = [] if self.forward is None else self.forward.decided
        for condition, held in [*decided, *self.decided]:
            names = ex.free_names(condition)
            known = bool(names) and all(n in self.needed for n in names)
            if not known or not self.is_build(condition):
                continue
            text = to_source(condition)
            test = self.expr(condition)
            if text not in found:
                found[text] = refusal(
                    negated(test) if held else test,
                    f"`{text}` is {held} in this file: emit another",
                    condition.span,
                )
        return list(found.values())

    def sequential_items(self) -> list[ex.Expr]:
        """What a class over `nn.Sequential` passes to it."""
        modules = [n for n in self.facts.block.nodes if isinstance(n, ModuleNode)]
        if len(modules) == 1 and modules[0].control.loop is not None:
            return [ex.Star(self.listed(modules[0]))]
        return [self._one(n) for n in modules]

    def _store(self, name: str) -> Statement:
        attribute = self.emitter.attribute_for(self.context, name)
        return SetAttribute(self_attr(attribute), self.name(name))

    def _number(self, node: ExprNode, stored: list[str]) -> None:
        kinds = set(self.facts.found(node, "kind"))
        if (
            not kinds
            or not kinds <= {"number", "list"}
            or node.name in self.hoisted
            or not self.is_build(node.value)
        ):
            return
        self.statements.append(Assign(node.targets, self.expr(node.value), span=node.span))
        for target in node.targets:
            if target in stored:
                attribute = self.emitter.attribute_for(self.context, target)
                self.statements.append(
                    SetAttribute(self_attr(attribute), ex.Name(target), span=node.span)
                )

    def _parameter(self, node: ParameterNode) -> None:
        if not self.facts.found(node, "shape"):
            return
        shape = node.shape.items if isinstance(node.shape, ex.ListExpr) else (node.shape,)
        sizes = tuple(self.expr(s) for s in shape)
        target = self.emitter.access(self.context, node)
        value, after = initialiser(target, sizes, node.init, self)
        body: list[Statement] = [SetAttribute(target, value, span=node.span)]
        body += [Evaluate(a, span=node.span) for a in after]
        body += self._frozen(node, target)
        self._guarded(node, body)

    def _buffer(self, node: BufferNode) -> None:
        if (
            not any(node.name in i.weights for i in self.facts.instances)
            and node.control.key is None
        ):
            return
        name = self.emitter.attribute_path(self.context, node)[-1]
        keywords = () if node.persistent else (ex.Keyword("persistent", ex.Literal(False)),)
        value = self.expr(node.value)
        self.buffers.setdefault(name)
        register = ex.Call(path("self.register_buffer"), (ex.Literal(name), value), keywords)
        self._guarded(node, [Evaluate(register, span=node.span)])

    def _guarded(self, node: Node, body: list[Statement]) -> None:
        """The statements under the node's build-time condition, where instances differ."""
        holds = set(self.facts.found(node, "when"))
        if node.control.when is not None and len(holds) > 1:
            body = [If(self.expr(node.control.when), body, span=node.span)]
        elif node.control.when is not None:
            self.decided.append((node.control.when, True))
        self.statements += body

    def _frozen(self, node: Node, target: ex.Expr) -> list[Statement]:
        """`requires_grad_(False)`, under the node's condition where there is one."""
        condition = node.control.frozen
        if condition is None:
            return []
        freeze = ex.Call(ex.Attribute(target, "requires_grad_"), (ex.Literal(False),))
        statement = Evaluate(freeze, span=node.span)
        if isinstance(condition, ex.Literal):
            return [statement] if condition.value else []
        return [If(self.expr(condition), [statement], span=node.span)]

    # Modules ------------------------------------------------------------------------------

    def _module(self, node: ModuleNode | InlineNode, done: set[str]) -> None:
        made = self.facts.found(node, "child")
        if not made:
            return
        where = location(node)
        group = self.emitter.container(self.context, where.head)
        if group is not None:
            if where.head not in done:
                done.add(where.head)
                self.statements.append(
                    SetAttribute(self_attr(where.head), container(self, group), span=node.span)
                )
            self.statements += self._frozen(node, self.emitter.access(self.context, node))
            return
        target = self_attr(where.head)
        value = self.module(node)
        body: list[Statement] = [SetAttribute(target, value, span=node.span)]
        body += self._frozen(node, target)
        self._switched(node, target, body)

    def _switched(
        self, node: ModuleNode | InlineNode, target: ex.Expr, body: list[Statement]
    ) -> None:
        """`if` for a `when` that is decided at build: `nn.Identity()` where it does not hold."""
        when = node.control.when
        if when is None or node.control.loop is not None or not self.is_build(when):
            self.statements += body
            return
        holds = set(self.facts.found(node, "when"))
        identity = self.emitter.becomes_identity(self.context, node)
        if holds == {True} and not identity:
            self.decided.append((when, True))
            self.statements += body
            return
        otherwise: list[Statement] = []
        if identity:
            otherwise = [SetAttribute(target, IDENTITY, span=node.span)]
            first = body[0]
            assert isinstance(first, SetAttribute)
            first.annotation = "nn.Module"  # it may be either
        self.statements.append(If(self.expr(when), body, otherwise, span=node.span))

    def module(self, node: ModuleNode | InlineNode) -> ex.Expr:
        """The expression that builds a node's module or modules."""
        if node.control.loop is None or node.control.shared or node.control.loop.kind == "scan":
            return self._one(node)
        listed = self.listed(node)
        if self.emitter.is_sequential(self.context, node):
            return call(
                "nn.Sequential",
                *(listed.items if isinstance(listed, ex.ListExpr) else [ex.Star(listed)]),
            )
        return call("nn.ModuleList", listed)

    def listed(self, node: ModuleNode | InlineNode, name: ex.Expr | None = None) -> ex.Expr:
        """`[Block(...) for i in range(n)]`, as pairs where a `name` is computed for each."""
        loop = node.control.loop
        assert loop is not None
        if self._over_modules(node):
            return self._each_module(node)
        bound = set(loop.names)
        self.bound.append(bound)
        try:
            value = self._one(node)
            if node.control.when is not None and set(self.facts.found(node, "when")) == {
                True,
                False,
            }:
                value = ex.IfElse(self.expr(node.control.when), value, IDENTITY)
            if name is not None:
                value = ex.TupleExpr((call("str", self.expr(name)), value))
        finally:
            self.bound.pop()
        used = [n for n in ex.free_names(value) if n in bound]
        names, iterable = self._loop_over(node, used)
        return ex.Comprehension(value, names, iterable, span=node.span)

    def _over_modules(self, node: ModuleNode | InlineNode) -> bool:
        """Whether a loop runs over a list of modules, which are then written out."""
        loop, callee = node.control.loop, getattr(node, "callee", None)
        return loop is not None and isinstance(callee, ex.Name) and callee.id in loop.targets

    def _each_module(self, node: ModuleNode | InlineNode) -> ex.Expr:
        """`[nn.ReLU(), nn.SiLU()]`."""
        count = len(self.facts.sample.facts[node, "child"])
        made = [replace_names(self._one(node, k), {"i": ex.Literal(k)}) for k in range(count)]
        return ex.ListExpr(tuple(made))

    def named(self, node: ModuleNode | InlineNode, name: ex.Expr) -> ex.Expr:
        """`[(str(2 * i), Block(...)) for i in range(n)]`: modules under computed names."""
        made = self.listed(node, name)
        assert isinstance(made, ex.Comprehension)
        return made

    def _loop_over(
        self, node: ModuleNode | InlineNode, used: list[str]
    ) -> tuple[tuple[str, ...], ex.Expr]:
        loop = node.control.loop
        assert loop is not None
        source, targets = loop.iterable, list(loop.targets) or ["i"]
        if loop.kind == "repeat" and len(targets) == 1:
            name = targets[0] if targets[0] in used else "_"
            iterable = self.expr(source)
            if True not in self.facts.found(node, "listed"):
                iterable = call("range", self._left(node) or iterable)
            if "i" in used and targets[0] != "i":
                return ("i", name), call("enumerate", iterable)
            return (name,), iterable
        if self.is_build(source):
            if _is_call(source, "enumerate") and targets[0] not in used:
                assert isinstance(source, ex.Call)
                return tuple(t if t in used else "_" for t in targets[1:]), self.expr(
                    source.args[0]
                )
            if "i" in used and "i" not in targets:
                return ("i", *_packed(targets)), call("enumerate", self.expr(source))
            return tuple(t if t in used else "_" for t in targets), self.expr(source)
        return self._over_tensors(node, source, targets, used)

    def _left(self, node: ModuleNode | InlineNode) -> ex.Expr | None:
        """How many iterations `take` leaves of a loop, where it drops some."""
        counts = self.facts.found(node, "count")
        left = sum(path[0] == node.name for path in self.facts.sample.children)
        if not self.facts.cut or node.control.key is not None or left in (0, *counts):
            return None
        return ex.Literal(left)

    def _over_tensors(
        self, node: ModuleNode | InlineNode, source: ex.Expr, targets: list[str], used: list[str]
    ) -> tuple[tuple[str, ...], ex.Expr]:
        """A loop over tensors, which do not exist yet: over the lists beside them, or a count."""
        parts = (
            list(source.args)
            if _is_call(source, "zip") and isinstance(source, ex.Call)
            else [source]
        )
        beside = [
            (t, p) for t, p in zip(targets, parts, strict=False) if t in used and self.is_build(p)
        ]
        if len(beside) == 1:
            (name, part) = beside[0]
            if "i" in used:
                return ("i", name), call("enumerate", self.expr(part))
            return (name,), self.expr(part)
        if beside:
            return tuple(t for t, _ in beside), call("zip", *(self.expr(p) for _, p in beside))
        counts = self.facts.found(node, "count")
        return ("i" if "i" in used else "_",), call("range", ex.Literal(counts[0] if counts else 0))

    def _one(self, node: ModuleNode | InlineNode, index: int = 0) -> ex.Expr:
        """One module: `nn.Linear(...)`, `Block(...)` or a short `nn.Sequential(...)`."""
        child = self.facts.found(node, "child")[index]
        if isinstance(child, ModuleChild):
            assert isinstance(node, ModuleNode)
            return self._op_module(node, child.op, index)
        context = self.emitter.context_of(child)
        if context.is_chain:
            return call("nn.Sequential", *self.emitter.chain_items(context, self, node))
        return self._class_call(node, context, child)

    def _op_module(self, node: ModuleNode, op: ModuleOp, index: int = 0) -> ex.Expr:
        partial = self._partial(node, index)
        given: dict[str, ex.Expr] = {}
        for arg in op.args:
            if arg.name in node.args:
                given[arg.name] = self.expr(node.args[arg.name])
            elif arg.name in partial:
                given[arg.name] = _literal(partial[arg.name])
            elif arg.name in op.infer:
                given[arg.name] = self._inferred(node, arg.name)
        return ex.Call(path(self._path_of(op)), *_arranged(op.args, given), span=node.span)

    def _path_of(self, op: ModuleOp) -> str:
        if not op.path.startswith("nn."):
            package, _, name = op.path.rpartition(".")
            self.emitter.imports.add(f"from {package} import {name}")
            return name
        return op.path

    def _inferred(self, node: Node, name: str) -> ex.Expr:
        sizes = self.facts.sizes
        if (node, f"infer:{name}") in sizes:
            return self.expr(sizes[node, f"infer:{name}"])
        items: list[ex.Expr] = []
        while (node, f"infer:{name}:{len(items)}") in sizes:
            items.append(self.expr(sizes[node, f"infer:{name}:{len(items)}"]))
        return ex.ListExpr(tuple(items))

    def _partial(self, node: Node, index: int = 0) -> Mapping[str, Value]:
        found = self.facts.found(node, "partial")
        return found[index] if found else {}

    def _class_call(
        self, node: ModuleNode | InlineNode, context: ClassContext, child: Instance
    ) -> ex.Expr:
        args: list[ex.Expr] = []
        keywords: list[ex.Keyword] = []
        for arg in context.ctor:
            value = self._class_argument(node, arg, child)
            if value is None:
                continue
            if arg.default is None and arg.derived is None and not keywords:
                args.append(value)
            else:
                keywords.append(ex.Keyword(arg.name, value))
        return ex.Call(ex.Name(context.name), tuple(args), tuple(keywords), span=node.span)

    def _class_argument(
        self, node: ModuleNode | InlineNode, arg: CtorArg, child: Instance
    ) -> ex.Expr | None:
        source = arg.source
        if arg.call_site is not None:
            return self.expr(arg.call_site)
        if isinstance(node, ModuleNode) and source in node.args:
            return self.expr(node.args[source])
        partial = self._partial(node)
        if source in partial:
            return _literal(partial[source])
        size = self.facts.sizes.get((node, f"dim:{source}"))
        if size is not None:
            return self.expr(size)
        if any(p.name == source for p in child.block.params):
            return (
                None
                if arg.default is not None or arg.derived is not None
                else _literal(child.params[source])
            )
        same_file = child.scope.params == self.facts.sample.scope.params and (
            child.scope.module is self.facts.sample.scope.module
        )
        if child.block.inline or same_file:
            return self.name(source)
        return _literal(child.scope.table[source])


def _dict(entries: tuple[tuple[str, ex.Expr], ...]) -> ex.Expr:
    return ex.DictExpr(tuple(k for k, _ in entries), tuple(v for _, v in entries))


def _packed(targets: list[str]) -> tuple[str, ...]:
    return (targets[0],) if len(targets) == 1 else (f"({', '.join(targets)})",)


def _arranged(
    args: tuple[Arg, ...], given: Mapping[str, ex.Expr]
) -> tuple[tuple[ex.Expr, ...], tuple[ex.Keyword, ...]]:
    """What a person writes by position, the rest by name: `nn.Conv2d(3, 64, kernel_size=7)`."""
    positional: list[ex.Expr] = []
    keywords: list[ex.Keyword] = []
    for arg in args:
        if arg.name not in given:
            continue
        by_position = (arg.required or arg.name == "p") and arg.name != "kernel_size"
        if by_position and not keywords and len(positional) == _before(args, arg):
            positional.append(given[arg.name])
        else:
            keywords.append(ex.Keyword(arg.name, given[arg.name]))
    return tuple(positional), tuple(keywords)


def _before(args: tuple[Arg, ...], arg: Arg) -> int:
    return [a.name for a in args].index(arg.name)


def _is_call(expr: ex.Expr, name: str) -> bool:
    return isinstance(expr, ex.Call) and isinstance(expr.func, ex.Name) and expr.func.id == name


def _argument(call_: ex.Call, position: int, name: str) -> ex.Expr:
    if position < len(call_.args):
        return call_.args[position]
    return next(k.value for k in call_.keywords if k.name == name)


def _literal(value: Value) -> ex.Expr:
    if isinstance(value, tuple):
        return ex.TupleExpr(tuple(_literal(v) for v in value))
    assert not isinstance(value, ModuleValue)
    return ex.Literal(value)
