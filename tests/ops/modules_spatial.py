"""Draws of convolutions, pooling, padding, normalisation and what moves pixels."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from netwright.ir.types import TensorType

from tests.ops.modules_cases import (
    BOOL,
    Case,
    Draw,
    Free,
    dtype,
    free,
    frees,
    images,
    mostly,
    one_or_each,
    some,
    spatial_count,
)

# Convolutions -------------------------------------------------------------------------------


def conv(draw: Draw, name: str) -> Case:
    count = spatial_count(name)
    groups = draw(st.integers(1, 3))
    channels = groups * draw(st.integers(1, 2))
    args = {
        "in_channels": mostly(draw, channels, st.integers(1, 6)),
        "out_channels": mostly(draw, groups * draw(st.integers(1, 3)), st.integers(1, 6)),
        "kernel_size": one_or_each(draw, count, 1, 4),
        "groups": groups,
    }
    padding = st.sampled_from([1, 2, "same", "valid", (1,) * count, -1])
    args |= some(draw, padding=padding, bias=BOOL, dilation=one_or_each(draw, count, 1, 2))
    if args.get("padding") != -1:
        modes = st.sampled_from(["zeros", "reflect", "replicate", "circular"])
        args |= some(draw, padding_mode=modes)
    if args.get("padding") != "same" or draw(BOOL):
        args |= some(draw, stride=one_or_each(draw, count, 1, 3))
    shape = images(draw, count, channels)
    return Case(name, args, {"input": TensorType(dtype(draw), shape)})


def conv_transpose(draw: Draw, name: str) -> Case:
    count = spatial_count(name)
    groups = draw(st.integers(1, 2))
    channels = groups * draw(st.integers(1, 2))
    args = {
        "in_channels": mostly(draw, channels, st.integers(1, 6)),
        "out_channels": mostly(draw, groups * draw(st.integers(1, 2)), st.integers(1, 6)),
        "kernel_size": one_or_each(draw, count, 1, 4),
        "groups": groups,
    }
    args |= some(
        draw,
        padding=one_or_each(draw, count, 0, 2),
        output_padding=one_or_each(draw, count, 0, 1),
        stride=one_or_each(draw, count, 1, 3),
        dilation=one_or_each(draw, count, 1, 2),
        bias=BOOL,
    )
    inputs: dict[str, Any] = {"input": TensorType(dtype(draw), images(draw, count, channels, 1, 5))}
    if draw(st.integers(0, 3)) == 0:
        size = st.integers(3, 12)
        inputs["output_size"] = tuple(draw(size) for _ in range(count))
    return Case(name, args, inputs)


# Pooling ------------------------------------------------------------------------------------


def pool(draw: Draw, name: str) -> Case:
    count = spatial_count(name)
    args: dict[str, Any] = {"kernel_size": one_or_each(draw, count, 1, 5)}
    args |= some(draw, stride=one_or_each(draw, count, 1, 4), ceil_mode=BOOL)
    if name.startswith("Max"):
        args |= some(
            draw,
            padding=one_or_each(draw, count, 0, 2),
            dilation=one_or_each(draw, count, 1, 2),
            return_indices=BOOL,
        )
    if name.startswith("Avg"):
        args |= some(draw, padding=one_or_each(draw, count, 0, 2), count_include_pad=BOOL)
        if count > 1:
            args |= some(draw, divisor_override=st.integers(0, 3))
    if name.startswith("LP"):
        args["norm_type"] = 2
        if count == 1:
            args["kernel_size"] = draw(st.integers(1, 4))
            args.pop("stride", None)
    kind = dtype(draw)
    if not name.startswith("Max") and kind in ("int", "bool"):
        kind = "float"
    return Case(name, args, {"input": TensorType(kind, images(draw, count, Free(2)))})


def adaptive(draw: Draw, name: str) -> Case:
    count = spatial_count(name)
    one = st.integers(2, 4)  # with 1, torch takes a shortcut that admits any rank
    each = one if count == 1 else st.one_of(one, st.none())
    length = mostly(draw, count, st.integers(1, 3))
    args: dict[str, Any] = {"output_size": draw(st.one_of(one, st.tuples(*[each] * length)))}
    if "Max" in name:
        args |= some(draw, return_indices=BOOL)
    return Case(name, args, {"input": TensorType(dtype(draw), images(draw, count, Free(2)))})


# Padding ------------------------------------------------------------------------------------


def pad(draw: Draw, name: str) -> Case:
    count = spatial_count(name)
    low = 0 if "Circular" in name else -2
    sizes = st.integers(low, 3)
    length = mostly(draw, 2 * count, st.sampled_from([1, 3]))
    args: dict[str, Any] = {"padding": draw(st.one_of(sizes, st.tuples(*[sizes] * length)))}
    if "Constant" in name:
        args["value"] = draw(st.sampled_from([0, 1.5]))
    shape = images(draw, count, Free(2))
    kind = "float" if args.get("value") == 1.5 else dtype(draw)
    return Case(name, args, {"input": TensorType(kind, shape)})


# Normalisation ------------------------------------------------------------------------------


def channel_norm(draw: Draw, name: str) -> Case:
    count = 2 if name == "SyncBatchNorm" else spatial_count(name)
    channels = draw(st.integers(1, 4))
    args: dict[str, Any] = {"num_features": mostly(draw, channels, st.integers(1, 5))}
    args |= some(draw, affine=BOOL, track_running_stats=BOOL, bias=BOOL, eps=1e-3, momentum=None)
    shape = images(draw, count, channels, 1, 4)
    looks = args.get("affine", True) or args.get("track_running_stats", True)
    if "Batch" in name and not looks and len(shape) > 1:
        args["num_features"] = int(shape[1])  # torch does not look at the channels then
    if "Batch" in name and len(shape) != 2 + count:  # the channels are not where they were drawn
        shape = tuple(int(d) for d in shape)
    kind = mostly(draw, "float", st.sampled_from(["int", "bool"]))
    return Case(name, args, {"input": TensorType(kind, shape)})


def layer_norm(draw: Draw, name: str) -> Case:
    last = draw(st.lists(st.integers(1, 5), min_size=1, max_size=2))
    shape = (*frees(draw, draw(st.integers(0, 2))), *last)
    asked: Any = last[-1] if draw(BOOL) else tuple(last)
    args = {"normalized_shape": mostly(draw, asked, st.integers(1, 5))}
    args |= some(draw, elementwise_affine=BOOL)
    if name == "LayerNorm":
        args |= some(draw, bias=BOOL)
    return Case(name, args, {"x" if name == "RMSNorm" else "input": TensorType(dtype(draw), shape)})


def group_norm(draw: Draw, name: str) -> Case:
    groups = draw(st.integers(1, 3))
    channels = groups * draw(st.integers(1, 3))
    args = {
        "num_groups": mostly(draw, groups, st.integers(1, 3)),
        "num_channels": mostly(draw, channels, st.integers(1, 6)),
    }
    args |= some(draw, affine=BOOL, bias=BOOL)
    if not args.get("affine", True):  # torch does not look at the channels then
        args["num_channels"] = channels
    shape = (free(draw), channels, *frees(draw, draw(st.integers(0, 2))))
    shape = mostly(draw, shape, st.just(shape[:1]))
    return Case(name, args, {"input": TensorType(dtype(draw), shape)})


def local_norm(draw: Draw, name: str) -> Case:
    shape = frees(draw, draw(st.integers(2, 5)), 1, 5)
    kind = mostly(draw, "float", st.just("float64"))
    return Case(name, {"size": draw(st.integers(1, 4))}, {"input": TensorType(kind, shape)})


# Shapes -------------------------------------------------------------------------------------


def flatten(draw: Draw, name: str) -> Case:
    args = some(draw, start_dim=st.integers(-4, 4), end_dim=st.integers(-4, 4))
    shape = frees(draw, draw(st.integers(0, 4)), 1, 4)
    return Case(name, args, {"input": TensorType("float", shape)})


def unflatten(draw: Draw, name: str) -> Case:
    parts = draw(st.lists(st.integers(1, 3), min_size=1, max_size=3))
    size = 1
    for part in parts:
        size *= part
    if draw(BOOL):
        parts[draw(st.integers(0, len(parts) - 1))] = -1
    kind = Free if -1 in parts else int
    shape = (free(draw), kind(mostly(draw, size, st.integers(1, 9))), free(draw))
    dim = mostly(draw, draw(st.sampled_from([1, -2])), st.integers(-4, 3))
    args = {"dim": dim, "unflattened_size": tuple(parts)}
    if dim not in (1, -2):
        shape = tuple(int(d) for d in shape)  # type: ignore[assignment]
    return Case(name, args, {"input": TensorType("float", shape)})


def _windows(draw: Draw) -> dict[str, Any]:
    return {
        "kernel_size": one_or_each(draw, 2, 1, 3),
        **some(
            draw,
            dilation=one_or_each(draw, 2, 1, 2),
            padding=one_or_each(draw, 2, 0, 1),
            stride=one_or_each(draw, 2, 1, 3),
        ),
    }


def unfold(draw: Draw, name: str) -> Case:
    shape = images(draw, 2, Free(2))
    return Case(name, _windows(draw), {"input": TensorType(dtype(draw), shape)})


def fold(draw: Draw, name: str) -> Case:
    args = _windows(draw) | {"output_size": one_or_each(draw, 2, 2, 6)}
    each = {k: v if isinstance(v, tuple) else (v, v) for k, v in args.items()}
    blocks = 1
    for axis in range(2):
        size, k, d, p, s = (
            each.get(n, (v, v))[axis % len(each.get(n, (v, v)))]
            for n, v in (
                ("output_size", 1),
                ("kernel_size", 1),
                ("dilation", 1),
                ("padding", 0),
                ("stride", 1),
            )
        )
        blocks *= max(1, (size + 2 * p - d * (k - 1) - 1) // s + 1)
    area = each["kernel_size"][0] * each["kernel_size"][-1]
    channels = mostly(draw, 2 * area, st.integers(1, 9))
    shape = (
        *frees(draw, draw(st.integers(0, 1))),
        channels,
        mostly(draw, blocks, st.integers(1, 9)),
    )
    return Case(name, args, {"input": TensorType("float", shape)})


def shuffle(draw: Draw, name: str) -> Case:
    factor = draw(st.integers(1, 3))
    arg = {
        "PixelShuffle": "upscale_factor",
        "PixelUnshuffle": "downscale_factor",
        "ChannelShuffle": "groups",
    }[name]
    area = factor * factor
    channels = mostly(draw, area * draw(st.integers(1, 2)), st.integers(1, 9))
    height, width = (Free(mostly(draw, factor * d, st.just(d))) for d in frees(draw, 2, 1, 3))
    shape = (free(draw, 1, 3), channels, height, width)
    if name != "ChannelShuffle":
        shape = mostly(draw, shape, st.sampled_from([shape[1:], shape[2:], (2, *shape)]))
    return Case(name, {arg: factor}, {"input": TensorType(dtype(draw), shape)})


def upsample(draw: Draw, name: str) -> Case:
    count = 2 if name[-1] == "d" else draw(st.integers(1, 3))
    args: dict[str, Any] = {}
    if draw(BOOL):
        args["size"] = one_or_each(draw, count, 1, 8)
    if mostly(draw, not args, BOOL):
        factors = st.sampled_from([0.25, 0.5, 1.0, 1.5, 2, 2.0, 3.0])
        each = st.tuples(*[factors] * count)
        args["scale_factor"] = draw(st.one_of(factors, each))
    if name == "Upsample":
        fitting = {1: ["linear"], 2: ["bilinear", "bicubic"], 3: ["trilinear"]}[count]
        modes = ["nearest", "nearest-exact", "area", *fitting]
        args["mode"] = mostly(draw, draw(st.sampled_from(modes)), st.just("bilinear"))
        args |= some(draw, align_corners=st.one_of(st.none(), BOOL))
    shape = (free(draw, 1, 2), Free(2), *frees(draw, count, 1, 6))
    return Case(name, args, {"input": TensorType(mostly(draw, "float", st.just("int")), shape)})
