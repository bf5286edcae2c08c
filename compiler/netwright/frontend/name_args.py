"""Arguments and inputs of modules: each must be one that the module has."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from netwright.diagnostics import Label, Report
from netwright.frontend import keys
from netwright.frontend.identifiers import closest, did_you_mean
from netwright.frontend.name_exprs import ExprNames, Level, text_of
from netwright.frontend.scope import BlockCallee, Callee, OpCallee, OpenCallee
from netwright.ir.expr import Attribute, Call, Expr, IfElse, ListExpr, Name
from netwright.ir.program import Given, ModuleNode, Param
from netwright.source import Span

_LISTED = 6


def check_module(names: ExprNames, node: ModuleNode, callee: Callee, level: Level) -> None:
    """The arguments and inputs of a module node whose callee is known."""
    if isinstance(callee, BlockCallee):
        names.used_blocks.add(callee.block.name)
        _block_args(names, node, callee, level)
        _inputs(names, node, [i.name for i in callee.block.inputs])
    elif isinstance(callee, OpCallee):
        _op_args(names, node, callee, level)
        _inputs(names, node, [i.name for i in callee.op.inputs])
    else:
        for name, arg in node.args.items():
            _open_arg(names, node, name, arg, level)


def _op_args(names: ExprNames, node: ModuleNode, callee: OpCallee, level: Level) -> None:
    op = callee.op
    known = {arg.name for arg in op.args}
    inputs = {given.name for given in op.inputs}
    for name, value in node.args.items():
        if name not in known:
            help = f"inputs stand under `from`, or in brackets of their own: `{op.name}(...)(x)`"
            _unknown(names, node, op.name, name, known, help if name in inputs else "")
        names.value(value, level)
    required = (a.name for a in op.args if a.required and a.name not in op.infer)
    _missing(names, node, op.name, required, known, None)


def _open_arg(names: ExprNames, node: ModuleNode, name: str, value: Expr, level: Level) -> None:
    """An argument of a module that only the build knows. One that looks like a control key and
    reads what is not there is that key, misspelt."""
    own = replace(names, report=Report(), absent={})
    module_value(own, value, level)
    meant = closest(name, sorted(keys.CONTROL))
    if (own.report.errors or own.absent) and meant is not None:
        message = f"`{text_of(node.callee)}` has no argument `{name}`"
        names.fault("E0202", message, node.arg_spans[name], f"did you mean `{meant}`?")
    else:
        names.take_over(own)


def _block_args(names: ExprNames, node: ModuleNode, callee: BlockCallee, level: Level) -> None:
    params = {param.name: param for param in callee.block.params}
    title = text_of(node.callee)
    for name, value in node.args.items():
        param = params.get(name)
        if param is None:
            _unknown(names, node, title, name, params, _lexical(callee, name))
        param_value(names, value, param, level)
    fixed = set() if callee.variant is None else set(callee.variant.values)
    required = (p.name for p in params.values() if p.default is None and p.name not in fixed)
    required = (name for name in required if params[name].type)
    _missing(names, node, title, required, params, callee.block.span)


def _lexical(callee: BlockCallee, name: str) -> str:
    """Params of the file are seen, not passed."""
    module = callee.block.module
    if name in {p.name for p in module.params} and callee.block is not module.model:
        return f"the block sees the model's param `{name}`; leave it out"
    return ""


def _unknown(
    names: ExprNames, node: ModuleNode, title: str, name: str, known: Iterable[str], help: str
) -> None:
    known = list(known)
    help = help or did_you_mean(name, (*known, *sorted(keys.CONTROL))) or _listing(known)
    message = f"`{title}` has no argument `{name}`"
    names.fault("E0202", message, node.arg_spans[name], help)


def _listing(known: list[str]) -> str:
    if not known:
        return "it takes no arguments"
    shown = ", ".join(f"`{name}`" for name in known[:_LISTED])
    return f"it takes {shown}" + (" and more" if len(known) > _LISTED else "")


def _missing(
    names: ExprNames,
    node: ModuleNode,
    title: str,
    required: Iterable[str],
    known: Collection[str],
    place: Span | None,
) -> None:
    """Report what is required and absent, unless an unknown argument may have been meant for it."""
    misspelt = {closest(name, known) for name in node.args if name not in known}
    if None in misspelt:
        return
    absent = [f"`{name}`" for name in required if name not in node.args and name not in misspelt]
    if not absent or node.callee.span in names.file.quiet:
        return
    word = "argument" if len(absent) == 1 else "arguments"
    message = f"`{title}` needs the {word} {', '.join(absent)}"
    notes = () if place is None else (Label(place, f"`{title}` is defined here"),)
    names.fault("E0203", message, node.callee.span, "", notes)


def _inputs(names: ExprNames, node: ModuleNode, known: list[str]) -> None:
    given: Given = node.given
    title = text_of(node.callee)
    for extra in given.positional[len(known) :]:
        count = "one input" if len(known) == 1 else f"{len(known)} inputs"
        names.fault("E0214", f"`{title}` takes {count}", extra.span, _listing(known))
        break
    for name, value in given.named.items():
        if name not in known:
            help = did_you_mean(name, known) or _listing(known)
            names.fault("E0214", f"`{title}` has no input `{name}`", value.span, help)
        elif known.index(name) < len(given.positional):
            message = f"the input `{name}` is given twice"
            names.fault("E0214", message, value.span)


def param_value(names: ExprNames, value: Expr, param: Param | None, level: Level) -> None:
    """The value of a param; one of type `module` names a module."""
    if param is None or "module" in param.type:
        module_value(names, value, level)
    else:
        names.value(value, level)


def module_value(names: ExprNames, value: Expr, level: Level) -> None:
    """A value that may be a module: `ReLU`, `LayerNorm(eps=1e-6)`, `resnet.BasicBlock`."""
    if isinstance(value, ListExpr):
        for item in value.items:
            module_value(names, item, level)
        return
    if isinstance(value, IfElse):
        names.value(value.condition, level)
        module_value(names, value.then, level)
        module_value(names, value.otherwise, level)
        return
    callee = level.scope.callee(value)
    if callee is None:
        _not_a_module(names, value, level)
        return
    node = _as_node(value)
    _read_param(names, node.callee, level)
    if isinstance(callee, BlockCallee):
        names.used_blocks.add(callee.block.name)
    if node.args and not isinstance(callee, OpenCallee):
        _partial(names, node, callee, level)


def _not_a_module(names: ExprNames, value: Expr, level: Level) -> None:
    root = value.func if isinstance(value, Call) else value
    namespaced = isinstance(root, Attribute) and names.is_namespace(root.value, level, frozenset())
    unbound = isinstance(root, Name) and level.scope.lookup(root.id) is None
    if namespaced or (unbound and isinstance(root, Name) and root.id[:1].isupper()):
        names.unknown_module(root, level)
    else:
        names.value(value, level)


def _read_param(names: ExprNames, callee: Expr, level: Level) -> None:
    if isinstance(callee, Name):
        binding = level.scope.lookup(callee.id)
        if binding is not None:
            names.use(callee.id, binding)


def _as_node(value: Expr) -> ModuleNode:
    """A module as a value, read as the node that it would make."""
    call = value if isinstance(value, Call) else Call(value, span=value.span)
    args = {k.name: k.value for k in call.keywords}
    spans = {k.name: k.span for k in call.keywords}
    return ModuleNode("", call.func, args, spans, Given(implicit=True), span=value.span)


def _partial(names: ExprNames, node: ModuleNode, callee: Callee, level: Level) -> None:
    """The arguments of a partly applied module: known ones, not all of them."""
    if isinstance(callee, OpCallee):
        known: dict[str, Param | None] = {arg.name: None for arg in callee.op.args}
    else:
        assert isinstance(callee, BlockCallee)
        known = {param.name: param for param in callee.block.params}
    for name, value in node.args.items():
        if name not in known:
            _unknown(names, node, text_of(node.callee), name, known, "")
        param_value(names, value, known.get(name), level)
