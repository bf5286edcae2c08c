"""Functions on feature maps that change their resolution or sample them."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from math import floor

from netwright.ir.dims import Dim, Size, at_least, known, mod, mul, same, show
from netwright.ir.types import TensorType
from netwright.ops.broadcast import check_same_dtype, show_shape
from netwright.ops.entry import Arg, Arguments, FunctionOp, OpError
from netwright.ops.functions.arguments import (
    X,
    refuse,
    several,
    want_floating,
    want_rank,
)  # fmt: skip

_MODES = {"nearest": (3, 4, 5), "nearest-exact": (3, 4, 5), "area": (3, 4, 5), "linear": (3,),
          "bilinear": (4,), "bicubic": (4,), "trilinear": (5,)}  # fmt: skip
_ALIGNABLE = ("linear", "bilinear", "bicubic", "trilinear")


def _interpolate_rule(args: Arguments) -> TensorType:
    """(B, C, *spatial) -> (B, C, *spatial')."""
    x, mode = args["input"], args["mode"]
    want_floating(x)
    want_rank(x, _MODES[mode])
    if args["align_corners"] is not None and mode not in _ALIGNABLE:
        remedy = "it is for " + ", ".join(_ALIGNABLE)
        raise refuse(f"`align_corners` does not apply to mode `{mode}`", "align_corners", remedy)
    if args["antialias"] and mode not in ("bilinear", "bicubic"):
        raise refuse(f"`antialias` does not apply to mode `{mode}`", "antialias")
    return TensorType(x.dtype, (*x.shape[:2], *_resized(x, args)))


def _resized(x: TensorType, args: Arguments) -> tuple[Size, ...]:
    """The new sizes: `size`, or the old ones times `scale_factor`, rounded down."""
    size, factor = args["size"], args["scale_factor"]
    if (size is None) == (factor is None):
        message = "`interpolate` needs `size` or `scale_factor`, not both"
        raise OpError(message, arg="size", code="E0203" if size is None else "E0308")
    count = x.rank - 2
    values = several(factor if size is None else size)
    values = values * count if not isinstance(factor if size is None else size, tuple) else values
    if len(values) != count:
        name = "scale_factor" if size is None else "size"
        raise refuse(f"`{name}` has {len(values)} values for {count} dims", name)
    if size is not None:
        if args["recompute_scale_factor"]:
            raise refuse("`recompute_scale_factor` needs `scale_factor`", "recompute_scale_factor")
        sizes = values
    else:
        pairs = zip(x.shape[2:], values, strict=True)
        sizes = tuple(scaled(own, number) for own, number in pairs)
    if any(at_least(s, 1) is False for s in sizes):
        raise refuse(f"a map of {show_shape(sizes)}", "scale_factor" if size is None else "size")
    return sizes


def scaled(size: Size, factor: object) -> Size:
    """`floor(size * factor)`, in floating point as torch computes it.

    A symbolic size stays symbolic where the factor is a plain fraction: 2, 0.5, 1.5, 1 / 3.
    """
    number = known(factor) if isinstance(factor, Dim) else factor
    if isinstance(number, bool) or not isinstance(number, int | float):
        raise OpError("`scale_factor` wants numbers", arg="scale_factor", code="E0212")
    whole, fraction = known(size), Fraction(number).limit_denominator(64)
    if isinstance(size, Dim) and _is_exact(number, fraction):
        return mul(size, fraction.numerator) // fraction.denominator
    if whole is None:
        remedy = "give `size`, or a plain fraction"
        message = f"{show(size)} times {number}, rounded down"
        raise OpError(message, arg="scale_factor", code="E0306", help=remedy)
    return floor(float(whole) * number)


@lru_cache
def _is_exact(number: float, fraction: Fraction) -> bool:
    """Whether scaling by either is the same for all sizes that maps have, up to 16384.

    Rounding can differ by one: `floor(49 * (1 / 49))` is 0.
    """
    if fraction == number:
        return True
    above, below = fraction.as_integer_ratio()
    return all(floor(size * number) == size * above // below for size in range(1, 16385))


def _pixel_shuffle_rule(args: Arguments) -> TensorType:
    """(..., C * r * r, H, W) -> (..., C, H * r, W * r)."""
    x, r = args["input"], args["upscale_factor"]
    _want_map(x)
    _want_positive(r, "upscale_factor")
    channels, height, width = x.shape[-3:]
    if known(mod(channels, mul(r, r))) not in (0, None):
        message = f"{show(channels)} channels do not divide by {show(mul(r, r))}"
        raise OpError(message, arg="upscale_factor")
    sizes = (channels // mul(r, r), mul(height, r), mul(width, r))
    return TensorType(x.dtype, (*x.shape[:-3], *sizes))


def _pixel_unshuffle_rule(args: Arguments) -> TensorType:
    """(..., C, H * r, W * r) -> (..., C * r * r, H, W)."""
    x, r = args["input"], args["downscale_factor"]
    _want_map(x)
    _want_positive(r, "downscale_factor")
    for size in x.shape[-2:]:
        if known(mod(size, r)) not in (0, None):
            raise OpError(f"{show(size)} does not divide by {show(r)}", arg="downscale_factor")
    channels, height, width = x.shape[-3:]
    sizes = (mul(channels, mul(r, r)), height // r, width // r)
    return TensorType(x.dtype, (*x.shape[:-3], *sizes))


def _channel_shuffle_rule(args: Arguments) -> TensorType:
    x: TensorType = args["input"]
    if x.rank < 3:
        message = f"`input` must have 3 dims or more, found {x}"
        raise OpError(message, arg="input", code="E0302")
    _want_positive(args["groups"], "groups")
    if known(mod(x.shape[1], args["groups"])) not in (0, None):
        message = f"{show(x.shape[1])} channels do not divide into {show(args['groups'])} groups"
        raise OpError(message, arg="groups")
    return x


def _want_map(x: TensorType) -> None:
    if x.rank < 3:
        message = f"`input` must have 3 dims or more, found {x}"
        raise OpError(message, arg="input", code="E0302")


def _want_positive(size: Size, arg: str) -> None:
    if at_least(size, 1) is False:
        raise refuse(f"`{arg}` is {show(size)}", arg)


def _pad_rule(args: Arguments) -> TensorType:
    """Pairs of counts from the last dim to the first, as torch reads them."""
    x, counts = args["input"], args["pad"]
    if not isinstance(counts, tuple) or len(counts) % 2 or len(counts) > 2 * x.rank:
        raise refuse(f"`pad` wants pairs for at most {x.rank} dims", "pad")
    if args["mode"] != "constant":
        _check_pad_mode(x, counts, args["mode"])
    shape = list(x.shape)
    for i in range(len(counts) // 2):
        before, after = counts[2 * i], counts[2 * i + 1]
        cut = [n for n in (before, after) if (known(n) or 0) < 0]
        if at_least(sum(cut, shape[-1 - i]), 0) is False:
            raise refuse(f"{x} padded by {show(before)} and {show(after)}", "pad")
        shape[-1 - i] = shape[-1 - i] + before + after
    return TensorType(x.dtype, tuple(shape))


def _check_pad_mode(x: TensorType, counts: tuple[Size, ...], mode: str) -> None:
    dims = len(counts) // 2
    if x.rank - dims not in (1, 2) or not 1 <= dims <= 3:
        message = f"mode `{mode}` pads the last 1 to 3 dims after channels, found {x}"
        raise OpError(message, arg="mode", code="E0302")
    for i, count in enumerate(counts):
        size = x.shape[-1 - i // 2]
        limit = {"reflect": size - 1, "circular": size}.get(mode)
        if limit is not None and at_least(limit, count) is False:
            raise refuse(f"mode `{mode}` cannot pad {show(size)} by {show(count)}", "pad")


def _grid_sample_rule(args: Arguments) -> TensorType:
    """(B, C, H, W) at (B, H', W', 2) -> (B, C, H', W'); with a depth likewise."""
    x, grid = args["input"], args["grid"]
    want_floating(x)
    want_rank(x, [4, 5])
    want_rank(grid, [x.rank], "grid")
    check_same_dtype(x, grid)
    if not same(x.shape[0], grid.shape[0]):
        raise OpError(f"batches of {x} and {grid} differ", arg="grid")
    if not same(grid.shape[-1], x.rank - 2):
        message = f"the last dim of `grid` must be {x.rank - 2}, found {grid}"
        raise OpError(message, arg="grid")
    if args["mode"] == "bicubic" and x.rank == 5:
        raise refuse("mode `bicubic` is for maps with 2 dims", "mode")
    return TensorType(x.dtype, (*x.shape[:2], *grid.shape[1:-1]))


def _affine_grid_rule(args: Arguments) -> TensorType:
    theta, size = args["theta"], several(args["size"])
    want_floating(theta, "theta")
    count = len(size) - 2
    if count not in (2, 3):
        raise refuse(f"`size` must be that of a map, found {show_shape(size)}", "size")
    wanted = (size[0], count, count + 1)
    fits = theta.rank == 3 and all(same(a, b) for a, b in zip(theta.shape, wanted, strict=True))
    if not fits:
        raise OpError(f"`theta` must be {show_shape(wanted)}, found {theta}", arg="theta")
    return TensorType(theta.dtype, (size[0], *size[2:], count))


def _pair(value: object, arg: str) -> tuple[Size, Size]:
    values = several(value)
    if len(values) == 1:
        return values[0], values[0]
    if len(values) != 2:
        raise refuse(f"`{arg}` wants one or two numbers", arg)
    return values[0], values[1]


def _positions(args: Arguments, sizes: tuple[Size, Size]) -> Size:
    """How many windows slide over a map of `sizes`."""
    names = ("kernel_size", "dilation", "padding", "stride")
    kernel, dilation, padding, stride = (_pair(args[name], name) for name in names)
    total: Size = 1
    for i in range(2):
        for values, name, least in (
            (kernel, "kernel_size", 1), (dilation, "dilation", 1),
            (padding, "padding", 0), (stride, "stride", 1),
        ):  # fmt: skip
            if at_least(values[i], least) is False:
                raise refuse(f"`{name}` is {show(values[i])}", name)
        padded = sizes[i] + 2 * padding[i]
        span = dilation[i] * (kernel[i] - 1) + 1
        if at_least(padded, span) is False:
            message = f"kernel of {show(span)} is larger than the padded input {show(padded)}"
            raise OpError(message, arg="kernel_size")
        total = mul(total, (padded - span) // stride[i] + 1)
    return total


def _want_movable(x: TensorType) -> None:
    """Refuse what torch does not unfold or fold: integers."""
    if x.dtype != "bool":
        want_floating(x)


def _unfold_rule(args: Arguments) -> TensorType:
    """(B, C, H, W) -> (B, C * k * k, L)."""
    x: TensorType = args["input"]
    want_rank(x, [3, 4])
    _want_movable(x)
    kernel = _pair(args["kernel_size"], "kernel_size")
    columns = _positions(args, (x.shape[-2], x.shape[-1]))
    rows = mul(x.shape[-3], mul(*kernel))
    return TensorType(x.dtype, (*x.shape[:-3], rows, columns))


def _fold_rule(args: Arguments) -> TensorType:
    """(B, C * k * k, L) -> (B, C, H, W)."""
    x: TensorType = args["input"]
    want_rank(x, [2, 3])
    _want_movable(x)
    kernel = _pair(args["kernel_size"], "kernel_size")
    size = _pair(args["output_size"], "output_size")
    taps = mul(*kernel)
    if known(mod(x.shape[-2], taps)) not in (0, None):
        raise OpError(f"{show(x.shape[-2])} does not divide by {show(taps)}", arg="kernel_size")
    wanted = _positions(args, size)
    if not same(x.shape[-1], wanted):
        message = f"{show(wanted)} windows slide over {show_shape(size)}, the input has "
        raise OpError(message + show(x.shape[-1]), arg="output_size")
    return TensorType(x.dtype, (*x.shape[:-2], x.shape[-2] // taps, *size))


# The table ----------------------------------------------------------------------------------

_ALIGN = Arg("align_corners", "bool", None, optional=True)
_WINDOW = (
    Arg("kernel_size", "sizes"), Arg("dilation", "sizes", 1),
    Arg("padding", "sizes", 0), Arg("stride", "sizes", 1),
)  # fmt: skip


def _f(name: str, rule: object, doc: str, *args: Arg) -> FunctionOp:
    assert callable(rule)
    return FunctionOp(name, args, doc, function=f"F.{name}", rule=rule)


ALL = (
    _f("interpolate", _interpolate_rule, "Resized to `size` or by `scale_factor`.",
       X, Arg("size", "sizes", None, optional=True),
       Arg("scale_factor", "any", None, optional=True),
       Arg("mode", "str", "nearest", choices=tuple(_MODES)), _ALIGN,
       Arg("recompute_scale_factor", "bool", None, optional=True),
       Arg("antialias", "bool", False)),
    _f("pixel_shuffle", _pixel_shuffle_rule, "Channels into pixels (arXiv:1609.05158).",
       X, Arg("upscale_factor", "size")),
    _f("pixel_unshuffle", _pixel_unshuffle_rule, "Pixels into channels.",
       X, Arg("downscale_factor", "size")),
    _f("channel_shuffle", _channel_shuffle_rule, "Channels of groups mixed (arXiv:1707.01083).",
       X, Arg("groups", "size")),
    _f("pad", _pad_rule, "Padded, by pairs from the last dim to the first.",
       X, Arg("pad", "sizes"),
       Arg("mode", "str", "constant", choices=("constant", "reflect", "replicate", "circular")),
       Arg("value", "float", None, optional=True)),
    _f("grid_sample", _grid_sample_rule, "A map sampled at places (arXiv:1506.02025).",
       X, Arg("grid", "tensor"),
       Arg("mode", "str", "bilinear", choices=("bilinear", "nearest", "bicubic")),
       Arg("padding_mode", "str", "zeros", choices=("zeros", "border", "reflection")), _ALIGN),
    _f("affine_grid", _affine_grid_rule, "The places of an affine map (arXiv:1506.02025).",
       Arg("theta", "tensor"), Arg("size", "sizes"), _ALIGN),
    _f("unfold", _unfold_rule, "Windows of a map as columns.", X, *_WINDOW),
    _f("fold", _fold_rule, "Columns added up to a map.",
       X, Arg("output_size", "sizes"), *_WINDOW),
)  # fmt: skip
