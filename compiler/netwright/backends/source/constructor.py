"""The body of `__init__`: modules, parameters, buffers, and what `forward` reads as `self.name`."""

from __future__ import annotations

from netwright.backends.source import splice
from netwright.backends.source.access import (
    access,
    attribute_path,
    dotted,
    group_of,
    is_got,
    shares_head,
)
from netwright.backends.source.attributes import Location, Part, location, refuse
from netwright.backends.source.below import Below
from netwright.backends.source.chains import becomes_identity
from netwright.backends.source.code import (
    Assign,
    Evaluate,
    Extras,
    For,
    If,
    SetAttribute,
    Statement,
    as_tuple,
    call,
    path,
    self_attr,
)
from netwright.backends.source.constraints import negated, refusal
from netwright.backends.source.containers import container
from netwright.backends.source.context import ClassContext
from netwright.backends.source.forward import Forward
from netwright.backends.source.initialise import initialiser
from netwright.backends.source.modules import IDENTITY, Modules
from netwright.backends.source.words import attribute_name
from netwright.ir import expr as ex
from netwright.ir.printer import to_source
from netwright.ir.program import (
    BufferNode,
    ExprNode,
    InlineNode,
    Loop,
    ModuleNode,
    Node,
    ParameterNode,
)
from netwright.ops.initialisers import is_initialiser


class Constructor(Modules):
    """Translates nodes to statements of `__init__`; `forward` says what it reads of them."""

    def __init__(self, extras: Extras, context: ClassContext, forward: Forward | None) -> None:
        super().__init__(extras, context)
        self.forward = forward
        self.statements: list[Statement] = []
        self.buffers: dict[str, None] = {}
        self.below = Below(context)

    def build(self) -> list[Statement]:
        """All statements, in the order of the nodes."""
        stored = list(self.forward.stored) if self.forward is not None else []
        head = [
            self._store(n)
            for n in stored
            if not isinstance(self.nodes.get(n), ExprNode) or n in self.hoisted
        ]
        done: set[str] = set()
        for node in self.context.nodes():
            if isinstance(node, ExprNode):
                self._number(node, stored)
            elif isinstance(node, ParameterNode):
                self._parameter(node)
            elif isinstance(node, BufferNode):
                self._buffer(node)
            elif isinstance(node, ModuleNode | InlineNode):
                self._module(node, done)
                self.statements += self.below.after(location(node).head)
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

    def free_name(self, name: str, node: Node) -> str:
        """A name for a number of a block that is written here."""
        taken = {*self.needed, *self.nodes, *self.facts.sample.params, *self.facts.dims}
        return f"{node.name}_{name}" if name in taken else name

    def sequential_items(self) -> list[ex.Expr]:
        """What a class over `nn.Sequential` passes to it."""
        if self.context.flat:
            nodes = [n for n in self.context.nodes() if isinstance(n, ModuleNode | InlineNode)]
            return [item for n in nodes for item in self.numbered(n)]
        modules = [n for n in self.facts.block.nodes if isinstance(n, ModuleNode)]
        if len(modules) == 1 and modules[0].control.loop is not None:
            return [ex.Star(self.listed(modules[0]))]
        return [self._one(n) for n in modules]

    def _store(self, name: str) -> Statement:
        attribute = attribute_name(self.context, name)
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
        value = as_tuple(self.expr(node.value))
        self.statements.append(Assign(node.targets, value, span=node.span))
        for target in node.targets:
            if target in stored:
                attribute = attribute_name(self.context, target)
                self.statements.append(
                    SetAttribute(self_attr(attribute), ex.Name(target), span=node.span)
                )

    def _parameter(self, node: ParameterNode) -> None:
        if not self.facts.found(node, "shape"):
            return
        shape = node.shape.items if isinstance(node.shape, ex.ListExpr) else (node.shape,)
        sizes = tuple(self.expr(s) for s in shape)
        target = access(self.context, node)
        value, after = self._beginning(node, target, sizes)
        deep = len(location(node).parts) > 1
        body: list[Statement] = [SetAttribute(target, value, span=node.span)]
        body = [self.below.register(node, value)] if deep else body
        body += [Evaluate(a, span=node.span) for a in after]
        body += self._frozen(node, target)
        body = self._guarded(node, body)
        self.statements += self.below.place(node, body) if deep else body

    def _beginning(
        self, node: ParameterNode, target: ex.Expr, sizes: tuple[ex.Expr, ...]
    ) -> tuple[ex.Expr, list[ex.Expr]]:
        """`nn.Parameter(...)`, and what has to be called on it afterwards."""
        if node.init is None or is_initialiser(node.init):
            return initialiser(target, sizes, node.init, self)
        value = self.expr(node.init)
        if any(self.facts.found(node, "expands")):
            value = call(ex.Attribute(call(ex.Attribute(value, "expand"), *sizes), "clone"))
        return call("nn.Parameter", value), []

    def _buffer(self, node: BufferNode) -> None:
        if (
            not any(node.name in i.weights for i in self.facts.instances)
            and node.control.key is None
        ):
            return
        name = attribute_path(node)[-1]
        keywords = () if node.persistent else (ex.Keyword("persistent", ex.Literal(False)),)
        value = self.expr(node.value)
        if len(location(node).parts) > 1:
            registered = self.below.register(node, value, *keywords)
            self.statements += self.below.place(node, self._guarded(node, [registered]))
            return
        self.buffers.setdefault(name)
        register = ex.Call(path("self.register_buffer"), (ex.Literal(name), value), keywords)
        self.statements += self._guarded(node, [Evaluate(register, span=node.span)])

    def _guarded(self, node: Node, body: list[Statement]) -> list[Statement]:
        """The statements under the node's build-time condition, where instances differ."""
        holds = set(self.facts.found(node, "when"))
        if node.control.when is not None and len(holds) > 1:
            return [If(self.expr(node.control.when), body, span=node.span)]
        if node.control.when is not None:
            self.decided.append((node.control.when, True))
        return body

    def _frozen(self, node: Node, target: ex.Expr) -> list[Statement]:
        """`requires_grad_(False)`, under the node's condition where there is one."""
        condition, loop = node.control.frozen, node.control.loop
        if condition is None:
            return []
        if loop is not None and set(ex.free_names(condition)) & {"i", *loop.names}:
            return [self._frozen_by_iteration(node, loop, condition)]
        several = isinstance(target, ex.Call) and not isinstance(node, ParameterNode)
        if several and not is_got(target):  # the modules of a container
            one = self._frozen_one(node, ex.Name("layer"))
            return [For(("layer",), target, one, span=node.span)]
        return self._frozen_one(node, target)

    def _frozen_by_iteration(self, node: Node, loop: Loop, condition: ex.Expr) -> Statement:
        """`for i in range(n): if i < k: ...`: some iterations of a loop are frozen."""
        assert isinstance(node, ModuleNode | InlineNode)
        parts = location(node).parts
        if not any(part.dynamic for part in parts):
            parts = (*parts, Part("{i}", ex.Name("i")))
        self.bound.append({"i", *loop.names})
        try:
            one = call("self.get_submodule", dotted(parts, self.expr))
            body = self._frozen_one(node, one)
        finally:
            self.bound.pop()
        used = [*ex.free_names(one), *ex.free_names(condition)]
        targets, iterable = self._loop_over(node, used)
        return For(targets, iterable, body, span=node.span)

    def _frozen_one(self, node: Node, target: ex.Expr) -> list[Statement]:
        condition = node.control.frozen
        if condition is None or (isinstance(condition, ex.Literal) and not condition.value):
            return []
        call = ex.Call(ex.Attribute(target, "requires_grad_"), (ex.Literal(False),))
        freeze = Evaluate(call, span=node.span)
        if isinstance(condition, ex.Literal):
            return [freeze]
        return [If(self.expr(condition), [freeze], span=node.span)]

    # Modules ------------------------------------------------------------------------------

    def _module(self, node: ModuleNode | InlineNode, done: set[str]) -> None:
        made = self.facts.found(node, "child")
        if not made:
            return
        where = location(node)
        if where.spliced:
            self._switched(node, ex.Name("self"), splice.build(self, node, made[0]))
            return
        if where.computed:
            self._computed(node, where)
            return
        group = group_of(self.context, where.head)
        if group is not None:
            if where.head not in done:
                done.add(where.head)
                self.statements.append(
                    SetAttribute(self_attr(where.head), container(self, group), span=node.span)
                )
            self.statements += self._frozen(node, access(self.context, node))
            return
        target = self_attr(where.head)
        value = self.module(node)
        body: list[Statement] = [SetAttribute(target, value, span=node.span)]
        body += self._frozen(node, target)
        self._switched(node, target, body)

    def _computed(self, node: ModuleNode | InlineNode, where: Location) -> None:
        """`self.add_module(f"layer{i}", ...)`, in a loop where the node is one."""
        if shares_head(self.context, node) or self.over_modules(node):
            message = f"`{node.name}` has computed names beside the same names of other nodes"
            refuse(node, message, "give its `key` a first level of its own")
        pairs = self.named(node, where.parts)
        name, value = ex.children(ex.children(pairs)[0])
        target = call("self.get_submodule", name)
        body: list[Statement] = [SetAttribute(target, value, span=node.span)]
        loop = node.control.loop
        self.bound.append(set() if loop is None else {"i", *loop.names})
        try:
            body += self._frozen_one(node, target)
        finally:
            self.bound.pop()
        if isinstance(pairs, ex.Comprehension):
            body = [For(pairs.targets, pairs.iterable, body, span=node.span)]
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
        identity = becomes_identity(self.context, node) and not location(node).spliced
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
        elif self._first_of_several(node) and isinstance(body[0], SetAttribute):
            body[0].annotation = "nn.Module"  # another node may make it instead
        self.statements.append(If(self.expr(when), body, otherwise, span=node.span))

    def _first_of_several(self, node: Node) -> bool:
        """Whether later nodes make this one's attribute too, where its `when` does not hold."""
        modules = [n for n in self.context.nodes() if isinstance(n, ModuleNode | InlineNode)]
        alike = [n for n in modules if location(n).head == location(node).head]
        return len(alike) > 1 and alike[0] is node
