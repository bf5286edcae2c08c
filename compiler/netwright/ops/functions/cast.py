"""Casts. `float` is the build's floating dtype and `int` is int64, so these two are lowered."""

from __future__ import annotations

from netwright.ir.types import ALIASES, DTYPES, DType, TensorType
from netwright.ops.binding import describe
from netwright.ops.entry import Arg, Arguments, FunctionOp, OpError
from netwright.ops.functions.arguments import X


def _cast(name: str, dtype: str, doc: str, *, lowered: bool = False) -> FunctionOp:
    def rule(args: Arguments) -> TensorType:
        return TensorType(dtype, args["input"].shape)

    return FunctionOp(name, (X,), doc, method=name, rule=rule, lowered=lowered)


def _to_rule(args: Arguments) -> TensorType:
    """`x.to(y.dtype)`, `x.to("float16")` or `x.to(y)`."""
    target = args["dtype"]
    if isinstance(target, str):
        target = DType(ALIASES.get(target, target))
    if isinstance(target, TensorType):
        target = DType(target.dtype)
    if not isinstance(target, DType) or target.name not in DTYPES:
        message = f"`dtype` wants a dtype or a tensor, found {describe(target)}"
        raise OpError(message, arg="dtype", code="E0212")
    return TensorType(target.name, args["input"].shape)


def _type_as_rule(args: Arguments) -> TensorType:
    return TensorType(args["other"].dtype, args["input"].shape)


ALL = (
    _cast("float", "float", "As the build's floating dtype.", lowered=True),
    _cast("int", "int", "As int64.", lowered=True),
    _cast("long", "int", "As int64."),
    _cast("bool", "bool", "Whether not 0."),
    _cast("half", "float16", "As float16."),
    _cast("bfloat16", "bfloat16", "As bfloat16."),
    _cast("double", "float64", "As float64."),
    FunctionOp(
        "to", (X, Arg("dtype", "any")), "As another dtype.", method="to", rule=_to_rule
    ),
    FunctionOp(
        "type_as", (X, Arg("other", "tensor")), "As the dtype of another tensor.",
        method="type_as", rule=_type_as_rule,
    ),
)  # fmt: skip
