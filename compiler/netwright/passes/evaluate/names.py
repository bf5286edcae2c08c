"""Names: of nodes, inputs, params and sizes, of constants, modules and other files."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from netwright.diagnostics import Label
from netwright.ir import expr as ex
from netwright.ir.program import Module
from netwright.ir.types import DTYPES, DType
from netwright.ir.values import ModuleValue, Namespace, Scope, Value, rescoped
from netwright.ops.table import MODULES
from netwright.passes import numbers
from netwright.passes.faults import Silent, fault
from netwright.passes.frame import Frame
from netwright.source import Span

if TYPE_CHECKING:
    from netwright.passes.evaluate.evaluator import Evaluator

ABSENT = object()
"""What a name means that nothing here has."""


def name(evaluator: Evaluator, expr: ex.Name) -> Value:
    found = lookup(evaluator.frame, expr.id)
    if found is ABSENT:
        _unset(evaluator.frame, expr)
    return found


def _unset(frame: Frame, expr: ex.Name) -> NoReturn:
    """A name that means nothing here, or a required param of a file whose blocks are used from
    another."""
    module = frame.instance.scope.module
    param = next((p for p in module.params if p.name == expr.id), None)
    if param is None or param.default is not None:
        fault("E0204", f"there is no `{expr.id}` here", expr.span)
    message = f"the param `{expr.id}` has no value here"
    note = Label(param.span, f"`{expr.id}` has no default in its file")
    help = "give it a default, or make it a param of the block"
    fault("E0203", message, expr.span, notes=(note,), help=help)


def lookup(frame: Frame, name: str) -> Value:
    """What `name` means here: a node, input, param or dim, a constant, a module; else ABSENT."""
    if name in frame.names:
        return frame.names[name]
    scope = frame.instance.scope
    if name in scope.table:
        return rescoped(scope.table[name], scope)
    if name == "training":
        return frame.training
    if name in numbers.CONSTANTS:
        return numbers.CONSTANTS[name]
    return _module(name, scope)


def _module(name: str, scope: Scope) -> Value:
    module = scope.module
    if name in module.blocks:
        return ModuleValue(module.blocks[name], (), scope)
    if name in module.uses:
        return Namespace(module.uses[name])
    if name in MODULES:
        return ModuleValue(MODULES[name])
    return DType(name) if name in DTYPES else ABSENT


def namespace_member(module: Module, name: str, span: Span) -> ModuleValue:
    """`namespace.Name`: a block, the model or one of its variants."""
    from netwright.passes.params import default_scope, variant_args

    if name in module.blocks:
        return ModuleValue(module.blocks[name], (), default_scope(module))
    if module.model is not None and name == module.model.name:
        return ModuleValue(module.model, (), default_scope(module))
    if module.model is not None and name in module.variants:
        return ModuleValue(module.model, variant_args(module, name), default_scope(module))
    raise Silent  # the frontend has reported it
