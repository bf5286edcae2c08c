"""Static checks of names over one file's program, before any param has a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from netwright.diagnostics import Diagnostic, Report
from netwright.frontend.hidden import report_hidden
from netwright.frontend.identifiers import did_you_mean, is_integer
from netwright.frontend.initialisers import is_value
from netwright.frontend.lower_nodes import bind, bind_loop
from netwright.frontend.name_args import check_module, param_value
from netwright.frontend.name_exprs import ExprNames, Level, listing, text_of
from netwright.frontend.recursion import check_recursion
from netwright.frontend.scope import Binding, FileScope, OpCallee, Scope, block_scope, of_param
from netwright.frontend.shared import report_shared
from netwright.frontend.typeparse import ANY
from netwright.frontend.unused import Flow, report_unused
from netwright.ir.expr import Attribute, Call, Expr, Name
from netwright.ir.program import (
    Block,
    ExprNode,
    InlineNode,
    Module,
    ModuleNode,
    Node,
    Param,
    ParameterNode,
    TypeExpr,
)
from netwright.ops.initialisers import INITIALISERS
from netwright.source import Span


def check(module: Module, file: FileScope, report: Report) -> None:
    """Report unknown, misplaced and unused names of `module`."""
    names = ExprNames(file, report)
    checker = _Checker(module, file, names, Flow(names.used))
    checker.params(module.params, Scope(replace(file, params={})))
    for block in module.blocks.values():
        checker.block(block)
    if module.model is not None:
        checker.model(module.model)
    names.report_missed()
    check_recursion(module, file, report)
    report_shared(module, report)
    if not report.errors:
        report_unused(module, names)
        report_hidden(module, report)


@dataclass(frozen=True, slots=True)
class _Checker:
    module: Module
    file: FileScope
    names: ExprNames
    flow: Flow

    def params(self, params: tuple[Param, ...], scope: Scope) -> None:
        """Defaults read the params before them."""
        pending = {param.name: param.span for param in params}
        for param in params:
            current = frozenset({param.name})
            level = Level(scope, pending, None, self.file.open, current)
            if param.default is not None:
                param_value(self.names, param.default, param, level)
            scope.bind(param.name, of_param(param))
            for choice in param.choices if "module" in param.type else ():
                self.names.used_blocks.add(str(choice))

    def block(self, block: Block) -> None:
        level = self.interface(block)
        self.body(block, level)

    def interface(self, block: Block) -> Level:
        """Params and input types; the level on which the nodes stand."""
        model = block is self.module.model
        if not model:
            self.params(block.params, Scope(self.file))
        open = self.file.open or block.name in self.file.broken
        open = open or any(given.type is ANY for given in block.inputs)
        scope = block_scope(self.file, block, model)
        level = Level(scope, _defined(block), open=open)
        for given in block.inputs:
            self.dims(given.type, level)
        return level

    def dims(self, type: TypeExpr, level: Level) -> None:
        at: TypeExpr | None = type
        while at is not None:
            self.names.values(at.dims, level)
            at = at.item

    def body(self, block: Block, level: Level) -> None:
        """Nodes in order, then what leaves the block."""
        for index, node in enumerate(block.nodes):
            self.node(node, block, index, level)
        level.current = frozenset()
        for where in block.where:
            self.names.value(where, level)
        for output in block.outputs:
            self.names.value(output.value, level)
            if output.type is not None:
                self.dims(output.type, level)
        if not block.outputs:
            self.flow.leaves(block)

    def node(self, node: Node, block: Block, index: int, level: Level) -> None:
        targets = _targets(node)
        level.current = frozenset(targets)
        self.namespace(node)
        loop = node.control.loop
        inner = level
        if loop is not None:
            self.names.value(loop.iterable, level)
            if loop.over is not None:
                self.names.name(Name(loop.over, span=loop.span), level, frozenset())
            around = level.scope.inner()
            bind_loop(node.control, around)
            inner = level.with_scope(around)
        if node.span in self.file.quiet:
            inner = inner.with_scope(inner.scope)
            inner.open = True
        self.control(node, inner)
        if isinstance(node, ModuleNode | InlineNode):
            self.received(node, block, index, inner)
        if isinstance(node, ModuleNode):
            self.module_node(node, inner)
        elif isinstance(node, InlineNode):
            self.inline(node, inner)
        elif isinstance(node, ExprNode):
            self.expression(node, inner)
        else:
            self.tensor(node, inner)
        bind(node, targets, level.scope)

    def namespace(self, node: Node) -> None:
        for target in _targets(node):
            if target in self.file.uses:
                message = f"the node `{target}` bears the name of a namespace"
                self.names.fault("E0210", message, node.name_span)

    def control(self, node: Node, level: Level) -> None:
        control = node.control
        for expr in (control.when, control.otherwise, control.frozen, control.checkpoint):
            if expr is not None:
                self.names.value(expr, level)
        for part in control.key or ():
            if part.expr is not None:
                self.names.value(part.expr, level)

    def received(
        self, node: ModuleNode | InlineNode, block: Block, index: int, level: Level
    ) -> None:
        given = node.given
        self.names.values((*given.positional, *given.named.values()), level)
        if given.implicit:
            self.flow.enters(block, index)

    def module_node(self, node: ModuleNode, level: Level) -> None:
        callee = level.scope.callee(node.callee) or level.scope.called(node.callee)
        if callee is None:
            self.no_module(node, level)
            return
        self.callee_names(node.callee, level)
        check_module(self.names, node, callee, level)
        if node.control.take and isinstance(callee, OpCallee):
            message = f"`take` applies to models and blocks, `{callee.op.name}` has no nodes"
            self.names.fault("E0219", message, node.control.take_span)

    def no_module(self, node: ModuleNode, level: Level) -> None:
        """The callee is unknown; its arguments are still read."""
        if isinstance(node.callee, Name | Attribute):
            self.names.unknown_module(node.callee, level)
        else:
            self.names.value(node.callee, level)
        self.names.values(node.args.values(), level)

    def callee_names(self, callee: Expr, level: Level) -> None:
        """A param or loop name that holds the module is used by that."""
        if isinstance(callee, Name):
            binding = level.scope.lookup(callee.id)
            if binding is not None:
                self.names.use(callee.id, binding)
        elif not isinstance(callee, Attribute):
            param_value(self.names, callee, None, level)

    def inline(self, node: InlineNode, around: Level) -> None:
        if node.control.take:
            message = "`take` applies to models and blocks"
            help = "an inline block's values are read as `name.value`"
            self.names.fault("E0219", message, node.control.take_span, help)
        scope = around.scope.inner()
        for given in node.block.inputs:
            scope.bind(given.name, Binding("input", given.span))
        level = Level(scope, _defined(node.block), around, around.open)
        self.body(node.block, level)

    def expression(self, node: ExprNode, level: Level) -> None:
        """A node that is a value; a misspelt module looks like one."""
        value = node.value
        if isinstance(value, Name) and self.looks_like_module(value, level):
            self.names.unknown_module(value, level)
            return
        made = value.func if isinstance(value, Call) else None
        name = made.func if isinstance(made, Call) else None
        if isinstance(name, Name) and self.looks_like_module(name, level):
            self.names.unknown_module(name, level)
            for call in (made, value):
                if isinstance(call, Call):
                    self.names.arguments(call, level, frozenset())
            return
        self.names.value(value, level)

    def looks_like_module(self, name: Name, level: Level) -> bool:
        """Whether a name that nothing bears was meant for a module."""
        known = level.scope.lookup(name.id) is not None or level.later(name.id) is not None
        return name.id[:1].isupper() and not known

    def tensor(self, node: Node, level: Level) -> None:
        if isinstance(node, ParameterNode):
            self.names.value(node.shape, level)
            if node.init is not None:
                self.initialiser(node.init, level)
        else:
            self.names.value(node.value, level)  # type: ignore[attr-defined]

    def initialiser(self, rule: Expr, level: Level) -> None:
        if is_value(rule, level.scope):
            self.names.value(rule, level)
            return
        name = rule.func if isinstance(rule, Call) else rule
        if isinstance(name, Name) and name.id not in INITIALISERS:
            help = did_you_mean(name.id, INITIALISERS)
            self.names.fault("E0201", f"there is no initialiser `{name.id}`", name.span, help)
        if isinstance(rule, Call):
            self.initialiser_args(rule, name)
            self.names.arguments(rule, level, frozenset())

    def initialiser_args(self, rule: Call, name: Expr) -> None:
        known = INITIALISERS.get(name.id) if isinstance(name, Name) else None
        if known is None:
            return
        for keyword in rule.keywords:
            if keyword.name not in known:
                self.names.unknown_argument(text_of(name), keyword, known)
        if len(rule.args) > len(known):
            message = f"`{text_of(name)}` has no more arguments than {len(known)}"
            help = f"they are {listing(known)}" if known else "it takes none"
            self.names.fault("E0202", message, rule.args[len(known)].span, help)

    def model(self, model: Block) -> None:
        level = self.interface(model)
        self.body(model, level)
        for given in model.inputs:
            if given.name in self.file.uses:
                message = f"the input `{given.name}` bears the name of a namespace"
                self.names.fault("E0210", message, given.span)
        for method in self.module.methods:
            self.names.values((*method.inputs.values(), *method.outputs.values()), level)
        self.rules(level)

    def rules(self, level: Level) -> None:
        """What initialisation, ties and variants name."""
        for rule in self.module.init:
            self.initialiser(rule.value, level)
        moved = any(node.control.key is not None for node in _all_nodes(self.module.model))
        for tie in self.module.ties:
            if moved:
                continue
            self.names.value(tie.source, level)
            root = tie.target.split(".")[0]
            known = root in level.scope.names or is_integer(root) or level.open
            if not known:
                message = f"no node of the model is called `{root}`"
                help = did_you_mean(root, level.scope.names)
                self.names.fault("E0405", message, tie.target_span, help)
        self.variants(level)

    def variants(self, level: Level) -> None:
        params = {param.name: param for param in self.module.params}
        scope = Scope(self.file, None, {}, True)
        for variant in self.module.variants.values():
            for name, value in variant.values.items():
                param_value(self.names, value, params.get(name), level.with_scope(scope))


def _targets(node: Node) -> tuple[str, ...]:
    names = node.targets if isinstance(node, ExprNode) else (node.name,)
    return tuple(name for name in names if not is_integer(name))


def _defined(block: Block) -> Mapping[str, Span]:
    """The names that a block's nodes will define, and where."""
    return {name: node.name_span for node in block.nodes for name in _targets(node)}


def _all_nodes(block: Block | None) -> list[Node]:
    found: list[Node] = []
    for node in () if block is None else block.nodes:
        found.append(node)
        if isinstance(node, InlineNode):
            found += _all_nodes(node.block)
    return found


def check_namespace(name: str, span: Span, report: Report) -> None:
    """A namespace stands before a dot in expressions, as a name."""
    from netwright.frontend.identifiers import fault_of

    fault = fault_of(name)
    if fault:
        report.add(Diagnostic("E0211", f"`{name}` {fault}", span))
