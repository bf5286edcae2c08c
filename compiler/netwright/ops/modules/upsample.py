"""Upsampling to a size or by a factor."""

from __future__ import annotations

from fractions import Fraction
from functools import partial
from math import floor
from typing import Any

from netwright.ir.dims import Dim, Size, floordiv, known, show
from netwright.ir.types import TensorType
from netwright.ops.entry import Arg, Arguments, ModuleOp, OpError
from netwright.ops.modules.checks import (
    need_floating,
    need_positive,
    need_rank,
    tensor,
)

RANKS = {"linear": 3, "bilinear": 4, "bicubic": 4, "trilinear": 5}
"""The modes that take one rank only."""
NEAREST = ("nearest", "nearest-exact")
MODES = ("nearest", "nearest-exact", "linear", "bilinear", "bicubic", "trilinear", "area")
EXACT_DENOMINATOR = 1024
"""Up to this power of two, `floor(size * factor)` is the same in floating point and in integers."""


def scaled(size: Size, factor: float) -> Size:
    """`floor(size * factor)` as torch computes it.

    Raises OpError where the size is symbolic and the factor no short binary fraction, since
    rounding then depends on the size.
    """
    number = known(size)
    if isinstance(size, int) and number is not None:
        return floor(float(number) * factor)
    ratio = Fraction(factor)
    if ratio.denominator <= EXACT_DENOMINATOR:
        return floordiv(size * ratio.numerator, ratio.denominator)
    if number is not None:
        return floor(float(number) * factor)
    raise OpError(
        f"the size {show(size)} times {factor} is only known at run time",
        arg="scale_factor",
        code="E0306",
        help="give `size`, or a factor such as 2 or 0.5",
    )


def upsample(mode: str | None, args: Arguments) -> TensorType:
    """(B, C, *spatial) -> (B, C, *spatial'); `mode` is set for the classes that have only one."""
    x = tensor(args, "input")
    chosen: str = args["mode"] if mode is None else mode
    if x.dtype != "uint8" or chosen not in NEAREST:
        need_floating(x, "input")
    _check_rank(x, chosen)
    if args.get("align_corners") is not None and chosen in (*NEAREST, "area"):
        raise OpError(
            f"`align_corners` has no meaning for {chosen}", arg="align_corners", code="E0308"
        )
    sizes = _sizes(x, args)
    for size in sizes:
        need_positive(size, "size" if args["size"] is not None else "scale_factor")
    return TensorType(x.dtype, (*x.shape[:2], *sizes))


def _check_rank(x: TensorType, mode: str) -> None:
    wanted = (RANKS[mode],) if mode in RANKS else (3, 4, 5)
    need_rank(x, "input", wanted, "(B, C, *spatial)")


def _sizes(x: TensorType, args: Arguments) -> tuple[Size, ...]:
    spatial = x.shape[2:]
    size, factor = args["size"], args["scale_factor"]
    if (size is None) == (factor is None):
        raise OpError("needs either `size` or `scale_factor`", arg="size", code="E0203")
    if size is not None:
        _check_recompute(args)
        return _each(size, len(spatial), "size")
    factors = _each(factor, len(spatial), "scale_factor")
    return tuple(_times(s, f) for s, f in zip(spatial, factors, strict=True))


def _times(size: Size, factor: Size | float) -> Size:
    """A size times a factor; an integer that came from a name is a size with a known number."""
    if not isinstance(factor, Dim):
        return scaled(size, float(factor))
    if known(factor) is None:
        message = f"the factor {show(factor)} is only known at run time"
        raise OpError(message, arg="scale_factor", code="E0306")
    return factor * size


def _check_recompute(args: Arguments) -> None:
    if args.get("recompute_scale_factor"):
        raise OpError(
            "`recompute_scale_factor` has no meaning beside `size`",
            arg="recompute_scale_factor",
            code="E0308",
        )


def _each(value: Any, count: int, name: str) -> tuple[Any, ...]:
    """One number for all dims, or one each."""
    values = tuple(value) if isinstance(value, tuple | list) else (value,) * count
    if len(values) != count:
        raise OpError(
            f"`{name}` needs {count} numbers but has {len(values)}", arg=name, code="E0308"
        )
    return values


_SIZE = Arg("size", "ints", None, optional=True, doc="Spatial sizes of the output.")
_FACTOR = Arg("scale_factor", "any", None, optional=True, doc="How much larger, for all or each.")
_INPUTS = (Arg("input", "tensor"),)

OPS = (
    ModuleOp(
        "Upsample",
        "nn.Upsample",
        (
            _SIZE,
            _FACTOR,
            Arg("mode", "str", "nearest", choices=MODES, doc="How values are found."),
            Arg("align_corners", "bool", None, optional=True, doc="Keep the corners' values."),
            Arg("recompute_scale_factor", "bool", None, optional=True, doc="From the sizes."),
        ),
        _INPUTS,
        "Resize the spatial dims of (B, C, *spatial).",
        rule=partial(upsample, None),
    ),
    ModuleOp(
        "UpsamplingNearest2d",
        "nn.UpsamplingNearest2d",
        (_SIZE, _FACTOR),
        _INPUTS,
        "`Upsample` with mode `nearest`.",
        rule=partial(upsample, "nearest"),
    ),
    ModuleOp(
        "UpsamplingBilinear2d",
        "nn.UpsamplingBilinear2d",
        (_SIZE, _FACTOR),
        _INPUTS,
        "`Upsample` with mode `bilinear` and aligned corners.",
        rule=partial(upsample, "bilinear"),
    ),
)
