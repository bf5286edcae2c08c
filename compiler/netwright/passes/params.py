"""Params: defaults, variants and overrides to checked values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netwright.diagnostics import Diagnostic, Label
from netwright.ir.dims import Dim
from netwright.ir.instance import Instance
from netwright.ir.program import Block, Module, Param
from netwright.ir.values import ModuleValue, Scope, Value, describe
from netwright.passes.evaluate import Evaluator
from netwright.passes.faults import Fault, Silent
from netwright.passes.frame import Frame
from netwright.source import NOWHERE, Span

Args = Mapping[str, tuple[Value, Span]]
"""Given values by param name, with where they were written."""


def bind_params(block: Block, args: Args, scope: Scope, call: Span) -> dict[str, Value]:
    """Values for all params of `block`: given ones checked, the rest from their defaults."""
    values: dict[str, Value] = {}
    evaluator = _evaluator(scope, block, values)
    for param in block.params:
        if param.name in args:
            value, span = args[param.name]
            values[param.name] = check_param(param, value, span)
        elif param.default is not None:
            value = evaluator.value(param.default)
            values[param.name] = check_param(param, value, param.span)
        elif param.optional:
            values[param.name] = None
        else:
            raise Fault(
                Diagnostic(
                    "E0203",
                    f"`{block.name}` needs the param `{param.name}`",
                    call,
                    "",
                    (Label(param.span, f"`{param.name}` has no default"),),
                    f"give it: `{param.name}=...`",
                )
            )
    return values


def evaluate_in(scope: Scope, block: Block, names: Mapping[str, Value], expr: Any) -> Value:
    """The value of a build-time expression among `names` and the params of the file."""
    return _evaluator(scope, block, dict(names)).value(expr)


def _evaluator(scope: Scope, block: Block, names: dict[str, Value]) -> Evaluator:
    """Evaluates among `names`, in which more may come to stand."""
    return Evaluator(Frame(Instance(block, scope, {}, {}), names))


def check_param(param: Param, value: Value, span: Span) -> Value:
    """`value` as `param`'s type; raises Fault for a wrong type or a broken bound."""
    if value is None and (param.optional or param.default is None):
        return None
    converted = _convert(param.type, value)
    if converted is _WRONG:
        raise Fault(
            Diagnostic(
                "E0403",
                f"`{param.name}` is {_article(param.type)}, but receives {describe(value)}",
                span,
                "",
                _declared(param, span),
            )
        )
    _check_bounds(param, converted, span)
    return converted


def _declared(param: Param, span: Span) -> tuple[Label, ...]:
    return (Label(param.span, f"`{param.name}` is declared here"),) if param.span != span else ()


def _article(kind: str) -> str:
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"


_WRONG = object()


def _convert(kind: str, value: Value) -> Value:
    if kind.startswith("list["):
        if not isinstance(value, tuple):
            return _WRONG
        items = tuple(_convert(kind[5:-1], v) for v in value)
        return _WRONG if any(v is _WRONG for v in items) else items
    if kind == "int":
        return value if isinstance(value, int | Dim) and not isinstance(value, bool) else _WRONG
    if kind == "float":
        if isinstance(value, Dim):
            return value
        return (
            float(value)
            if isinstance(value, int | float) and not isinstance(value, bool)
            else _WRONG
        )
    if kind == "module":
        return value if isinstance(value, ModuleValue) else _WRONG
    expected = {"bool": bool, "str": str}[kind]
    return value if isinstance(value, expected) else _WRONG


def _check_bounds(param: Param, value: Value, span: Span) -> None:
    if isinstance(value, Dim):
        return
    items = value if isinstance(value, tuple) else (value,)
    for item in items:
        low = param.minimum is not None and isinstance(item, int | float) and item < param.minimum
        high = param.maximum is not None and isinstance(item, int | float) and item > param.maximum
        if low or high:
            bound = f"at least {param.minimum}" if low else f"at most {param.maximum}"
            raise Fault(
                Diagnostic(
                    "E0402",
                    f"`{param.name}` is {item}, but must be {bound}",
                    span,
                    "",
                    _declared(param, span),
                )
            )
    plain = value.name if isinstance(value, ModuleValue) else value
    if param.choices and plain not in param.choices:
        choices = ", ".join(f"`{c}`" for c in param.choices)
        raise Fault(
            Diagnostic(
                "E0402",
                f"`{param.name}` is {describe(value)}, but must be one of {choices}",
                span,
                "",
                _declared(param, span),
            )
        )


def default_scope(module: Module) -> Scope:
    """The params that the blocks of `module` see when they are used from another file: the
    defaults.

    Required ones are left out; a block that reads one is at fault there. The module keeps its
    scope, since equal scopes have to be one.
    """
    if module.defaults is None:
        module.defaults = Scope.of(module, _defaults(module))
    found: Scope = module.defaults
    return found


def _defaults(module: Module) -> dict[str, Value]:
    values: dict[str, Value] = {}
    holder = next(module.all_blocks())
    evaluator = Evaluator(Frame(Instance(holder, Scope.of(module, {}), {}, {}), values))
    for param in module.params:
        if param.default is not None:
            try:
                values[param.name] = evaluator.value(param.default)
            except (Fault, Silent):
                continue
    return values


def variant_args(module: Module, name: str) -> tuple[tuple[str, Value], ...]:
    """The param values of variant `name`."""
    assert module.model is not None
    scope = default_scope(module)
    variant = module.variants[name]
    return tuple((k, evaluate_in(scope, module.model, {}, v)) for k, v in variant.values.items())


def model_args(
    module: Module, variant: str | None, overrides: Mapping[str, Value]
) -> dict[str, tuple[Value, Span]]:
    """Values for the model's params: the variant's, then the overrides over them."""
    assert module.model is not None
    args: dict[str, tuple[Value, Span]] = {}
    if variant is not None:
        spans = module.variants[variant].spans
        for name, value in variant_args(module, variant):
            args[name] = (value, spans.get(name, NOWHERE))
    for name, value in overrides.items():
        args[name] = (value, NOWHERE)
    return args
