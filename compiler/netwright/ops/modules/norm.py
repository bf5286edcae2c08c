"""Normalisation over batches, instances, layers and groups, and local responses."""

from __future__ import annotations

from functools import partial

from netwright.ir.dims import Size, floordiv, known, product, show
from netwright.ir.types import TensorType, same_shape
from netwright.ops.entry import Arg, Arguments, ModuleOp, OpError, Weight
from netwright.ops.modules.checks import (
    need_build_dtype,
    need_floating,
    need_inferred,
    need_multiple,
    need_positive,
    need_rank,
    need_rank_from,
    tensor,
)
from netwright.ops.modules.conv import LAYOUTS, in_channels
from netwright.ops.modules.linear import last_size

BATCH_RANKS = {1: (2, 3), 2: (4,), 3: (5,)}


def channels(inputs: Arguments) -> Size:
    """Dim 1 of a batched input."""
    x = tensor(inputs, "input")
    need_rank_from(x, "input", 2)
    return x.shape[1]


def _need_dtype(x: TensorType, arg: str, weights: tuple[Weight, ...]) -> None:
    (need_build_dtype if weights else need_floating)(x, arg)


def _batch_norm(count: int, args: Arguments) -> TensorType:
    """(B, C, *spatial) -> the same."""
    x = tensor(args, "input")
    need_rank(x, "input", BATCH_RANKS[count], LAYOUTS[count])
    _need_statistics(product((x.shape[0], *x.shape[2:])), args)
    return _channel_norm(x, x.shape[1], args)


def _sync_batch_norm(args: Arguments) -> TensorType:
    x = tensor(args, "input")
    found = channels(args)
    _need_statistics(product((x.shape[0], *x.shape[2:])), args)
    return _channel_norm(x, found, args)


def _channel_norm(x: TensorType, found: Size, args: Arguments) -> TensorType:
    _need_dtype(x, "input", _channel_weights(args))
    need_inferred(found, args, "num_features", "input features")
    return x


def _need_statistics(values: Size, args: Arguments) -> None:
    """Statistics of the input itself, where none are tracked, need more than one value."""
    if not args["track_running_stats"] and known(values) == 1:
        raise OpError("needs more than one value to normalise over", arg="input")


def _instance_norm(count: int, args: Arguments) -> TensorType:
    """(B, C, *spatial) -> the same, with or without B."""
    x = tensor(args, "input")
    _channel_norm(x, in_channels(count, args), args)
    _need_statistics(product(x.shape[-count:]), args)
    return x


def _channel_weights(args: Arguments) -> tuple[Weight, ...]:
    shape = (args["num_features"],)
    weights = list(_scale_and_bias(shape, args["affine"], args["bias"]))
    if args["track_running_stats"]:
        weights += [
            Weight("running_mean", shape, buffer=True),
            Weight("running_var", shape, buffer=True),
            Weight("num_batches_tracked", (), "int", buffer=True),
        ]
    return tuple(weights)


def _scale_and_bias(shape: tuple[Size, ...], affine: bool, bias: bool) -> tuple[Weight, ...]:
    if not affine:
        return ()
    return (Weight("weight", shape), Weight("bias", shape)) if bias else (Weight("weight", shape),)


def _normalized(args: Arguments) -> tuple[Size, ...]:
    shape = args["normalized_shape"]
    return tuple(shape) if isinstance(shape, tuple | list) else (shape,)


def _layer_norm(name: str, args: Arguments) -> TensorType:
    """(..., *normalized_shape) -> the same; `name` is that of the input."""
    x = tensor(args, name)
    _need_dtype(x, name, _layer_norm_weights(args))
    wanted = _normalized(args)
    found = x.shape[max(0, x.rank - len(wanted)) :]
    if not wanted or not same_shape(found, wanted):
        raise OpError(
            f"normalises over [{_list(wanted)}] but receives {x}",
            arg="normalized_shape",
            help="leave `normalized_shape` out, it follows from the input",
        )
    return x


def _list(shape: tuple[Size, ...]) -> str:
    return ", ".join(show(d) for d in shape)


def _layer_norm_weights(args: Arguments) -> tuple[Weight, ...]:
    shape = _normalized(args)
    return _scale_and_bias(shape, args["elementwise_affine"], args.get("bias", False))


def _group_norm(args: Arguments) -> TensorType:
    """(B, C, ...) -> the same."""
    x = tensor(args, "input")
    _need_dtype(x, "input", _group_norm_weights(args))
    need_inferred(channels(args), args, "num_channels", "input channels")
    groups = args["num_groups"]
    need_multiple(args["num_channels"], groups, "num_groups", "`num_channels`")
    if known(x.shape[0] * floordiv(x.shape[1], groups) * product(x.shape[2:])) == 1:
        raise OpError("needs more than one value to normalise over", arg="input")
    return x


def _group_norm_weights(args: Arguments) -> tuple[Weight, ...]:
    return _scale_and_bias((args["num_channels"],), args["affine"], args["bias"])


def _local_response_norm(args: Arguments) -> TensorType:
    """(B, C, ...) -> the same."""
    x = tensor(args, "input")
    need_floating(x, "input")
    need_rank_from(x, "input", 3)
    need_positive(args["size"], "size")
    return x


def _map_norm(args: Arguments) -> TensorType:
    """(B, C, H, W) -> the same."""
    x = tensor(args, "input")
    need_floating(x, "input")
    need_rank(x, "input", (4,), "(B, C, H, W)")
    need_positive(args["size"], "size")
    return x


_INPUTS = (Arg("input", "tensor"),)
_NUM_FEATURES = Arg("num_features", "size", doc="Channels of the input; inferred.")
_EPS = Arg("eps", "float", 1e-5, doc="Added to the variance.")
_MOMENTUM = Arg("momentum", "float", 0.1, optional=True, doc="Weight of a new batch.")
_BIAS = Arg("bias", "bool", True, doc="Learn a bias beside the scale.")


def _channel_args(affine: bool, track: bool) -> tuple[Arg, ...]:
    return (
        _NUM_FEATURES,
        _EPS,
        _MOMENTUM,
        Arg("affine", "bool", affine, doc="Learn a scale for each channel."),
        Arg("track_running_stats", "bool", track, doc="Keep running mean and variance."),
        _BIAS,
    )


def _batch(count: int) -> ModuleOp:
    return ModuleOp(
        f"BatchNorm{count}d",
        f"nn.BatchNorm{count}d",
        _channel_args(True, True),
        _INPUTS,
        f"Normalise each channel of {LAYOUTS[count]} over the batch.",
        infer={"num_features": channels},
        rule=partial(_batch_norm, count),
        weights=_channel_weights,
        train=True,
    )


def _instance(count: int) -> ModuleOp:
    return ModuleOp(
        f"InstanceNorm{count}d",
        f"nn.InstanceNorm{count}d",
        _channel_args(False, False),
        _INPUTS,
        f"Normalise each channel of each instance of {LAYOUTS[count]}.",
        infer={"num_features": partial(in_channels, count)},
        rule=partial(_instance_norm, count),
        weights=_channel_weights,
        train=True,
    )


_SHAPE = Arg("normalized_shape", "sizes", doc="Sizes of the last dims; inferred as the last.")
_AFFINE = Arg("elementwise_affine", "bool", True, doc="Learn a scale for each element.")
_LOCAL = (
    Arg("size", "int", doc="Channels that take part."),
    Arg("alpha", "float", 1e-4, doc="Scale."),
    Arg("beta", "float", 0.75, doc="Exponent."),
)

OPS = (
    *map(_batch, (1, 2, 3)),
    ModuleOp(
        "SyncBatchNorm",
        "nn.SyncBatchNorm",
        _channel_args(True, True),
        _INPUTS,
        "`BatchNorm` over (B, C, ...) with statistics shared by all processes.",
        infer={"num_features": channels},
        rule=_sync_batch_norm,
        weights=_channel_weights,
        train=True,
    ),
    *map(_instance, (1, 2, 3)),
    ModuleOp(
        "LayerNorm",
        "nn.LayerNorm",
        (_SHAPE, _EPS, _AFFINE, _BIAS),
        _INPUTS,
        "Normalise over the last dims.",
        infer={"normalized_shape": partial(last_size, "input")},
        rule=partial(_layer_norm, "input"),
        weights=_layer_norm_weights,
    ),
    ModuleOp(
        "RMSNorm",
        "nn.RMSNorm",
        (
            _SHAPE,
            Arg("eps", "float", None, optional=True, doc="Added to the mean square."),
            _AFFINE,
        ),
        (Arg("x", "tensor"),),
        "Divide by the root mean square over the last dims.",
        infer={"normalized_shape": partial(last_size, "x")},
        rule=partial(_layer_norm, "x"),
        weights=_layer_norm_weights,
    ),
    ModuleOp(
        "GroupNorm",
        "nn.GroupNorm",
        (
            Arg("num_groups", "int", doc="Groups of channels."),
            Arg("num_channels", "size", doc="Channels of the input; inferred."),
            _EPS,
            Arg("affine", "bool", True, doc="Learn a scale for each channel."),
            _BIAS,
        ),
        _INPUTS,
        "Normalise each group of channels of (B, C, ...).",
        infer={"num_channels": channels},
        rule=_group_norm,
        weights=_group_norm_weights,
    ),
    ModuleOp(
        "LocalResponseNorm",
        "nn.LocalResponseNorm",
        (*_LOCAL, Arg("k", "float", 1.0, doc="Added to the sum.")),
        _INPUTS,
        "Normalise by the channels nearby (AlexNet).",
        rule=_local_response_norm,
    ),
    ModuleOp(
        "CrossMapLRN2d",
        "nn.CrossMapLRN2d",
        (*_LOCAL, Arg("k", "float", 1, doc="Added to the sum.")),
        _INPUTS,
        "Normalise (B, C, H, W) by the channels nearby, as Caffe does.",
        rule=_map_norm,
    ),
)
