"""Convolutions and transposed convolutions, in one, two and three dims."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from netwright.ir.dims import Size, at_least, floordiv, known, product, show
from netwright.ir.types import TensorType
from netwright.ops.entry import Arg, Arguments, ModuleOp, OpError, Result, Weight
from netwright.ops.modules.checks import (
    need_build_dtype,
    need_fit,
    need_inferred,
    need_multiple,
    need_positive,
    need_rank,
    padding_per_axis,
    per_axis,
    positive_per_axis,
    tensor,
    windows,
)

LAYOUTS = {1: "(B, C, L)", 2: "(B, C, H, W)", 3: "(B, C, D, H, W)"}
PADDING_MODES = ("zeros", "reflect", "replicate", "circular")


def in_channels(count: int, inputs: Arguments) -> Size:
    """The channels of the input: the dim before the `count` spatial ones."""
    x = tensor(inputs, "input")
    need_rank(x, "input", (count + 1, count + 2), LAYOUTS[count])
    return x.shape[-count - 1]


def conv(count: int, args: Arguments) -> TensorType:
    """(B, C, *spatial) -> (B, out_channels, *spatial'), with or without B."""
    x = tensor(args, "input")
    _check(count, x, args)
    kernel = positive_per_axis(args, "kernel_size", count)
    stride = positive_per_axis(args, "stride", count)
    dilation = positive_per_axis(args, "dilation", count)
    spatial = x.shape[-count:]
    if args["padding"] == "same":
        _need_stride_one(stride)
        pads = tuple(d * (k - 1) for k, d in zip(kernel, dilation, strict=True))
        halves: tuple[Size, ...] = tuple(p - floordiv(p, 2) for p in pads)
    else:
        halves = (0,) * count if args["padding"] == "valid" else padding_per_axis(args, count)
        pads = tuple(2 * p for p in halves)
    _check_padding_mode(spatial, halves, args["padding_mode"])
    sizes = []
    for size, k, s, d, pad in zip(spatial, kernel, stride, dilation, pads, strict=True):
        span = d * (k - 1) + 1
        need_fit(span, size + pad, k)
        sizes.append(windows(size + pad, span, s))
    return TensorType(x.dtype, (*x.shape[: -count - 1], args["out_channels"], *sizes))


def _check(count: int, x: TensorType, args: Arguments) -> None:
    need_build_dtype(x, "input")
    need_rank(x, "input", (count + 1, count + 2), LAYOUTS[count])
    need_inferred(x.shape[-count - 1], args, "in_channels", "input channels")
    need_positive(args["in_channels"], "in_channels")
    need_positive(args["out_channels"], "out_channels")
    need_multiple(args["in_channels"], args["groups"], "groups", "`in_channels`")
    need_multiple(args["out_channels"], args["groups"], "groups", "`out_channels`")


def _need_stride_one(stride: tuple[Size, ...]) -> None:
    if any(known(s) != 1 for s in stride):
        raise OpError("padding `same` needs a stride of 1", arg="stride", code="E0308")


def _check_padding_mode(spatial: tuple[Size, ...], pads: tuple[Size, ...], mode: str) -> None:
    """Reflected padding needs more than it copies, wrapped padding as much."""
    slack = {"reflect": 1, "circular": 0}.get(mode)
    if slack is None:
        return
    for size, pad in zip(spatial, pads, strict=True):
        if at_least(size, pad + slack) is False:
            raise OpError(
                f"{mode} padding of {show(pad)} is too large for the size {show(size)}",
                arg="padding",
            )


def conv_transpose(count: int, args: Arguments) -> TensorType:
    """(B, C, *spatial) -> (B, out_channels, *spatial'), with or without B."""
    x = tensor(args, "input")
    _check(count, x, args)
    kernel = positive_per_axis(args, "kernel_size", count)
    stride = positive_per_axis(args, "stride", count)
    dilation = positive_per_axis(args, "dilation", count)
    padding = padding_per_axis(args, count)
    if args.get("output_size") is None:
        extra = per_axis(args, "output_padding", count)
    else:
        extra = (0,) * count
    least = tuple(
        (size - 1) * s - 2 * p + d * (k - 1) + 1
        for size, k, s, p, d in zip(
            x.shape[-count:], kernel, stride, padding, dilation, strict=True
        )
    )
    sizes = _asked_sizes(count, args, least, stride)
    if sizes is None:
        _check_output_padding(extra, stride, dilation)
        sizes = tuple(size + e for size, e in zip(least, extra, strict=True))
    for size in sizes:
        if at_least(size, 1) is False:
            raise OpError(f"the output would have the size {show(size)}", arg="padding")
    return TensorType(x.dtype, (*x.shape[: -count - 1], args["out_channels"], *sizes))


def _check_output_padding(
    extra: tuple[Size, ...], stride: tuple[Size, ...], dilation: tuple[Size, ...]
) -> None:
    for e, s, d in zip(extra, stride, dilation, strict=True):
        if at_least(e, 0) is False or (at_least(e, s) and at_least(e, d)):
            raise OpError(
                f"`output_padding` {show(e)} must be less than the stride {show(s)}"
                f" or the dilation {show(d)}",
                arg="output_padding",
                code="E0308",
            )


def _asked_sizes(
    count: int, args: Arguments, least: tuple[Size, ...], stride: tuple[Size, ...]
) -> tuple[Size, ...] | None:
    """The spatial sizes that `output_size` asks for; they lie within one stride of `least`."""
    if args.get("output_size") is None:
        return None
    asked = tuple(args["output_size"])
    if len(asked) in (count + 1, count + 2):
        asked = asked[-count:]
    if len(asked) != count:
        raise OpError(
            f"`output_size` needs {count} sizes but has {len(asked)}",
            arg="output_size",
            code="E0308",
        )
    for size, low, s in zip(asked, least, stride, strict=True):
        if at_least(size, low) is False or at_least(low + s - 1, size) is False:
            raise OpError(
                f"`output_size` {show(size)} is not from {show(low)} to {show(low + s - 1)}",
                arg="output_size",
            )
    return asked


def _weights(count: int, args: Arguments) -> tuple[Weight, ...]:
    kernel = per_axis(args, "kernel_size", count)
    into = floordiv(args["in_channels"], args["groups"])
    return _with_bias((args["out_channels"], into, *kernel), args)


def _transposed_weights(count: int, args: Arguments) -> tuple[Weight, ...]:
    kernel = per_axis(args, "kernel_size", count)
    out = floordiv(args["out_channels"], args["groups"])
    return _with_bias((args["in_channels"], out, *kernel), args)


def _with_bias(shape: tuple[Size, ...], args: Arguments) -> tuple[Weight, ...]:
    weight = Weight("weight", shape)
    return (weight, Weight("bias", (args["out_channels"],))) if args["bias"] else (weight,)


def _flops(count: int, args: Arguments, result: Result) -> Size:
    """Two for each weight at each output position."""
    assert isinstance(result, TensorType)
    return 2 * _batch(count, result) * _positions(count, result) * _taps(count, args)


def _transposed_flops(count: int, args: Arguments, result: Result) -> Size:
    """Two for each weight at each input position."""
    x = tensor(args, "input")
    return 2 * _batch(count, x) * _positions(count, x) * _taps(count, args)


def _taps(count: int, args: Arguments) -> Size:
    kernel = product(per_axis(args, "kernel_size", count))
    return floordiv(args["in_channels"] * args["out_channels"], args["groups"]) * kernel


def _batch(count: int, x: TensorType) -> Size:
    return product(x.shape[: -count - 1])


def _positions(count: int, x: TensorType) -> Size:
    return product(x.shape[-count:])


_INPUT = Arg("input", "tensor")
_CHANNELS = (
    Arg("in_channels", "size", doc="Channels of the input; inferred."),
    Arg("out_channels", "size", doc="Channels of the output."),
    Arg("kernel_size", "ints", doc="Size of the window."),
    Arg("stride", "ints", 1, doc="Distance between windows."),
)
_GROUPS = Arg("groups", "int", 1, doc="Groups of channels that do not see one another.")
_BIAS = Arg("bias", "bool", True, doc="Add a learned bias to each output channel.")
_DILATION = Arg("dilation", "ints", 1, doc="Distance between the taps of a window.")

_CONV_ARGS = (
    *_CHANNELS,
    Arg("padding", "ints", 0, choices=("same", "valid"), doc="Padding on both sides."),
    _DILATION,
    _GROUPS,
    _BIAS,
    Arg("padding_mode", "str", "zeros", choices=PADDING_MODES, doc="What the padding holds."),
)

_TRANSPOSE_ARGS = (
    *_CHANNELS,
    Arg("padding", "ints", 0, doc="Cut from both sides of the output."),
    Arg("output_padding", "ints", 0, doc="Added to one side of the output."),
    _GROUPS,
    _BIAS,
    _DILATION,
    Arg("padding_mode", "str", "zeros", choices=("zeros",), doc="Only zeros."),
)


def _infer(count: int) -> Mapping[str, partial[Size]]:
    return {"in_channels": partial(in_channels, count)}


def _conv(count: int) -> ModuleOp:
    return ModuleOp(
        f"Conv{count}d",
        f"nn.Conv{count}d",
        _CONV_ARGS,
        (_INPUT,),
        f"{count}-D convolution over {LAYOUTS[count]}.",
        infer=_infer(count),
        rule=partial(conv, count),
        weights=partial(_weights, count),
        flops=partial(_flops, count),
    )


def _conv_transpose(count: int) -> ModuleOp:
    return ModuleOp(
        f"ConvTranspose{count}d",
        f"nn.ConvTranspose{count}d",
        _TRANSPOSE_ARGS,
        (_INPUT, Arg("output_size", "sizes", None, optional=True)),
        f"{count}-D transposed convolution over {LAYOUTS[count]}.",
        infer=_infer(count),
        rule=partial(conv_transpose, count),
        weights=partial(_transposed_weights, count),
        flops=partial(_transposed_flops, count),
    )


OPS = (*map(_conv, (1, 2, 3)), *map(_conv_transpose, (1, 2, 3)))
