"""What hangs on a value: a file's member, an output by name, a tensor's shape, a weight."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn

from netwright.diagnostics import nearest
from netwright.ir import expr as ex
from netwright.ir.instance import Instance, ModuleChild, Path, ReadWeight, WeightDecl
from netwright.ir.printer import to_source
from netwright.ir.types import DType, TensorType
from netwright.ir.values import Namespace, Outputs, Tensor, Value, describe
from netwright.ops.table import FUNCTIONS
from netwright.passes.evaluate.apply import apply
from netwright.passes.evaluate.names import namespace_member
from netwright.passes.faults import fault

if TYPE_CHECKING:
    from netwright.passes.evaluate.evaluator import Evaluator

_TENSOR_ATTRIBUTES = frozenset({"shape", "ndim", "dtype", "T", "mT"})


def attribute(evaluator: Evaluator, expr: ex.Attribute) -> Value:
    if isinstance(expr.value, ex.Name):
        weight = _weight_of(evaluator, expr.value.id, expr.name, expr)
        if weight is not None:
            return weight
    owner = evaluator.value(expr.value)
    if isinstance(owner, Namespace):
        return namespace_member(owner.module, expr.name, expr.span)
    if isinstance(owner, Outputs):
        if expr.name in owner.items:
            return owner.items[expr.name]
        if not isinstance(owner.first, Tensor) or expr.name not in _TENSOR_ATTRIBUTES:
            _no_output(owner, expr)
        owner = owner.first
    if isinstance(owner, Tensor):
        return _tensor_attribute(evaluator, owner, expr)
    _no_attribute(owner, expr, ())


def _tensor_attribute(evaluator: Evaluator, owner: Tensor, expr: ex.Attribute) -> Value:
    shape = owner.type.shape
    if expr.name == "shape":
        return shape
    if expr.name == "ndim":
        return len(shape)
    if expr.name == "dtype":
        return DType(owner.type.dtype)
    if expr.name in ("T", "mT") and len(shape) >= 2:
        return apply(evaluator, FUNCTIONS["transpose"], (owner, -2, -1), {}, expr)
    _no_attribute(owner, expr, ("shape", "dtype", "ndim", "mT"))


def _no_output(owner: Outputs, expr: ex.Attribute) -> NoReturn:
    near = nearest(expr.name, owner.items)
    known = ", ".join(f"`{name}`" for name in owner.items)
    help = f"did you mean `{near}`?" if near else f"the outputs are {known}"
    fault("E0215", f"`{to_source(expr.value)}` has no output `{expr.name}`", expr.span, help=help)


def _no_attribute(owner: Value, expr: ex.Attribute, candidates: Sequence[str]) -> NoReturn:
    near = nearest(expr.name, candidates)
    hint = f"did you mean `{near}`?" if near else ""
    if not hint and candidates:
        hint = "there is " + ", ".join(f"`{c}`" for c in candidates)
    fault("E0204", f"there is no `{expr.name}` in {describe(owner)}", expr.span, help=hint)


def _weight_of(evaluator: Evaluator, node: str, name: str, expr: ex.Expr) -> Tensor | None:
    handle = evaluator.frame.handles.get(node)
    if handle is None:
        return None
    value = evaluator.frame.names.get(node)
    if isinstance(value, Outputs) and name in value.items:
        return None
    if isinstance(handle.child, ModuleChild):
        for weight in handle.child.weights:
            if weight.name == name:
                return read_weight(evaluator, (*handle.path, name), weight, expr)
    if isinstance(handle.child, Instance) and name in handle.child.weights:
        return read_weight(evaluator, (*handle.path, name), handle.child.weights[name], expr)
    return None


def read_weight(evaluator: Evaluator, path: Path, weight: WeightDecl, expr: ex.Expr) -> Tensor:
    result = Tensor(TensorType(weight.dtype, weight.shape), ".".join(path), expr.span)
    evaluator.step(
        ReadWeight(path, weight, result, node=evaluator.frame.node, span=expr.span), result
    )
    return result
