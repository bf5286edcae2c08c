"""Functions that act on each element: rows of a table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from netwright.ir.types import TensorType, is_complex, is_float
from netwright.ops.broadcast import broadcast, operator_type, promoted, shape_of, unary_type
from netwright.ops.entry import Arg, Arguments, FunctionOp, OpError
from netwright.ops.functions.arguments import X, floating, want_floating

Dtypes = Literal["same", "counted", "floating", "float only", "signed", "number", "bool"]
"""How the dtype follows from the input's: kept; kept, but bool becomes int; integers become
floating; only floating is taken; kept, but no bool; kept, but no bool or complex; always bool."""

_REFUSES: dict[Dtypes, Callable[[str], bool]] = {
    "same": lambda dtype: False,
    "counted": lambda dtype: False,
    "floating": lambda dtype: False,
    "float only": lambda dtype: not is_float(dtype),
    "signed": lambda dtype: dtype == "bool",
    "number": lambda dtype: dtype == "bool" or is_complex(dtype),
    "bool": lambda dtype: False,
}


def _unary_rule(name: str, dtypes: Dtypes) -> Callable[[Arguments], TensorType]:
    def rule(args: Arguments) -> TensorType:
        x: TensorType = args["input"]
        if dtypes == "float only":
            want_floating(x)
        if _REFUSES[dtypes](x.dtype):
            message = f"`{name}` does not take {x.dtype} tensors"
            raise OpError(message, arg="input", code="E0304")
        if dtypes == "floating":
            return TensorType(floating(x.dtype), x.shape)
        if dtypes == "counted" and x.dtype == "bool":
            return TensorType("int", x.shape)
        return TensorType("bool" if dtypes == "bool" else x.dtype, x.shape)

    return rule


def _unary(path: str, dtypes: Dtypes, doc: str, *extra: Arg, method: bool = True) -> FunctionOp:
    name = path.rsplit(".", maxsplit=1)[-1]
    return FunctionOp(
        name=name,
        args=(X, *extra),
        doc=doc,
        function=path,
        method=name if method else None,
        rule=_unary_rule(name, dtypes),
    )


def _activation(path: str, doc: str, *extra: Arg, method: bool = False) -> FunctionOp:
    return _unary(path, "float only", doc, *extra, method=method)


def _float(name: str, default: float) -> Arg:
    return Arg(name, "float", default)


def _maybe(name: str) -> Arg:
    return Arg(name, "float", None, optional=True)


_UNARY = (
    _unary("torch.abs", "signed", "Absolute value."),
    _unary("torch.neg", "signed", "Negation, `-x`."),
    _unary("torch.positive", "signed", "The tensor itself, `+x`."),
    _unary("torch.sign", "same", "-1, 0 or 1 by the sign."),
    _unary("torch.square", "counted", "x * x."),
    _unary("torch.floor", "number", "Rounded down."),
    _unary("torch.ceil", "number", "Rounded up."),
    _unary("torch.trunc", "number", "Rounded towards zero."),
    _unary("torch.frac", "float only", "What `trunc` leaves."),
    _unary("torch.round", "number", "Rounded to even.", Arg("decimals", "int", 0, keyword=True)),
    _unary("torch.exp", "floating", "e ** x."),
    _unary("torch.exp2", "floating", "2 ** x."),
    _unary("torch.expm1", "floating", "e ** x - 1, exact near 0."),
    _unary("torch.log", "floating", "Natural logarithm."),
    _unary("torch.log2", "floating", "Logarithm to base 2."),
    _unary("torch.log10", "floating", "Logarithm to base 10."),
    _unary("torch.log1p", "floating", "log(1 + x), exact near 0."),
    _unary("torch.sqrt", "floating", "Square root."),
    _unary("torch.rsqrt", "floating", "1 / sqrt(x)."),
    _unary("torch.reciprocal", "floating", "1 / x."),
    _unary("torch.sin", "floating", "Sine of radians."),
    _unary("torch.cos", "floating", "Cosine of radians."),
    _unary("torch.tan", "floating", "Tangent of radians."),
    _unary("torch.asin", "floating", "Inverse sine, in radians."),
    _unary("torch.acos", "floating", "Inverse cosine, in radians."),
    _unary("torch.atan", "floating", "Inverse tangent, in radians."),
    _unary("torch.sinh", "floating", "Hyperbolic sine."),
    _unary("torch.cosh", "floating", "Hyperbolic cosine."),
    _unary("torch.tanh", "floating", "Hyperbolic tangent."),
    _unary("torch.asinh", "floating", "Inverse hyperbolic sine."),
    _unary("torch.acosh", "floating", "Inverse hyperbolic cosine."),
    _unary("torch.atanh", "floating", "Inverse hyperbolic tangent."),
    _unary("torch.erf", "floating", "Error function."),
    _unary("torch.erfc", "floating", "1 - erf(x)."),
    _unary("torch.erfinv", "floating", "Inverse of the error function."),
    _unary("torch.lgamma", "floating", "Logarithm of the gamma function."),
    _unary("torch.digamma", "floating", "Derivative of `lgamma`."),
    _unary("torch.sinc", "floating", "sin(pi * x) / (pi * x)."),
    _unary("torch.deg2rad", "floating", "Degrees to radians."),
    _unary("torch.rad2deg", "floating", "Radians to degrees."),
    _unary("torch.sigmoid", "floating", "1 / (1 + e ** -x)."),
    _unary("torch.logit", "floating", "log(x / (1 - x)).", _maybe("eps")),
    _unary("torch.isnan", "bool", "Where x is not a number."),
    _unary("torch.isinf", "bool", "Where x is infinite."),
    _unary("torch.isfinite", "bool", "Where x is finite."),
    _unary("torch.signbit", "bool", "Where the sign is set."),
    _unary("torch.logical_not", "bool", "Where x is zero."),
    _unary(
        "torch.nan_to_num", "same", "Replaces what is not finite.",
        _maybe("nan"), _maybe("posinf"), _maybe("neginf"),
    ),
)  # fmt: skip

_ACTIVATIONS = (
    _unary("F.relu", "number", "max(x, 0)."),
    _unary("F.relu6", "number", "min(max(x, 0), 6).", method=False),
    _activation(
        "F.gelu", "x * Phi(x), exact or by tanh (arXiv:1606.08415).",
        Arg("approximate", "str", "none", choices=("none", "tanh"), keyword=True),
    ),
    _activation("F.silu", "x * sigmoid(x), also called swish (arXiv:1702.03118)."),
    _activation("F.mish", "x * tanh(softplus(x)) (arXiv:1908.08681)."),
    _activation("F.elu", "Exponential linear unit (arXiv:1511.07289).", _float("alpha", 1.0)),
    _activation("F.celu", "ELU, continuously differentiable.", _float("alpha", 1.0)),
    _activation("F.selu", "Self-normalising ELU (arXiv:1706.02515)."),
    _activation("F.leaky_relu", "x, scaled below 0.", _float("negative_slope", 0.01)),
    _activation("F.hardswish", "x * hardsigmoid(x) (arXiv:1905.02244)."),
    _activation("F.hardsigmoid", "relu6(x + 3) / 6."),
    _unary(
        "F.hardtanh", "number", "x, clamped.",
        _float("min_val", -1.0), _float("max_val", 1.0), method=False,
    ),
    _activation(
        "F.softplus", "log(1 + e ** (beta * x)) / beta.", _float("beta", 1), _float("threshold", 20)
    ),
    _activation("F.logsigmoid", "log(sigmoid(x))."),
    _activation("F.softshrink", "x, shrunk towards 0.", _float("lambd", 0.5)),
    _activation("F.hardshrink", "x, 0 near 0.", _float("lambd", 0.5)),
    _unary("F.tanhshrink", "floating", "x - tanh(x).", method=False),
    _unary("F.softsign", "floating", "x / (1 + abs(x)).", method=False),
    _unary(
        "F.threshold", "number", "x where it exceeds the threshold, else a value.",
        Arg("threshold", "float"), Arg("value", "float"), method=False,
    ),
)  # fmt: skip


def _operator_rule(op: str) -> Callable[[Arguments], TensorType]:
    def rule(args: Arguments) -> TensorType:
        return operator_type(op, args["input"], args["other"])

    return rule


def _binary_rule(name: str, dtypes: Dtypes) -> Callable[[Arguments], TensorType]:
    def rule(args: Arguments) -> TensorType:
        left, right = args["input"], args["other"]
        dtype = promoted((left, right))
        if _REFUSES[dtypes](dtype):
            message = f"`{name}` does not take {dtype} tensors"
            raise OpError(message, arg="input", code="E0304")
        if dtypes == "floating":
            dtype = floating(dtype)
        shape = broadcast(shape_of(left), shape_of(right))
        return TensorType("bool" if dtypes == "bool" else dtype, shape)

    return rule


def _binary(
    name: str, rule: Callable[[Arguments], TensorType], doc: str, *extra: Arg, number: bool = True
) -> FunctionOp:
    """`number` says whether the second operand may be one."""
    other = Arg("other", "operand" if number else "tensor")
    return FunctionOp(
        name, (X, other, *extra), doc, function=f"torch.{name}", method=name, rule=rule
    )


_ALPHA = Arg("alpha", "number", 1, keyword=True)
_ROUNDING = Arg(
    "rounding_mode", "str", None, optional=True, choices=("trunc", "floor"), keyword=True
)


def _div_rule(args: Arguments) -> TensorType:
    return operator_type("//" if args["rounding_mode"] else "/", args["input"], args["other"])


def _pow_rule(args: Arguments) -> TensorType:
    return operator_type("**", args["input"], args["exponent"])


_BINARY = (
    _binary("add", _operator_rule("+"), "input + alpha * other.", _ALPHA),
    _binary("sub", _operator_rule("-"), "input - alpha * other.", _ALPHA),
    _binary("mul", _operator_rule("*"), "input * other."),
    _binary("div", _div_rule, "input / other.", _ROUNDING),
    _binary("floor_divide", _operator_rule("//"), "input // other."),
    _binary("remainder", _operator_rule("%"), "input % other, with the sign of other."),
    _binary("fmod", _binary_rule("fmod", "number"), "Remainder with the sign of input."),
    _binary("eq", _operator_rule("=="), "input == other."),
    _binary("ne", _operator_rule("!="), "input != other."),
    _binary("lt", _operator_rule("<"), "input < other."),
    _binary("le", _operator_rule("<="), "input <= other."),
    _binary("gt", _operator_rule(">"), "input > other."),
    _binary("ge", _operator_rule(">="), "input >= other."),
    _binary("minimum", _binary_rule("minimum", "same"), "The smaller of two.", number=False),
    _binary("maximum", _binary_rule("maximum", "same"), "The greater of two.", number=False),
    _binary("atan2", _binary_rule("atan2", "floating"), "Angle of (other, input).", number=False),
    _binary("hypot", _binary_rule("hypot", "float only"), "Length of a pair.", number=False),
    _binary(
        "logaddexp", _binary_rule("logaddexp", "float only"), "log(e ** a + e ** b).", number=False
    ),
    _binary("logical_and", _binary_rule("logical_and", "bool"), "Where both hold.", number=False),
    _binary("logical_or", _binary_rule("logical_or", "bool"), "Where one holds.", number=False),
    _binary("logical_xor", _binary_rule("logical_xor", "bool"), "Where they differ.", number=False),
    _binary("bitwise_and", _operator_rule("&"), "input & other."),
    _binary("bitwise_or", _operator_rule("|"), "input | other."),
    _binary("bitwise_xor", _operator_rule("^"), "input ^ other."),
    _binary("xlogy", _binary_rule("xlogy", "floating"), "input * log(other), 0 where input is 0."),
    FunctionOp(
        "pow", (X, Arg("exponent", "operand")), "input ** exponent.",
        function="torch.pow", method="pow", rule=_pow_rule,
    ),
    FunctionOp(
        "bitwise_not", (X,), "~input.", function="torch.bitwise_not", method="bitwise_not",
        rule=lambda args: unary_type("~", args["input"]),
    ),
)  # fmt: skip


def _where_rule(args: Arguments) -> TensorType:
    condition: TensorType = args["condition"]
    if condition.dtype != "bool":
        message = f"`condition` must be bool, found {condition}"
        raise OpError(message, arg="condition", code="E0304", help="compare it: `condition != 0`")
    operands = (args["input"], args["other"])
    return TensorType(
        promoted(operands), broadcast(condition.shape, *(shape_of(o) for o in operands))
    )


def _clamp_rule(args: Arguments) -> TensorType:
    limits = [args[name] for name in ("min", "max") if args[name] is not None]
    if not limits:
        raise OpError("`clamp` needs `min` or `max`", code="E0203")
    if len({isinstance(limit, TensorType) for limit in limits}) > 1:
        message = "`min` and `max` must be both tensors or both numbers"
        raise OpError(message, arg="max", code="E0212", help="use `minimum` or `maximum`")
    return _joined((args["input"], *limits), "clamp")


def _joined(operands: tuple[TensorType, ...], name: str) -> TensorType:
    dtype = promoted(operands)
    if is_complex(dtype):
        raise OpError(f"`{name}` does not take {dtype} tensors", arg="input", code="E0304")
    return TensorType(dtype, broadcast(*(shape_of(o) for o in operands)))


def _lerp_rule(args: Arguments) -> TensorType:
    tensors = [o for o in (args["input"], args["end"], args["weight"]) if isinstance(o, TensorType)]
    for x in tensors:
        want_floating(x)
        if x.dtype != tensors[0].dtype:
            raise OpError(f"`lerp` mixes {tensors[0].dtype} and {x.dtype}", code="E0304")
    return TensorType(tensors[0].dtype, broadcast(*(x.shape for x in tensors)))


def _masked_fill_rule(args: Arguments) -> TensorType:
    x, mask = args["input"], args["mask"]
    if mask.dtype != "bool":
        raise OpError(f"`mask` must be bool, found {mask}", arg="mask", code="E0304")
    if isinstance(args["value"], TensorType) and args["value"].rank:
        message = f"`value` must be a number or have no dims, found {args['value']}"
        raise OpError(message, arg="value", code="E0302")
    return TensorType(x.dtype, broadcast(x.shape, mask.shape))


def _addc_rule(args: Arguments) -> TensorType:
    tensors = (args["input"], args["tensor1"], args["tensor2"])
    return TensorType(promoted(tensors), broadcast(*(x.shape for x in tensors)))


_CONDITION = Arg("condition", "tensor")
_ADDC = (
    X, Arg("tensor1", "tensor"), Arg("tensor2", "tensor"), Arg("value", "number", 1, keyword=True)
)  # fmt: skip
_MIN = Arg("min", "operand", None, optional=True)
_MAX = Arg("max", "operand", None, optional=True)
_CHOICES = (
    FunctionOp(
        "where", (_CONDITION, Arg("input", "operand"), Arg("other", "operand")),
        "input where the condition holds, else other.", function="torch.where", rule=_where_rule,
    ),
    FunctionOp(
        "Tensor.where", (X, _CONDITION, Arg("other", "operand")),
        "The tensor where the condition holds, else other.", method="where", rule=_where_rule,
    ),
    FunctionOp(
        "clamp", (X, _MIN, _MAX),
        "Limited to min ... max.", function="torch.clamp", method="clamp", rule=_clamp_rule,
    ),
    FunctionOp(
        "clip", (X, _MIN, _MAX),
        "The same as `clamp`.", function="torch.clip", method="clip", rule=_clamp_rule,
    ),
    FunctionOp(
        "lerp", (X, Arg("end", "tensor"), Arg("weight", "operand")),
        "input + weight * (end - input).", function="torch.lerp", method="lerp", rule=_lerp_rule,
    ),
    FunctionOp(
        "masked_fill", (X, Arg("mask", "tensor"), Arg("value", "operand")),
        "value where the mask holds.", function="torch.masked_fill", method="masked_fill",
        rule=_masked_fill_rule,
    ),
    FunctionOp(
        "addcmul", _ADDC, "input + value * tensor1 * tensor2.",
        function="torch.addcmul", method="addcmul", rule=_addc_rule,
    ),
)  # fmt: skip

ALL = (*_UNARY, *_ACTIVATIONS, *_BINARY, *_CHOICES)
