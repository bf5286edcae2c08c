"""Nodes: short and long forms to nodes of the program.

A short form is a module where its names say so and an expression otherwise, so that nodes are read
in order, with the names before them in scope.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from netwright.diagnostics import Diagnostic, Label
from netwright.frontend import keys
from netwright.frontend.captures import captures
from netwright.frontend.document import MappingValue, Refused, Scalar, Value
from netwright.frontend.faulty import Faulty
from netwright.frontend.flat import misfits
from netwright.frontend.form import Form
from netwright.frontend.identifiers import fault_of, is_integer, usable_name
from netwright.frontend.lower_control import control, given, misplaced
from netwright.frontend.lower_params import convert, outputs
from netwright.frontend.name_exprs import text_of
from netwright.frontend.scope import Binding, BlockCallee, Callee, OpCallee, Scope
from netwright.frontend.slips import arguments_of, control_slips, required_of, slips
from netwright.frontend.typeparse import ANY
from netwright.ir.attributes import MODULE_ATTRIBUTES
from netwright.ir.expr import Call, Expr, ListExpr, Literal, Name
from netwright.ir.program import (
    Block,
    BufferNode,
    Control,
    ExprNode,
    Given,
    InlineNode,
    Input,
    Module,
    ModuleNode,
    Node,
    ParameterNode,
)
from netwright.source import Span


@dataclass(frozen=True, slots=True)
class NodeLowering:
    """Lowers the graphs of one file."""

    form: Form
    module: Module

    def graph(self, value: Value | None, scope: Scope) -> tuple[Node, ...]:
        """The nodes of a `graph`, their names bound in `scope` as they come."""
        nodes: list[Node] = []
        for key, held in self.form.entries(value):
            self.form.count_node(key.span)
            targets = self.targets(key, held, scope)
            node = self.node(key, held, targets, scope)
            self.attribute(node)
            nodes.append(node)
            bind(node, targets, scope)
        return tuple(nodes)

    def attribute(self, node: Node) -> None:
        """A node that becomes an attribute of its module hides none that every module has."""
        if node.name in MODULE_ATTRIBUTES and not isinstance(node, ExprNode):
            message = f"`{node.name}` is an attribute of every `nn.Module`"
            self.fault(
                "E0211", message, node.name_span, "rename the node; `key` keeps its weights' path"
            )

    def targets(self, key: Scalar, held: Value, scope: Scope) -> tuple[str, ...]:
        """The names that a key binds: one, several (`q, k, v`), or none (`0`)."""
        if is_integer(key.text):
            return ()
        names = tuple(part.strip() for part in key.text.split(","))
        for name in names:
            fault = fault_of(name)
            if fault:
                self.fault("E0211", f"`{name}` {fault}", key.span, usable_name(name))
            elif name in scope.names or names.count(name) > 1:
                self.clash(name, key, scope)
        return names

    def clash(self, name: str, key: Scalar, scope: Scope) -> None:
        first = scope.names.get(name)
        notes = (
            () if first is None else (Label(first.span, f"`{name}` is {_KINDS[first.kind]} here"),)
        )
        message = f"the name `{name}` is taken in this block"
        self.form.report.add(Diagnostic("E0210", message, key.span, notes=notes))

    def fault(self, code: str, message: str, span: Span, help: str = "") -> None:
        self.form.report.add(Diagnostic(code, message, span, help=help))

    def node(self, key: Scalar, held: Value, targets: tuple[str, ...], scope: Scope) -> Node:
        if isinstance(held, MappingValue):
            return self.long(key, held, targets, scope)
        if isinstance(held, Refused):
            return _expr_node(key, held.span, targets, Faulty(span=held.span))
        expr = self.form.expr(held)
        node = self.module_node(key, held.span, expr, scope)
        if node is None:
            return _expr_node(key, held.span, targets, expr)
        if len(targets) > 1:
            self.several(key, node)
        return node

    def several(self, key: Scalar, node: Node) -> None:
        help = f"give the module a node of its own and unpack that: `{key.text}: name`"
        self.fault("E0219", "a module is one node and cannot bind several names", key.span, help)

    def module_node(self, key: Scalar, span: Span, expr: Expr, scope: Scope) -> ModuleNode | None:
        """The node that a short form means, where it means a module."""
        call = expr if isinstance(expr, Call) else None
        inputs: Call | None = None
        if call is not None and isinstance(call.func, Call):
            inputs, call = call, call.func
        callee_expr = expr if call is None else call.func
        callee = scope.callee(expr) if call is None else scope.called(callee_expr)
        if callee is None:
            return None
        args: dict[str, Expr] = {}
        spans: dict[str, Span] = {}
        if call is not None:
            self.call_args(call, scope, args, spans)
        received = Given(implicit=True, span=span) if inputs is None else self.short_given(inputs)
        return ModuleNode(
            key.text, callee_expr, args, spans, received, span=span, name_span=key.span
        )

    def call_args(
        self, call: Call, scope: Scope, args: dict[str, Expr], spans: dict[str, Span]
    ) -> None:
        if call.args:
            message = "a module takes its arguments by name"
            help = self.by_name(call, scope)
            self.fault("E0202", message, call.args[0].span, help)
            scope.file.quiet.add(call.func.span)
        for keyword in call.keywords:
            if keyword.name in args:
                self.fault("E0202", f"the argument `{keyword.name}` is given twice", keyword.span)
            args[keyword.name] = keyword.value
            spans[keyword.name] = keyword.span

    def by_name(self, call: Call, scope: Scope) -> str:
        """The remedy for positional arguments: inputs were meant, or the names are missing."""
        title, first = text_of(call.func), call.args[0]
        held = scope.lookup(first.id) if isinstance(first, Name) else None
        callee = scope.called(call.func)
        known = required_of(callee) or [*(arguments_of(callee) or ())][: len(call.args)]
        if known and (held is None or held.kind in ("param", "dim", "index")):
            return f"write `{title}({', '.join(f'{name}=...' for name in known)})`"
        return f"inputs go into brackets of their own: `{title}(...)(x)`"

    def short_given(self, call: Call) -> Given:
        named: dict[str, Expr] = {}
        for keyword in call.keywords:
            if keyword.name in named:
                self.fault("E0214", f"the input `{keyword.name}` is given twice", keyword.span)
            named[keyword.name] = keyword.value
        return Given(call.args, named, span=call.span)

    def long(self, key: Scalar, held: MappingValue, targets: tuple[str, ...], scope: Scope) -> Node:
        kinds = [k for k in keys.NODE_KINDS if k in held.entries]
        if not kinds:
            return self.no_kind(key, held, targets)
        kind = kinds[0]
        if len(kinds) > 1 and not (kind == "op" and kinds[1] != "graph"):
            message = f"`{kinds[1]}` stands beside `{kind}`, a node is one of them"
            self.fault("E0219", message, held.entries[kinds[1]].key.span)
            return _expr_node(key, held.span, targets, Faulty(span=held.span))
        if len(targets) > 1:
            self.several(key, _expr_node(key, held.span, targets, Faulty(span=held.span)))
        if kind == "op":
            return self.op(key, held, scope)
        if kind == "graph":
            return self.inline(key, held, scope)
        return self.tensor(key, held, kind, scope)

    def no_kind(self, key: Scalar, held: MappingValue, targets: tuple[str, ...]) -> Node:
        self.form.reject(held)
        return _expr_node(key, held.span, targets, Faulty(span=held.span))

    def op(self, key: Scalar, held: MappingValue, scope: Scope) -> Node:
        named = held.entries["op"].value
        expr: Expr = Faulty(span=named.span)
        if self.form.text(named) and isinstance(named, Scalar):
            expr = self.form.parse(named)
        args: dict[str, Expr] = {}
        spans: dict[str, Span] = {}
        if isinstance(expr, Call):
            self.call_args(expr, scope, args, spans)
            expr = expr.func
        controls = control(self.form, held)
        around = scope.inner()
        bind_loop(controls, around)
        callee = around.callee(expr) or around.called(expr)
        meant = control_slips(held, callee)
        self.slipped(held, expr, meant, scope)
        self.misplaced(held, controls, scope, meant.values())
        for name, entry in held.entries.items():
            if name in keys.CONTROL or name == "op" or name in meant:
                continue
            if name in args:
                self.fault("E0202", f"the argument `{name}` is given twice", entry.key.span)
            args[name] = self.argument(callee, name, entry.value)
            spans[name] = entry.key.span
        return ModuleNode(
            key.text,
            expr,
            args,
            spans,
            given(self.form, held),
            span=held.span,
            name_span=key.span,
            control=controls,
        )

    def slipped(
        self, held: MappingValue, callee: Expr, meant: Mapping[str, str], scope: Scope
    ) -> None:
        """Report misspelt control keys, whose absence then explains what else is odd here."""
        for name, key in meant.items():
            message = f"`{text_of(callee)}` has no argument `{name}`"
            self.fault("E0202", message, held.entries[name].key.span, f"did you mean `{key}`?")
            scope.file.quiet.add(held.span)

    def misplaced(
        self, held: MappingValue, controls: Control, scope: Scope, meant: Collection[str]
    ) -> None:
        """Control keys that do not apply here. `meant` are those that stand misspelt."""
        misplaced(self.form, held, meant)
        looping = controls.loop is not None or not _LOOPS.isdisjoint(meant)
        if controls.shared and not looping:
            counter = scope.lookup("i")
            inside = counter is not None and counter.kind == "index"
            help = _SHARED_INSIDE if inside else _SHARED_OUTSIDE
            span = held.entries["shared"].key.span
            self.fault("E0219", "`shared` applies beside a loop", span, help)

    def argument(self, callee: Callee | None, name: str, value: Value) -> Expr:
        """An argument in the long form, where a string argument is literal."""
        kind, choices = _argument_kind(callee, name)
        text = value.text if isinstance(value, Scalar) and isinstance(value.value, str) else None
        if text is None:
            return (
                convert(self.form, value, kind)
                if kind.startswith("list")
                else self.form.expr(value)
            )
        if text in choices or (kind == "str" and not choices):
            return Literal(text, span=value.span)
        return self.form.expr(value)

    def inline(self, key: Scalar, held: MappingValue, scope: Scope) -> Node:
        form = self.form
        form.mapping(held, keys.INLINE)
        meant = slips(held, keys.INLINE).values()
        if not keys.CONTROL.isdisjoint(meant):
            scope.file.quiet.add(held.span)
        received = given(form, held)
        controls = control(form, held)
        self.misplaced(held, controls, scope, meant)
        inner = scope.inner()
        bind_loop(controls, inner)
        if not _LOOPS.isdisjoint(meant):
            inner.bind("i", Binding("index", held.span))
        body = inner.inner()
        for name in received.named:
            body.bind(name, Binding("input", received.named[name].span))
        block = Block(
            name=key.text,
            doc="",
            params=(),
            inputs=tuple(Input(n, ANY, span=e.span) for n, e in received.named.items()),
            where=(),
            nodes=self.graph(held.get("graph"), body),
            outputs=outputs(form, held.get("outputs")),
            module=self.module,
            inline=True,
            span=held.span,
        )
        if not block.nodes:
            form.reject(held.entries["graph"].value)
        node = InlineNode(
            key.text,
            block,
            received,
            captures(block, inner),
            form.flag(held.get("flat")),
            span=held.span,
            name_span=key.span,
            control=controls,
        )
        if node.flat:
            for misfit in misfits(node):
                form.report.add(misfit)
        return node

    def tensor(self, key: Scalar, held: MappingValue, kind: str, scope: Scope) -> Node:
        """A `parameter` or a `buffer`."""
        allowed = keys.PARAMETER if kind == "parameter" else keys.BUFFER
        for name, entry in held.entries.items():
            if name in keys.CONTROL - allowed:
                message = f"`{name}` does not apply to a {kind}"
                self.fault("E0219", message, entry.key.span)
        self.form.mapping(held, allowed | keys.CONTROL)
        expr = self.form.expr(held.entries[kind].value)
        controls = control(self.form, held)
        self.misplaced(held, controls, scope, slips(held, allowed).values())
        if kind == "buffer":
            persistent = self.form.flag(held.get("persistent"), default=True)
            return BufferNode(
                key.text, expr, persistent, span=held.span, name_span=key.span, control=controls
            )
        init = held.get("init")
        rule = None if init is None else self.form.expr(init)
        return ParameterNode(
            key.text, expr, rule, span=held.span, name_span=key.span, control=controls
        )


_LOOPS = frozenset(keys.LOOPS)
_SHARED_INSIDE = (
    "for one set of weights in all iterations, put it on the loop; or the node before "
    "the loop, with its weights handed on under `from`"
)
_SHARED_OUTSIDE = "a node outside loops has one set of weights anyway"
_KINDS = {
    "node": "a node",
    "input": "an input",
    "param": "a param",
    "dim": "a dim",
    "index": "a loop's name",
}


def _expr_node(key: Scalar, span: Span, targets: tuple[str, ...], value: Expr) -> ExprNode:
    return ExprNode(key.text, targets or (key.text,), value, span=span, name_span=key.span)


def _argument_kind(callee: Callee | None, name: str) -> tuple[str, tuple[object, ...]]:
    """Kind and choices of an argument; empty where only the build knows."""
    if isinstance(callee, OpCallee):
        for arg in callee.op.args:
            if arg.name == name:
                return ("str" if arg.kind == "str" else "any"), arg.choices
    if isinstance(callee, BlockCallee):
        for param in callee.block.params:
            if param.name == name:
                return param.type, param.choices if param.type == "str" else ()
    return "", ()


def bind_loop(controls: Control, scope: Scope) -> None:
    """The names that a node's loop binds."""
    loop = controls.loop
    if loop is None:
        return
    walked = loop.iterable
    held = scope.lookup(walked.id) if isinstance(walked, Name) else None
    module = held is not None and held.modules
    unsure = isinstance(walked, Name) and (held is None or held.unsure)
    if isinstance(walked, ListExpr):
        unsure = any(scope.callee(item) is not None for item in walked.items)
    for name in loop.names:
        item = Binding("index", loop.span, module=module and name in loop.targets, unsure=unsure)
        scope.bind(name, item)


def bind(node: Node, targets: tuple[str, ...], scope: Scope) -> None:
    """What follows a node sees its names."""
    module = isinstance(node, ModuleNode | InlineNode)
    for name in targets:
        if name not in scope.names:
            scope.bind(name, Binding("node", node.name_span, module=module))
        for part in () if name.isidentifier() else re.findall(r"[A-Za-z_]\w*", name, re.ASCII):
            unsure = Binding("node", node.name_span, module=True, unsure=True)
            scope.names.setdefault(part, unsure)  # `my-norm` is read as `my - norm`
