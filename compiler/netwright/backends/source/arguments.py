"""The arguments of constructors: sizes first, then what is required, then what has a default."""

from __future__ import annotations

from typing import Any

from netwright.backends.source.build_time import BuildTime
from netwright.backends.source.code import Argument, Assign, If, Statement, as_tuple
from netwright.backends.source.context import ClassContext, CtorArg, annotation, is_modules
from netwright.backends.source.words import ctor_name
from netwright.ir import expr as ex
from netwright.ir.printer import literal, to_source
from netwright.ir.program import Param
from netwright.ir.values import ModuleValue, Value


def ctor_args(context: ClassContext, constructor: BuildTime) -> list[CtorArg]:
    """The arguments: sizes of inputs, required params, what is seen from around, params with
    defaults."""
    facts, block = context.facts, context.block
    declared = {p.name: p for p in block.params}
    if context.is_root:
        for param in reversed(block.params):  # what a derived default reads is needed too
            _root_arg(context, param, constructor)
        return [a for p in block.params if (a := _root_arg(context, p, constructor)) is not None]
    for param in reversed(block.params):  # the same
        if param.name in constructor.needed:
            _param_arg(context, param, constructor)
    first: list[CtorArg] = []
    required: list[CtorArg] = []
    around: list[CtorArg] = []
    optional: list[CtorArg] = []
    order = (
        list(facts.dims)
        + list(declared)
        + list(facts.sample.scope.table)
        + list(constructor.needed)
    )
    pending = sorted(constructor.needed, key=order.index)
    for name in dict.fromkeys(pending):
        emitted = ctor_name(context, name)
        if name in constructor.items:
            call_site, value = constructor.items[name]
            around.append(CtorArg(name, name, annotation(value), call_site=call_site))
        elif name in constructor.hoisted:
            value = facts.sample.values.get(name)
            around.append(
                CtorArg(name, emitted, annotation(value), call_site=constructor.hoisted[name])
            )
        elif name in facts.dims:
            first.append(CtorArg(name, emitted, "int"))
        elif name in declared:
            arg = _param_arg(context, declared[name], constructor)
            (optional if arg.default is not None or arg.derived is not None else required).append(
                arg
            )
        else:
            value = facts.sample.params.get(name, facts.sample.scope.table.get(name))
            sizes = first if _is_size(context, name) else around
            sizes.append(CtorArg(name, emitted, annotation(value)))
    return [*first, *required, *around, *optional]


def _is_size(context: ClassContext, name: str) -> bool:
    """Whether an inline block reads a size of an input of the blocks around it."""
    outer = context.parent
    if not context.block.inline or outer is None:
        return False
    return name in outer.facts.dims or _is_size(outer, name)


def _param_arg(context: ClassContext, param: Param, constructor: BuildTime) -> CtorArg:
    value = context.facts.sample.params[param.name]
    kind = annotation(value) if value is not None else _declared_type(param)
    if param.optional:
        kind = f"{kind} | None"
    if param.default is None:
        default: ex.Expr | None = ex.Literal(None) if param.optional else None
        return CtorArg(param.name, param.name, kind, default)
    if not ex.free_names(param.default):
        return CtorArg(param.name, param.name, kind, param.default)
    return CtorArg(
        param.name, param.name, f"{kind} | None", derived=constructor.expr(param.default)
    )


def _root_arg(context: ClassContext, param: Param, constructor: BuildTime) -> CtorArg | None:
    if param.name not in constructor.needed:
        return None
    value = context.model.params[param.name]
    if isinstance(value, ModuleValue) or is_modules(value):
        return None
    kind = annotation(value) if value is not None else _declared_type(param)
    if param.optional:
        kind = f"{kind} | None"
    given = param.name in context.model.given
    if param.default is not None and ex.free_names(param.default) and not given:
        return CtorArg(
            param.name, param.name, f"{kind} | None", derived=constructor.expr(param.default)
        )
    return CtorArg(param.name, param.name, kind, _value_expr(value))


def derived(context: ClassContext) -> list[Statement]:
    """`if hidden is None: hidden = 4 * dim`."""
    made: list[Statement] = []
    for arg in context.ctor:
        if arg.derived is not None:
            name = ex.Name(arg.name)
            absent = ex.Compare(name, ("is",), (ex.Literal(None),))
            made.append(If(absent, [Assign((arg.name,), as_tuple(arg.derived))]))
    return made


def declared(context: ClassContext) -> list[Argument]:
    """The arguments as `__init__` declares them."""
    return [Argument(a.name, a.annotation, _default(a)) for a in context.ctor]


def _default(arg: CtorArg) -> str | None:
    if arg.derived is not None:
        return "None"
    return None if arg.default is None else literal(_tuple_value(arg.default))


def _value_expr(value: Value) -> ex.Expr:
    if isinstance(value, tuple):
        return ex.TupleExpr(tuple(_value_expr(v) for v in value))
    return ex.Literal(value)


def _tuple_value(default: ex.Expr) -> Any:
    """A default as a Python value: lists become tuples, so that a default is never shared."""
    if isinstance(default, ex.Literal):
        return default.value
    if isinstance(default, ex.ListExpr | ex.TupleExpr):
        return tuple(_tuple_value(i) for i in default.items)
    if isinstance(default, ex.Unary):
        return -_tuple_value(default.operand)
    return to_source(default)


def _declared_type(param: Param) -> str:
    if param.type.startswith("list["):
        return f"tuple[{param.type[5:-1]}, ...]"
    return param.type
