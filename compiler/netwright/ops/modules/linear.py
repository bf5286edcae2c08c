"""Linear maps of the last dim, and the identity."""

from __future__ import annotations

from netwright.ir.dims import Size, product
from netwright.ir.types import TensorType, same_shape
from netwright.ops.entry import Arg, Arguments, ModuleOp, OpError, Result, Weight
from netwright.ops.modules.checks import (
    need_build_dtype,
    need_inferred,
    need_positive,
    need_rank_from,
    tensor,
)


def last_size(name: str, inputs: Arguments) -> Size:
    """The last dim of the input called `name`."""
    x = tensor(inputs, name)
    need_rank_from(x, name, 1)
    return x.shape[-1]


def _linear(args: Arguments) -> TensorType:
    """(..., in_features) -> (..., out_features)."""
    x = tensor(args, "input")
    need_build_dtype(x, "input")
    need_rank_from(x, "input", 1)
    need_inferred(x.shape[-1], args, "in_features", "input features")
    need_positive(args["in_features"], "in_features")
    need_positive(args["out_features"], "out_features")
    return TensorType(x.dtype, (*x.shape[:-1], args["out_features"]))


def _linear_weights(args: Arguments) -> tuple[Weight, ...]:
    weight = Weight("weight", (args["out_features"], args["in_features"]))
    return (weight, Weight("bias", (args["out_features"],))) if args["bias"] else (weight,)


def _linear_flops(args: Arguments, result: Result) -> Size:
    assert isinstance(result, TensorType)
    into: Size = args["in_features"]
    return 2 * product(result.shape) * into


def _bilinear(args: Arguments) -> TensorType:
    """(..., in1_features), (..., in2_features) -> (..., out_features)."""
    x, y = tensor(args, "input1"), tensor(args, "input2")
    need_build_dtype(x, "input1")
    need_build_dtype(y, "input2")
    need_rank_from(x, "input1", 1)
    need_inferred(x.shape[-1], args, "in1_features", "features of `input1`")
    if y.rank != x.rank or not same_shape(x.shape[:-1], y.shape[:-1]):
        raise OpError(f"`input2` is {y}, which differs from {x} before the last dim", arg="input2")
    need_inferred(y.shape[-1], args, "in2_features", "features of `input2`")
    need_positive(args["out_features"], "out_features")
    return TensorType(x.dtype, (*x.shape[:-1], args["out_features"]))


def _bilinear_weights(args: Arguments) -> tuple[Weight, ...]:
    out = args["out_features"]
    weight = Weight("weight", (out, args["in1_features"], args["in2_features"]))
    return (weight, Weight("bias", (out,))) if args["bias"] else (weight,)


_OUT = Arg("out_features", "size", doc="Size of the last dim of the output.")
_BIAS = Arg("bias", "bool", True, doc="Add a learned bias.")

OPS = (
    ModuleOp(
        "Linear",
        "nn.Linear",
        (Arg("in_features", "size", doc="Size of the last dim; inferred."), _OUT, _BIAS),
        (Arg("input", "tensor"),),
        "Linear map of the last dim: (..., in_features) -> (..., out_features).",
        infer={"in_features": lambda inputs: last_size("input", inputs)},
        rule=_linear,
        weights=_linear_weights,
        flops=_linear_flops,
    ),
    ModuleOp(
        "Bilinear",
        "nn.Bilinear",
        (
            Arg("in1_features", "size", doc="Size of the last dim of `input1`; inferred."),
            Arg("in2_features", "size", doc="Size of the last dim of `input2`; inferred."),
            _OUT,
            _BIAS,
        ),
        (Arg("input1", "tensor"), Arg("input2", "tensor")),
        "Bilinear form of two inputs: y = x1 A x2 + b.",
        infer={
            "in1_features": lambda inputs: last_size("input1", inputs),
            "in2_features": lambda inputs: last_size("input2", inputs),
        },
        rule=_bilinear,
        weights=_bilinear_weights,
    ),
    ModuleOp(
        "Identity",
        "nn.Identity",
        (),
        (Arg("input", "tensor"),),
        "The input unchanged.",
        rule=lambda args: tensor(args, "input"),
    ),
)
