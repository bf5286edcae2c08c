"""Every rule of the table of functions against torch, with whole and with symbolic sizes.

Torch is asked on meta tensors; where that disagrees it is asked again on real ones, since a kernel
may refuse what its meta form lets through.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from netwright.ir.dims import Size, evaluate, symbol
from netwright.ir.types import DType, TensorType
from netwright.ops import functions
from netwright.ops.binding import bind
from netwright.ops.entry import FunctionOp, OpError
from torch.nn import functional

from tests.ops.strategies_functions import POINTWISE, REDUCE, Case, Make
from tests.ops.strategies_layers import MAPS, MATRIX, NN, WINDOWS
from tests.ops.strategies_shapes import CAST, CREATE, INDEX, JOIN, SHAPE

CASES: dict[str, Make] = {
    **POINTWISE, **REDUCE, **SHAPE, **JOIN, **INDEX, **CREATE, **CAST,
    **MATRIX, **NN, **MAPS, **WINDOWS,
}  # fmt: skip
ELSEWHERE = {"rearrange", "reduce", "einsum", "linear_scan", "drop_path"}
"""Tested beside their lowering: they have no counterpart in torch, or a language of their own."""

EXAMPLES = settings(
    max_examples=30,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)
OPS = {op.name: op for op in functions.ALL}
DTYPES = {"float": torch.float32, "int": torch.int64}
NAMES = {torch.float32: "float", torch.int64: "int"}
REFUSALS = (RuntimeError, ValueError, TypeError, IndexError, AssertionError, ArithmeticError)
BY_POSITION = {"where", "tensor_split"}
"""Torch knows their arguments by the documented names only where they are tensors."""
Found = tuple[tuple[str, tuple[int, ...]], ...]


def test_every_rule_is_tested() -> None:
    assert set(CASES) | ELSEWHERE == set(OPS)


# Torch --------------------------------------------------------------------------------------


def dtype_of(name: str) -> torch.dtype:
    found = DTYPES.get(name) or getattr(torch, name)
    assert isinstance(found, torch.dtype)
    return found


def to_torch(value: Any, device: str) -> Any:
    if isinstance(value, TensorType):
        shape = [int(d) for d in value.shape if isinstance(d, int)]
        return torch.zeros(shape, dtype=dtype_of(value.dtype), device=device)
    if isinstance(value, DType):
        return dtype_of(value.name)
    if isinstance(value, tuple) and value and isinstance(value[0], TensorType):
        return tuple(to_torch(v, device) for v in value)
    return value


def call(op: FunctionOp, case: Case, device: str) -> Any:
    """The call as emitted source makes it: by keywords, the device given to factories."""
    values = {name: to_torch(value, device) for name, value in case.items()}
    variadic = next((a.name for a in op.args if a.variadic and a.kind == "tensors"), None)
    if variadic is not None:
        return target(op)(*values.pop(variadic), **values)
    if op.name in BY_POSITION:
        return target(op)(*values.values())
    if op.factory:
        values["device"] = device
    if op.function is not None:
        return target(op)(**values)
    receiver = values.pop(op.args[0].name)
    method = {"int": "long"}.get(op.name, op.method)
    assert method is not None
    return getattr(receiver, method)(**values)


def target(op: FunctionOp) -> Callable[..., Any]:
    assert op.function is not None
    root, *path = op.function.split(".")
    found: Any = functional if root == "F" else torch
    for name in path:
        found = getattr(found, name)
    assert callable(found)
    return found


def flat(result: Any) -> Found:
    if isinstance(result, torch.Tensor):
        name = NAMES.get(result.dtype, str(result.dtype).removeprefix("torch."))
        return ((name, tuple(result.shape)),)
    return sum((flat(r) for r in result), ())


def by_torch(op: FunctionOp, case: Case, device: str) -> Found | None:
    """What torch returns, None where it refuses."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return flat(call(op, case, device))
        except REFUSALS:
            return None


# The rule -----------------------------------------------------------------------------------


def by_rule(op: FunctionOp, case: Case, change: Callable[[int], Size]) -> Any:
    """What the rule gives, None where it refuses; sizes that occur in a tensor are changed."""
    sizes = {d for value in case.values() for x in tensors(value) for d in x.shape}
    values: Case = {}
    for arg in op.args:
        if arg.name in case:
            symbolic = arg.kind in ("size", "sizes", "tensor", "tensors", "operand")
            values[arg.name] = (
                changed(case[arg.name], sizes, change) if symbolic else case[arg.name]
            )
    try:
        assert op.rule is not None
        return op.rule(bind(op.name, op.args, (), values))
    except OpError:
        return None


def tensors(value: Any) -> list[TensorType]:
    if isinstance(value, TensorType):
        return [value]
    return [x for v in value for x in tensors(v)] if isinstance(value, tuple) else []


def changed(value: Any, sizes: set[Size], change: Callable[[int], Size]) -> Any:
    if isinstance(value, TensorType):
        return TensorType(value.dtype, tuple(change(d) for d in value.shape if isinstance(d, int)))
    if isinstance(value, tuple):
        return tuple(changed(v, sizes, change) for v in value)
    if isinstance(value, int) and not isinstance(value, bool) and value in sizes:
        return change(value)
    return value


def plain(result: Any, values: dict[str, int]) -> Found | None:
    if result is None:
        return None
    items = result if isinstance(result, tuple) else (result,)
    return tuple((x.dtype, tuple(evaluate(d, values) for d in x.shape)) for x in items)


def named(size: int) -> Size:
    return symbol(f"s{size}") if size > 1 else size


def witnessed(size: int) -> Size:
    return symbol(f"s{size}", witness=size) if size > 1 else size


VALUES = {f"s{size}": size for size in range(2, 200)}


@pytest.mark.parametrize("name", sorted(CASES))
def test_rule(name: str) -> None:
    op, make = OPS[name], CASES[name]

    @EXAMPLES
    @given(st.data())
    def agrees(data: st.DataObject) -> None:
        case = make(data.draw)
        found = plain(by_rule(op, case, lambda size: size), {})
        expected = by_torch(op, case, "meta")
        if found != expected:
            expected = by_torch(op, case, "cpu")
        assert found == expected, case
        assert plain(by_rule(op, case, witnessed), VALUES) == found, case
        symbolic = plain(by_rule(op, case, named), VALUES)
        assert symbolic is None or expected is None or symbolic == expected, case

    agrees()
