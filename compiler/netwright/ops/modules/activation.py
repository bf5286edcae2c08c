"""Activations: a row each for the pointwise ones, rules for those along a dim."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from netwright.ir.dims import floordiv, known, mod, show
from netwright.ir.types import TensorType, is_complex, is_float
from netwright.ops.entry import Arg, Arguments, ModuleOp, OpError, Weight
from netwright.ops.modules.checks import (
    need_axis,
    need_build_dtype,
    need_floating,
    need_positive,
    need_rank,
    need_real,
    need_size,
    tensor,
)


def _floating(x: TensorType) -> TensorType:
    need_floating(x, "input")
    return x


def _real(x: TensorType) -> TensorType:
    need_real(x, "input")
    return x


def _rising(x: TensorType) -> TensorType:
    """Integers become the build's floating dtype."""
    if is_float(x.dtype) or is_complex(x.dtype):
        return x
    return TensorType("float", x.shape)


def _rising_number(x: TensorType) -> TensorType:
    """As `_rising`, without bool."""
    if x.dtype == "bool":
        raise OpError("needs numbers but receives bool", arg="input", code="E0304")
    return _rising(x)


Accepts = Callable[[TensorType], TensorType]


def _pointwise(accepts: Accepts, args: Arguments) -> TensorType:
    return accepts(tensor(args, "input"))


_INPUTS = (Arg("input", "tensor"),)
_INPLACE = Arg("inplace", "bool", False, doc="Write over the input.")
_ALPHA = Arg("alpha", "number", 1.0, doc="Scale of the negative part.")
_LAMBD = Arg("lambd", "number", 0.5, doc="Half the width of the dead zone.")

_ROWS: tuple[tuple[str, Accepts, tuple[Arg, ...], str], ...] = (
    ("CELU", _floating, (_ALPHA, _INPLACE), "max(0, x) + min(0, α(exp(x/α) - 1))"),
    ("ELU", _floating, (_ALPHA, _INPLACE), "x where x > 0, else α(exp(x) - 1)"),
    (
        "GELU",
        _floating,
        (Arg("approximate", "str", "none", choices=("none", "tanh"), doc="`tanh` is faster."),),
        "x Φ(x) with the normal distribution's Φ",
    ),
    ("Hardshrink", _floating, (_LAMBD,), "x where |x| > λ, else 0"),
    ("Hardsigmoid", _floating, (_INPLACE,), "clamp(x / 6 + 1 / 2, 0, 1)"),
    ("Hardswish", _floating, (_INPLACE,), "x · hardsigmoid(x)"),
    (
        "Hardtanh",
        _real,
        (
            Arg("min_val", "number", -1.0, doc="Least value."),
            Arg("max_val", "number", 1.0, doc="Greatest value."),
            _INPLACE,
        ),
        "clamp(x, min_val, max_val)",
    ),
    (
        "LeakyReLU",
        _floating,
        (Arg("negative_slope", "number", 0.01, doc="Slope below 0."), _INPLACE),
        "x where x > 0, else slope · x",
    ),
    ("LogSigmoid", _floating, (), "log(sigmoid(x))"),
    ("Mish", _floating, (_INPLACE,), "x · tanh(softplus(x))"),
    ("ReLU", _real, (_INPLACE,), "max(0, x)"),
    ("ReLU6", _real, (_INPLACE,), "clamp(x, 0, 6)"),
    ("SELU", _floating, (_INPLACE,), "ELU scaled to keep mean 0 and variance 1"),
    ("SiLU", _floating, (_INPLACE,), "x · sigmoid(x)"),
    ("Sigmoid", _rising, (), "1 / (1 + exp(-x))"),
    (
        "Softplus",
        _floating,
        (
            Arg("beta", "number", 1.0, doc="Sharpness."),
            Arg("threshold", "number", 20.0, doc="Linear above this."),
        ),
        "log(1 + exp(βx)) / β",
    ),
    ("Softshrink", _floating, (_LAMBD,), "x moved by λ towards 0"),
    ("Softsign", _rising_number, (), "x / (1 + |x|)"),
    ("Tanh", _rising, (), "tanh(x)"),
    ("Tanhshrink", _rising_number, (), "x - tanh(x)"),
    (
        "Threshold",
        _real,
        (
            Arg("threshold", "number", doc="Kept above this."),
            Arg("value", "number", doc="What replaces the rest."),
            _INPLACE,
        ),
        "x where x > threshold, else value",
    ),
)


def _row(name: str, accepts: Accepts, args: tuple[Arg, ...], doc: str) -> ModuleOp:
    rule = partial(_pointwise, accepts)
    return ModuleOp(name, f"nn.{name}", args, _INPUTS, f"Pointwise: {doc}.", rule=rule)


def _rrelu(args: Arguments) -> TensorType:
    x = tensor(args, "input")
    need_floating(x, "input")
    if args["lower"] > args["upper"]:
        raise OpError("`lower` is greater than `upper`", arg="lower", code="E0308")
    return x


def _prelu(args: Arguments) -> TensorType:
    """(B, C, ...), with one slope or one for each of the channels."""
    x = tensor(args, "input")
    need_build_dtype(x, "input")
    slopes = args["num_parameters"]
    need_positive(slopes, "num_parameters")
    if known(slopes) != 1:
        if x.rank == 0:
            raise OpError("needs an input with dims", arg="input", code="E0302")
        channels = x.shape[1] if x.rank > 1 else 1
        need_size(channels, slopes, "channels", "num_parameters")
    return x


def _softmax(args: Arguments) -> TensorType:
    x = tensor(args, "input")
    need_floating(x, "input")
    if args["dim"] is None:
        raise OpError("needs `dim`", arg="dim", code="E0203", help="the last is `dim=-1`")
    need_axis(args["dim"], x.rank, "dim")
    return x


def _softmax2d(args: Arguments) -> TensorType:
    x = tensor(args, "input")
    need_floating(x, "input")
    need_rank(x, "input", (3, 4), "(B, C, H, W)")
    return x


def _glu(args: Arguments) -> TensorType:
    """The first half of `dim`, gated by the second."""
    x = tensor(args, "input")
    need_floating(x, "input")
    if x.rank == 0:
        raise OpError("needs an input with dims", arg="input", code="E0302")
    axis = need_axis(args["dim"], x.rank, "dim")
    size = x.shape[axis]
    if known(mod(size, 2)) == 1:
        raise OpError(f"size {show(size)} is odd and cannot be halved", arg="input")
    return TensorType(x.dtype, (*x.shape[:axis], floordiv(size, 2), *x.shape[axis + 1 :]))


_DIM = Arg("dim", "axis", None, optional=True, doc="The dim that sums to 1.")


def _along(name: str, doc: str) -> ModuleOp:
    return ModuleOp(name, f"nn.{name}", (_DIM,), _INPUTS, doc, rule=_softmax)


OPS = (
    *(_row(*row) for row in _ROWS),
    ModuleOp(
        "RReLU",
        "nn.RReLU",
        (
            Arg("lower", "float", 1.0 / 8, doc="Least slope."),
            Arg("upper", "float", 1.0 / 3, doc="Greatest slope."),
            _INPLACE,
        ),
        _INPUTS,
        "Pointwise: a leaky ReLU whose slope is random in training.",
        rule=_rrelu,
        train=True,
    ),
    ModuleOp(
        "PReLU",
        "nn.PReLU",
        (
            Arg("num_parameters", "size", 1, doc="1, or the number of channels."),
            Arg("init", "number", 0.25, doc="First value of the slopes."),
        ),
        _INPUTS,
        "Pointwise: a leaky ReLU with learned slopes.",
        rule=_prelu,
        weights=lambda args: (Weight("weight", (args["num_parameters"],)),),
    ),
    ModuleOp(
        "GLU",
        "nn.GLU",
        (Arg("dim", "axis", -1, doc="The dim that is halved."),),
        _INPUTS,
        "Gated linear unit: the first half of a dim times the sigmoid of the second.",
        rule=_glu,
    ),
    _along("Softmax", "exp(x) / sum(exp(x)) along a dim."),
    _along("LogSoftmax", "log(softmax(x)) along a dim."),
    _along("Softmin", "softmax(-x) along a dim."),
    ModuleOp(
        "Softmax2d",
        "nn.Softmax2d",
        (),
        _INPUTS,
        "Softmax over the channels of (B, C, H, W).",
        rule=_softmax2d,
    ),
)
