"""Modules that only move values: flatten, fold, shuffle."""

from __future__ import annotations

from netwright.ir.dims import Size, floordiv, known, mod, product, show
from netwright.ir.types import TensorType
from netwright.ops.entry import Arg, Arguments, ModuleOp, OpError
from netwright.ops.modules.checks import (
    need_axis,
    need_fit,
    need_floating,
    need_multiple,
    need_rank,
    need_rank_from,
    need_size,
    padding_per_axis,
    per_axis,
    positive_per_axis,
    tensor,
    windows,
)


def _flatten(args: Arguments) -> TensorType:
    """The dims from `start_dim` to `end_dim` as one; a tensor without dims gets one."""
    x = tensor(args, "input")
    start = need_axis(args["start_dim"], x.rank, "start_dim")
    end = need_axis(args["end_dim"], x.rank, "end_dim")
    if start > end:
        raise OpError("`start_dim` is behind `end_dim`", arg="start_dim", code="E0308")
    merged = product(x.shape[start : end + 1])
    return TensorType(x.dtype, (*x.shape[:start], merged, *x.shape[end + 1 :]))


def _unflatten(args: Arguments) -> TensorType:
    """One dim as several; a size of -1 follows from the others."""
    x = tensor(args, "input")
    need_rank_from(x, "input", 1)
    axis = need_axis(args["dim"], x.rank, "dim")
    asked = args["unflattened_size"]
    if not isinstance(asked, tuple | list) or not asked:
        raise OpError("needs a list of sizes", arg="unflattened_size", code="E0308")
    sizes = _filled(x.shape[axis], tuple(asked))
    return TensorType(x.dtype, (*x.shape[:axis], *sizes, *x.shape[axis + 1 :]))


def _filled(size: Size, asked: tuple[Size, ...]) -> tuple[Size, ...]:
    open_axes = [i for i, part in enumerate(asked) if known(part) == -1]
    rest = product([part for part in asked if known(part) != -1])
    if len(open_axes) > 1:
        raise OpError("only one size can be -1", arg="unflattened_size", code="E0308")
    if not open_axes:
        need_size(size, rest, "values to unflatten", "unflattened_size")
        return asked
    need_multiple(size, rest, "unflattened_size", "the size")
    return tuple(floordiv(size, rest) if i in open_axes else p for i, p in enumerate(asked))


def _blocks(spatial: tuple[Size, ...], args: Arguments) -> Size:
    """How many windows fit into the two spatial dims."""
    kernel = positive_per_axis(args, "kernel_size", 2)
    dilation = positive_per_axis(args, "dilation", 2)
    stride = positive_per_axis(args, "stride", 2)
    counts = []
    for size, k, d, s, pad in zip(
        spatial, kernel, dilation, stride, padding_per_axis(args, 2), strict=True
    ):
        span = d * (k - 1) + 1
        need_fit(span, size + 2 * pad, k)
        counts.append(windows(size + 2 * pad, span, s))
    return product(counts)


def _need_movable(x: TensorType) -> None:
    """Refuse what torch does not unfold or fold: integers."""
    if x.dtype != "bool":
        need_floating(x, "input")


def _unfold(args: Arguments) -> TensorType:
    """(B, C, H, W) -> (B, C * kernel area, windows), with or without B."""
    x = tensor(args, "input")
    _need_movable(x)
    need_rank(x, "input", (3, 4), "(B, C, H, W)")
    area = product(per_axis(args, "kernel_size", 2))
    blocks = _blocks(x.shape[-2:], args)
    return TensorType(x.dtype, (*x.shape[:-3], x.shape[-3] * area, blocks))


def _fold(args: Arguments) -> TensorType:
    """(B, C * kernel area, windows) -> (B, C, *output_size), with or without B."""
    x = tensor(args, "input")
    _need_movable(x)
    need_rank(x, "input", (2, 3), "(B, C * kernel area, windows)")
    spatial = positive_per_axis(args, "output_size", 2)
    blocks = _blocks(spatial, args)
    area = product(per_axis(args, "kernel_size", 2))
    need_multiple(x.shape[-2], area, "kernel_size", "`input` has the size")
    need_size(x.shape[-1], blocks, "windows", "output_size")
    return TensorType(x.dtype, (*x.shape[:-2], floordiv(x.shape[-2], area), *spatial))


def _pixel_shuffle(args: Arguments) -> TensorType:
    """(..., C * r * r, H, W) -> (..., C, H * r, W * r)."""
    x = tensor(args, "input")
    need_rank_from(x, "input", 3)
    r = args["upscale_factor"]
    *batch, channels, height, width = x.shape
    need_multiple(channels, r, "upscale_factor", "the number of channels")
    if known(mod(channels, r * r)) not in (0, None):
        raise OpError(
            f"needs a multiple of {r * r} channels but receives {show(channels)}",
            arg="upscale_factor",
        )
    return TensorType(x.dtype, (*batch, floordiv(channels, r * r), height * r, width * r))


def _pixel_unshuffle(args: Arguments) -> TensorType:
    """(..., C, H * r, W * r) -> (..., C * r * r, H, W)."""
    x = tensor(args, "input")
    need_rank_from(x, "input", 3)
    r = args["downscale_factor"]
    *batch, channels, height, width = x.shape
    need_multiple(height, r, "downscale_factor", "the height")
    need_multiple(width, r, "downscale_factor", "the width")
    down = (floordiv(height, r), floordiv(width, r))
    return TensorType(x.dtype, (*batch, channels * r * r, *down))


def _channel_shuffle(args: Arguments) -> TensorType:
    """(B, C, ...) -> the same."""
    x = tensor(args, "input")
    need_rank_from(x, "input", 3)
    need_multiple(x.shape[1], args["groups"], "groups", "the number of channels")
    return x


_INPUTS = (Arg("input", "tensor"),)
_WINDOWS = (
    Arg("dilation", "ints", 1, doc="Distance between the taps of a window."),
    Arg("padding", "ints", 0, doc="Padding on both sides."),
    Arg("stride", "ints", 1, doc="Distance between windows."),
)
_KERNEL = Arg("kernel_size", "ints", doc="Size of the window.")

OPS = (
    ModuleOp(
        "Flatten",
        "nn.Flatten",
        (
            Arg("start_dim", "axis", 1, doc="First dim that is merged."),
            Arg("end_dim", "axis", -1, doc="Last dim that is merged."),
        ),
        _INPUTS,
        "Merge neighbouring dims into one.",
        rule=_flatten,
    ),
    ModuleOp(
        "Unflatten",
        "nn.Unflatten",
        (
            Arg("dim", "axis", doc="The dim that is split."),
            Arg("unflattened_size", "sizes", doc="The sizes it becomes; one may be -1."),
        ),
        _INPUTS,
        "Split a dim into several.",
        rule=_unflatten,
    ),
    ModuleOp(
        "Fold",
        "nn.Fold",
        (Arg("output_size", "ints", doc="Height and width."), _KERNEL, *_WINDOWS),
        _INPUTS,
        "Sum windows into an image, as `Unfold` took them.",
        rule=_fold,
    ),
    ModuleOp(
        "Unfold",
        "nn.Unfold",
        (_KERNEL, *_WINDOWS),
        _INPUTS,
        "The windows of an image, a column each.",
        rule=_unfold,
    ),
    ModuleOp(
        "PixelShuffle",
        "nn.PixelShuffle",
        (Arg("upscale_factor", "int", doc="How much larger height and width become."),),
        _INPUTS,
        "Channels to space: (..., C * r * r, H, W) -> (..., C, H * r, W * r).",
        rule=_pixel_shuffle,
    ),
    ModuleOp(
        "PixelUnshuffle",
        "nn.PixelUnshuffle",
        (Arg("downscale_factor", "int", doc="How much smaller height and width become."),),
        _INPUTS,
        "Space to channels: (..., C, H * r, W * r) -> (..., C * r * r, H, W).",
        rule=_pixel_unshuffle,
    ),
    ModuleOp(
        "ChannelShuffle",
        "nn.ChannelShuffle",
        (Arg("groups", "int", doc="Groups that are interleaved."),),
        _INPUTS,
        "Interleave groups of channels (ShuffleNet).",
        rule=_channel_shuffle,
    ),
)
