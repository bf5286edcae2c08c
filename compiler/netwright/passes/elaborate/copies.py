"""Values across the edge of an instance: the same types, tensors of its own."""

from __future__ import annotations

from collections.abc import Mapping

from netwright.ir.values import ModuleValue, Outputs, Tensor, TensorList, Value
from netwright.source import Span


def renew(value: Value, label: str, span: Span | None) -> Value:
    """A copy of `value` with tensors of its own: what an instance calls its inputs.

    span  where they come from; None for an inline block, which sees where they came from before
    """
    if isinstance(value, Tensor):
        return Tensor(value.type, label or value.label, span or value.span)
    if isinstance(value, TensorList):
        return TensorList(value.item, label)
    if isinstance(value, tuple):
        return tuple(renew(v, f"{label}[{k}]", span) for k, v in enumerate(value))
    if isinstance(value, Outputs):
        return Outputs({k: renew(v, f"{label}.{k}", span) for k, v in value.items.items()})
    return value


def outputs_value(outputs: Mapping[str, Value], pairs: dict[Tensor, Tensor]) -> Value:
    """A callee's outputs as a value of the caller, every tensor renewed and noted in `pairs`."""
    renewed = {k: _paired(v, pairs) for k, v in outputs.items()}
    return Outputs(renewed) if len(renewed) > 1 else next(iter(renewed.values()), None)


def _paired(value: Value, pairs: dict[Tensor, Tensor]) -> Value:
    if isinstance(value, Tensor):
        found = pairs.get(value)
        if found is None:
            found = pairs[value] = Tensor(value.type, "", value.span)
        return found
    if isinstance(value, tuple):
        return tuple(_paired(v, pairs) for v in value)
    if isinstance(value, Outputs):
        return Outputs({k: _paired(v, pairs) for k, v in value.items.items()})
    return value


def has_tensors(value: Value) -> bool:
    if isinstance(value, Tensor | TensorList):
        return True
    if isinstance(value, tuple):
        return any(has_tensors(v) for v in value)
    return isinstance(value, Outputs) and any(has_tensors(v) for v in value.items.values())


def kind_of(value: Value) -> str:
    """What a node holds: tensor, outputs, list, number, module or nothing."""
    if isinstance(value, Tensor):
        return "tensor"
    if isinstance(value, Outputs):
        return "outputs"
    if isinstance(value, tuple):
        return "tensors" if has_tensors(value) else "list"
    if isinstance(value, ModuleValue):
        return "module"
    return "none" if value is None else "number"
