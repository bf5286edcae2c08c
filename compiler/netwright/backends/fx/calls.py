"""Functions, methods and operators on tensors, as calls of a graph."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import torch
from torch.fx import Node
from torch.nn import functional

from netwright.backends.fx import functions
from netwright.backends.fx.dtypes import torch_dtype
from netwright.backends.fx.modules import differs
from netwright.ir.instance import Apply
from netwright.ir.types import is_complex, is_float
from netwright.ir.values import Tensor, Value, tensors
from netwright.ops.einsum import letters
from netwright.ops.entry import FunctionOp

NAMESPACES: Mapping[str, Any] = {
    "torch": torch,
    "torch.linalg": torch.linalg,
    "torch.special": torch.special,
    "torch.fft": torch.fft,
    "F": functional,
}
"""Where the functions of the table live; nothing else is looked up."""

OPERATORS: Mapping[str, Callable[..., Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": operator.pow,
    "@": operator.matmul,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "&": operator.and_,
    "|": operator.or_,
    "^": operator.xor,
    "<<": operator.lshift,
    ">>": operator.rshift,
}
UNARY: Mapping[str, Callable[..., Any]] = {
    "-": operator.neg,
    "~": operator.invert,
    "+": operator.pos,
}

BY_POSITION = {"where", "tensor_split"}
"""Torch knows their arguments by the documented names only where they are tensors."""


@dataclass(frozen=True)
class Mode:
    """What a graph is lowered for.

    floating  the dtype that `float` is
    training  the mode of functions such as `dropout`
    """

    floating: torch.dtype
    training: bool


@dataclass(frozen=True)
class Call:
    """One node of a graph."""

    kind: Literal["call_function", "call_method"]
    target: Any
    args: tuple[Any, ...]
    kwargs: dict[str, Any] = field(default_factory=dict)


def apply(step: Apply, values: Mapping[str, Any], mode: Mode, device: Node | None) -> Call:
    """The call of an op. `values` are its arguments as nodes, `device` is for factories."""
    op: FunctionOp = step.op
    special = _SPECIAL.get(op.name)
    if special is not None:
        return special(op, values, mode)
    given = {arg.name: values[arg.name] for arg in op.args if differs(arg, step.arguments)}
    if op.factory:
        given.update(_making(step, values, mode, device))
    if op.name in BY_POSITION:
        return _called(op, tuple(given.values()), {})
    leading: tuple[Any, ...] = ()
    for arg in op.args[:1]:
        first = given.pop(arg.name)
        leading = tuple(first) if arg.variadic and arg.kind == "tensors" else (first,)
    return _called(op, leading, given)


def _called(op: FunctionOp, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Call:
    if op.function is None:
        return Call("call_method", op.method, args, kwargs)
    return Call("call_function", function_of(op.function), args, kwargs)


def function_of(path: str) -> Callable[..., Any]:
    """The function at a path of the table: `torch.cat`, `F.relu`."""
    namespace, _, name = path.rpartition(".")
    found: Callable[..., Any] = getattr(NAMESPACES[namespace], name)
    return found


def _making(
    step: Apply, values: Mapping[str, Any], mode: Mode, device: Node | None
) -> dict[str, Any]:
    """Where a factory makes its tensor, and floats in which dtype."""
    made: dict[str, Any] = {}
    if device is not None:
        made["device"] = device
    if values.get("dtype") is None and step.results[0].type.dtype == "float":
        made["dtype"] = mode.floating
    return made


def becomes_floating(values: tuple[Value, ...], result: Tensor) -> bool:
    """Whether integers become `float`, which torch would give its default dtype of the moment."""
    operands = [t.type.dtype for value in values for t in tensors(value)]
    return (
        result.type.dtype == "float"
        and bool(operands)
        and not any(is_float(dtype) or is_complex(dtype) for dtype in operands)
    )


# Ops that torch lacks or spells otherwise ------------------------------------------------------


def _cast(op: FunctionOp, values: Mapping[str, Any], mode: Mode) -> Call:
    target = values.get("dtype", op.name)
    if isinstance(target, str):
        target = torch_dtype(target, mode.floating)
    return Call("call_method", "to", (values["input"], target))


def _dropped(op: FunctionOp, values: Mapping[str, Any], mode: Mode) -> Call:
    args = (values["input"], values["p"], values["training"])
    return Call("call_function", functions.drop_path, args)


def _scanned(op: FunctionOp, values: Mapping[str, Any], mode: Mode) -> Call:
    return Call("call_function", functions.linear_scan, (values["a"], values["b"], values["dim"]))


def _einsum(op: FunctionOp, values: Mapping[str, Any], mode: Mode) -> Call:
    args = (letters(values["equation"]), *values["operands"])
    return Call("call_function", torch.einsum, args)


def _attention(op: FunctionOp, values: Mapping[str, Any], mode: Mode) -> Call:
    """`dropout_p` acts in training only."""
    given = {
        arg.name: values[arg.name]
        for arg in op.args[3:]
        if values[arg.name] is not None and values[arg.name] != arg.default
    }
    if not mode.training:
        given.pop("dropout_p", None)
    args = tuple(values[name] for name in ("query", "key", "value"))
    return Call("call_function", functional.scaled_dot_product_attention, args, given)


_SPECIAL: Mapping[str, Callable[[FunctionOp, Mapping[str, Any], Mode], Call]] = {
    "float": _cast,
    "int": _cast,
    "to": _cast,
    "drop_path": _dropped,
    "linear_scan": _scanned,
    "einsum": _einsum,
    "scaled_dot_product_attention": _attention,
}
