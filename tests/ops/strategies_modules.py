"""Hypothesis strategies for calls of the modules in the table, sound ones and faulty ones.

A `Case` is a module, its constructor's arguments and its inputs. Sizes that may stay symbolic in
a spec are `Free`; the others are fixed by the arguments.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st
from netwright.ir.types import TensorType


class Free(int):
    """A size that no argument fixes."""


@dataclass(frozen=True)
class Case:
    op: str
    args: Mapping[str, Any] = field(default_factory=dict)
    inputs: Mapping[str, Any] = field(default_factory=dict)


Draw = Callable[[st.SearchStrategy[Any]], Any]
Make = Callable[[Draw, str], Case]


def free(draw: Draw, low: int = 1, high: int = 9) -> Free:
    return Free(draw(st.integers(low, high)))


def frees(draw: Draw, count: int, low: int = 1, high: int = 9) -> tuple[Free, ...]:
    return tuple(free(draw, low, high) for _ in range(count))


def mostly(draw: Draw, value: Any, other: st.SearchStrategy[Any]) -> Any:
    """`value`, and one time in six something else."""
    return draw(other) if draw(st.integers(0, 5)) == 5 else value


def dtype(draw: Draw) -> str:
    return str(mostly(draw, "float", st.sampled_from(["int", "bool", "float64"])))


def one_or_each(draw: Draw, count: int, low: int, high: int) -> Any:
    """One number, or a tuple of `count`; rarely of a wrong length."""
    numbers = st.integers(low, high)
    length = mostly(draw, count, st.just(3 if count == 2 else 2))
    return draw(st.one_of(numbers, st.tuples(*[numbers] * length)))


def some(draw: Draw, **values: Any) -> dict[str, Any]:
    """Some of the optional arguments."""
    return {
        name: draw(s) if isinstance(s, st.SearchStrategy) else s
        for name, s in values.items()
        if draw(st.booleans())
    }


def images(draw: Draw, count: int, channels: int, low: int = 1, high: int = 9) -> tuple[int, ...]:
    """(B, C, *spatial), sometimes without B, rarely of another rank."""
    shape = (free(draw, 1, 3), channels, *frees(draw, count, low, high))
    start = draw(st.integers(0, 1))
    shape = shape[start:]
    return mostly(draw, shape, st.sampled_from([shape[1:], (2, *shape)]))  # type: ignore[no-any-return]


def spatial_count(name: str) -> int:
    return int(name[-2])


BOOL = st.booleans()


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
    if "Batch" in name and len(shape) != 2 + count:  # the channels are not where they were drawn
        shape = tuple(int(d) for d in shape)
    return Case(name, args, {"input": TensorType(dtype(draw), shape)})


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


# Pointwise and along a dim ------------------------------------------------------------------

POINTWISE_ARGS: dict[str, dict[str, Any]] = {
    "Threshold": {"threshold": 1, "value": 2},
    "GELU": {"approximate": "tanh"},
    "Hardtanh": {"min_val": -2, "max_val": 2},
}


def pointwise(draw: Draw, name: str) -> Case:
    shape = frees(draw, draw(st.integers(0, 4)), 1, 4)
    kind = draw(st.sampled_from(["float", "float64", "bfloat16", "int", "bool"]))
    return Case(name, POINTWISE_ARGS.get(name, {}), {"input": TensorType(kind, shape)})


def prelu(draw: Draw, name: str) -> Case:
    shape = frees(draw, draw(st.integers(0, 3)))
    slopes = draw(st.integers(1, 3))
    if len(shape) > 1:
        shape = mostly(draw, (shape[0], slopes, *shape[2:]), st.just(shape))
    return Case(name, {"num_parameters": slopes}, {"input": TensorType(dtype(draw), shape)})


def along(draw: Draw, name: str) -> Case:
    shape = frees(draw, draw(st.integers(0, 3)))
    return Case(name, {"dim": draw(st.integers(-3, 3))}, {"input": TensorType(dtype(draw), shape)})


def glu(draw: Draw, name: str) -> Case:
    case = along(draw, name)
    x = case.inputs["input"]
    shape = tuple(Free(mostly(draw, 2 * d, st.just(d))) for d in x.shape)
    return Case(name, case.args, {"input": TensorType(x.dtype, shape)})


def softmax2d(draw: Draw, name: str) -> Case:
    return Case(name, {}, {"input": TensorType(dtype(draw), images(draw, 2, Free(3)))})


def dropout(draw: Draw, name: str) -> Case:
    args = some(draw, p=st.sampled_from([0.0, 0.5, 1.0, 1.5, -0.1]))
    count = spatial_count(name) if name[-1] == "d" else draw(st.integers(1, 3))
    shape = images(draw, count, Free(2), 1, 4)
    return Case(name, args, {"input": TensorType(dtype(draw), shape)})


# Linear -------------------------------------------------------------------------------------


def linear(draw: Draw, name: str) -> Case:
    features = draw(st.integers(1, 6))
    args = {
        "in_features": mostly(draw, features, st.integers(1, 6)),
        "out_features": draw(st.integers(1, 6)),
    }
    args |= some(draw, bias=BOOL)
    shape = (*frees(draw, draw(st.integers(0, 3))), features)
    shape = mostly(draw, shape, st.just(()))
    return Case(name, args, {"input": TensorType(dtype(draw), shape)})


def bilinear(draw: Draw, name: str) -> Case:
    a, b = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    args = {
        "in1_features": mostly(draw, a, st.integers(1, 5)),
        "in2_features": mostly(draw, b, st.integers(1, 5)),
        "out_features": draw(st.integers(1, 5)),
    }
    args |= some(draw, bias=BOOL)
    batch = frees(draw, draw(st.integers(0, 2)))
    other = mostly(draw, batch, st.just((*batch[:1], Free(2))))
    kind = dtype(draw)
    return Case(
        name,
        args,
        {"input1": TensorType(kind, (*batch, a)), "input2": TensorType(kind, (*other, b))},
    )


def identity(draw: Draw, name: str) -> Case:
    return Case(name, {}, {"input": TensorType(dtype(draw), frees(draw, 2))})


# Tables of vectors --------------------------------------------------------------------------


def index_dtype(draw: Draw) -> str:
    return str(draw(st.sampled_from(["int", "int", "int32", "float"])))


def embedding(draw: Draw, name: str) -> Case:
    args = {"num_embeddings": draw(st.integers(1, 5)), "embedding_dim": draw(st.integers(1, 5))}
    args |= some(draw, padding_idx=st.integers(-4, 4), max_norm=1.0)
    shape = frees(draw, draw(st.integers(0, 3)))
    return Case(name, args, {"input": TensorType(index_dtype(draw), shape)})


def embedding_bag(draw: Draw, name: str) -> Case:
    args = {"num_embeddings": draw(st.integers(1, 5)), "embedding_dim": draw(st.integers(1, 5))}
    args |= some(
        draw,
        mode=st.sampled_from(["sum", "mean", "max"]),
        padding_idx=st.integers(-4, 4),
        include_last_offset=BOOL,
    )
    x = TensorType(index_dtype(draw), frees(draw, draw(st.integers(1, 2)), 2, 4))
    inputs = {"input": x}
    if mostly(draw, x.rank == 1, BOOL):
        inputs["offsets"] = TensorType("int", (free(draw, 2, 4),))
    if draw(st.integers(0, 2)) == 0:
        inputs["per_sample_weights"] = TensorType("float", x.shape)
    return Case(name, args, inputs)


# Recurrent ----------------------------------------------------------------------------------


def recurrent(draw: Draw, name: str) -> Case:
    features, hidden = draw(st.integers(1, 4)), draw(st.integers(2, 4))
    layers, both = draw(st.integers(1, 2)), draw(BOOL)
    args: dict[str, Any] = {
        "input_size": mostly(draw, features, st.integers(1, 4)),
        "hidden_size": hidden,
        "num_layers": layers,
        "bidirectional": both,
    }
    args |= some(draw, bias=BOOL, batch_first=BOOL)
    if name == "LSTM":
        args |= some(draw, proj_size=st.integers(0, 3))
    if name == "RNN":
        args |= some(draw, nonlinearity="relu")
    batch = frees(draw, draw(st.integers(0, 1)))
    first = args.get("batch_first", False)
    step = free(draw)
    shape = (*batch, step, features) if first else (step, *batch, features)
    shape = mostly(draw, shape, st.just((*shape, 2)))
    kind = mostly(draw, "float", st.just("int"))
    inputs: dict[str, Any] = {"input": TensorType(kind, shape)}
    if draw(BOOL):
        rows = layers * (2 if both else 1)
        size = mostly(draw, args.get("proj_size") or hidden, st.integers(1, 4))
        state = TensorType("float", (rows, *batch, size))
        cell = TensorType("float", (rows, *batch, hidden))
        inputs["hx"] = (state, cell) if name == "LSTM" else state
    return Case(name, args, inputs)


def cell(draw: Draw, name: str) -> Case:
    features, hidden = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    args: dict[str, Any] = {
        "input_size": mostly(draw, features, st.integers(1, 4)),
        "hidden_size": hidden,
    }
    args |= some(draw, bias=BOOL)
    batch = frees(draw, mostly(draw, draw(st.integers(0, 1)), st.just(2)))
    inputs: dict[str, Any] = {"input": TensorType("float", (*batch, features))}
    if draw(BOOL):
        state = TensorType("float", (*batch, mostly(draw, hidden, st.integers(1, 4))))
        inputs["hx"] = (state, state) if name == "LSTMCell" else state
    return Case(name, args, inputs)


# Attention ----------------------------------------------------------------------------------


def sequence(draw: Draw, first: bool, batch: Sequence[int], length: int, size: int) -> TensorType:
    shape = (*batch, length, size) if first else (length, *batch, size)
    return TensorType("float", mostly(draw, shape, st.just((*shape, 2))))


def mask(draw: Draw, *shapes: tuple[int, ...]) -> TensorType:
    shape = mostly(
        draw, draw(st.sampled_from(shapes)), st.just((*shapes[0][:-1], shapes[0][-1] + 1))
    )
    return TensorType("bool", shape)


def attention(draw: Draw, name: str) -> Case:
    heads = draw(st.integers(1, 2))
    dim = heads * draw(st.integers(1, 3))
    args: dict[str, Any] = {
        "embed_dim": mostly(draw, dim, st.integers(1, 6)),
        "num_heads": mostly(draw, heads, st.integers(1, 3)),
    }
    args |= some(draw, bias=BOOL, batch_first=BOOL, kdim=st.integers(1, 4), vdim=st.integers(1, 4))
    args |= some(draw, add_bias_kv=BOOL, add_zero_attn=BOOL)
    first = args.get("batch_first", False)
    batch = frees(draw, draw(st.integers(0, 1)), 1, 4)
    length, keys = free(draw, 1, 4), free(draw, 1, 4)
    inputs: dict[str, Any] = {
        "query": sequence(draw, first, batch, length, dim),
        "key": sequence(draw, first, batch, keys, args.get("kdim", dim)),
        "value": sequence(draw, first, batch, keys, args.get("vdim", dim)),
    }
    inputs |= some(draw, need_weights=BOOL, average_attn_weights=BOOL)
    items = (batch[0] if batch else 1) * heads
    inputs |= some(
        draw,
        key_padding_mask=mask(draw, (*batch, keys)),
        attn_mask=mask(draw, (length, keys), (items, length, keys)),
        is_causal=mostly(draw, False, BOOL),
    )
    return Case(name, args, inputs)


def transformer(draw: Draw, name: str) -> Case:
    heads = draw(st.integers(1, 2))
    dim = heads * draw(st.integers(1, 3))
    args: dict[str, Any] = {
        "d_model": mostly(draw, dim, st.integers(1, 6)),
        "nhead": heads,
        "dim_feedforward": draw(st.integers(1, 4)),
    }
    args |= some(draw, batch_first=BOOL, norm_first=BOOL, bias=BOOL, activation="gelu")
    if name == "Transformer":
        args |= {"num_encoder_layers": draw(st.integers(1, 2)), "num_decoder_layers": 1}
    first = args.get("batch_first", False)
    batch = frees(draw, draw(st.integers(0, 1)), 1, 4)
    length, other = free(draw, 1, 4), free(draw, 1, 4)
    items = (batch[0] if batch else 1) * heads
    x = sequence(draw, first, batch, length, dim)
    if name == "TransformerEncoderLayer":
        masks = some(draw, src_mask=mask(draw, (length, length), (items, length, length)))
        masks |= some(draw, src_key_padding_mask=mask(draw, (*batch, length)))
        return Case(name, args, {"src": x, **masks})
    masks = some(
        draw,
        tgt_mask=mask(draw, (length, length)),
        memory_mask=mask(draw, (length, other)),
        tgt_key_padding_mask=mask(draw, (*batch, length)),
        memory_key_padding_mask=mask(draw, (*batch, other)),
    )
    second = "src" if name == "Transformer" else "memory"
    return Case(name, args, {second: sequence(draw, first, batch, other, dim), "tgt": x, **masks})


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
    return Case(name, _windows(draw), {"input": TensorType("float", shape)})


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


# Two inputs ---------------------------------------------------------------------------------


def broadcastable(draw: Draw, shape: tuple[int, ...]) -> tuple[int, ...]:
    """A shape that broadcasts to `shape`, or rarely one that does not."""
    cut = tuple(1 if draw(st.integers(0, 3)) == 0 else d for d in shape)
    return mostly(draw, cut[draw(st.integers(0, len(cut))) :], st.just((*shape[:-1], 7)))  # type: ignore[no-any-return]


def similarity(draw: Draw, name: str) -> Case:
    shape = frees(draw, draw(st.integers(1, 3)), 2, 5)
    if name == "CosineSimilarity":
        args: dict[str, Any] = {"dim": draw(st.integers(-2, 2))}
    else:
        args = some(draw, keepdim=BOOL, p=st.sampled_from([1.0, 2.0]))
    kinds = (dtype(draw), dtype(draw))
    return Case(
        name,
        args,
        {"x1": TensorType(kinds[0], shape), "x2": TensorType(kinds[1], broadcastable(draw, shape))},
    )


def _reduction(draw: Draw) -> dict[str, Any]:
    return some(draw, reduction=st.sampled_from(["none", "mean", "sum"]))


def loss(draw: Draw, name: str) -> Case:
    shape = frees(draw, draw(st.integers(0, 3)), 2, 5)
    target = mostly(draw, shape, st.just(broadcastable(draw, shape) if shape else (2,)))
    if name in ("SoftMarginLoss", "BCELoss"):
        target = mostly(draw, shape, st.just((*shape, 9)))
    kind = mostly(draw, "float", st.sampled_from(["int", "bool"]))
    if kind == "bool":
        kind = "float"
    inputs = {"input": TensorType("float", shape), "target": TensorType(kind, target)}
    args = _reduction(draw)
    if name == "KLDivLoss":
        args = {"reduction": draw(st.sampled_from(["none", "sum", "batchmean"]))}
    return Case(name, args, inputs)


def class_loss(draw: Draw, name: str) -> Case:
    shape = frees(draw, draw(st.integers(1, 4)), 1, 4)
    classes = (*shape[:1], *shape[2:]) if len(shape) > 1 else ()
    target: tuple[int, ...] = classes
    kind = "int"
    if name == "MultiLabelMarginLoss":
        target = shape
    if name == "CrossEntropyLoss" and draw(BOOL):
        target, kind = shape, "float"
    target = mostly(draw, target, st.sampled_from([shape, (*target, 2), (2,)]))
    if len(shape) == 1 and len(target) == 1:  # torch takes a target of one item, on some devices
        target = shape if name == "MultiLabelMarginLoss" else (7,)
    kind = mostly(draw, kind, st.sampled_from(["int32", "float"]))
    args = _reduction(draw)
    if name == "CrossEntropyLoss":
        args |= some(draw, label_smoothing=st.sampled_from([0.1, 1.5]))
    inputs = {"input": TensorType("float", shape), "target": TensorType(kind, target)}
    return Case(name, args, inputs)


def three(draw: Draw, name: str) -> Case:
    rank = draw(st.integers(1, 2)) if name == "CosineEmbeddingLoss" else draw(st.integers(1, 3))
    shape = frees(draw, rank, 2, 5)
    names = ("input1", "input2", "target")
    if name.startswith("Triplet"):
        names = ("anchor", "positive", "negative")
    target = shape[:-1] if name == "CosineEmbeddingLoss" else shape
    second = mostly(draw, shape, st.sampled_from([shape[:-1], (*shape[:-1], 7)]))
    target = mostly(draw, target, st.sampled_from([(*target, 2), target[:-1]]))
    shapes = (shape, second, target)
    inputs = {n: TensorType("float", s) for n, s in zip(names, shapes, strict=True)}
    return Case(name, _reduction(draw), inputs)


# The table ----------------------------------------------------------------------------------


def _each(make: Make, *names: str) -> dict[str, Make]:
    return dict.fromkeys(names, make)


def _dims(make: Make, *stems: str) -> dict[str, Make]:
    return {f"{stem}{count}d": make for stem in stems for count in (1, 2, 3)}


MAKERS: dict[str, Make] = {
    **_dims(conv, "Conv"),
    **_dims(conv_transpose, "ConvTranspose"),
    **_dims(pool, "MaxPool", "AvgPool", "LPPool"),
    **_dims(adaptive, "AdaptiveAvgPool", "AdaptiveMaxPool"),
    **_dims(pad, "ConstantPad", "ZeroPad", "ReflectionPad", "ReplicationPad", "CircularPad"),
    **_dims(channel_norm, "BatchNorm", "InstanceNorm"),
    **_dims(dropout, "Dropout"),
    **_each(channel_norm, "SyncBatchNorm"),
    **_each(layer_norm, "LayerNorm", "RMSNorm"),
    **_each(group_norm, "GroupNorm"),
    **_each(local_norm, "LocalResponseNorm", "CrossMapLRN2d"),
    **_each(
        pointwise,
        *("CELU", "ELU", "GELU", "Hardshrink", "Hardsigmoid", "Hardswish", "Hardtanh"),
        *("LeakyReLU", "LogSigmoid", "Mish", "RReLU", "ReLU", "ReLU6", "SELU", "SiLU", "Sigmoid"),
        *("Softplus", "Softshrink", "Softsign", "Tanh", "Tanhshrink", "Threshold"),
    ),
    **_each(prelu, "PReLU"),
    **_each(along, "Softmax", "LogSoftmax", "Softmin"),
    **_each(glu, "GLU"),
    **_each(softmax2d, "Softmax2d"),
    **_each(dropout, "Dropout", "AlphaDropout", "FeatureAlphaDropout"),
    **_each(linear, "Linear"),
    **_each(bilinear, "Bilinear"),
    **_each(identity, "Identity"),
    **_each(embedding, "Embedding"),
    **_each(embedding_bag, "EmbeddingBag"),
    **_each(recurrent, "RNN", "LSTM", "GRU"),
    **_each(cell, "RNNCell", "LSTMCell", "GRUCell"),
    **_each(attention, "MultiheadAttention"),
    **_each(transformer, "TransformerEncoderLayer", "TransformerDecoderLayer", "Transformer"),
    **_each(flatten, "Flatten"),
    **_each(unflatten, "Unflatten"),
    **_each(unfold, "Unfold"),
    **_each(fold, "Fold"),
    **_each(shuffle, "PixelShuffle", "PixelUnshuffle", "ChannelShuffle"),
    **_each(upsample, "Upsample", "UpsamplingNearest2d", "UpsamplingBilinear2d"),
    **_each(similarity, "CosineSimilarity", "PairwiseDistance"),
    **_each(
        loss,
        *("L1Loss", "MSELoss", "SmoothL1Loss", "HuberLoss", "BCELoss", "BCEWithLogitsLoss"),
        *("KLDivLoss", "PoissonNLLLoss", "SoftMarginLoss", "HingeEmbeddingLoss"),
        "MultiLabelSoftMarginLoss",
    ),
    **_each(class_loss, "CrossEntropyLoss", "NLLLoss", "MultiLabelMarginLoss", "MultiMarginLoss"),
    **_each(three, "CosineEmbeddingLoss", "MarginRankingLoss", "TripletMarginLoss"),
    **_each(three, "TripletMarginWithDistanceLoss"),
}
"""How to draw a call of each module that has a rule."""


@st.composite
def cases(draw: Draw, name: str) -> Case:
    return MAKERS[name](draw, name)
