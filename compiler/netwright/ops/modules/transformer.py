"""Transformer layers and the encoder-decoder model, as torch builds them."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from netwright.ir.dims import Size
from netwright.ir.types import TensorType
from netwright.ops.entry import Arg, Arguments, ModuleOp, Result, Weight
from netwright.ops.modules.attention import (
    attention_flops,
    attention_weights,
    check_causal,
    check_heads,
    check_mask,
    check_padding_mask,
    layout,
    optional_mask,
    split,
)
from netwright.ops.modules.checks import (
    layer_count,
    need_build_dtype,
    need_positive,
    need_probability,
    need_rank,
    need_size,
    tensor,
)
from netwright.ops.modules.linear import last_size


def _check_layer(args: Arguments) -> None:
    check_heads(args["d_model"], args["nhead"], "d_model", "nhead")
    need_positive(args["dim_feedforward"], "dim_feedforward")
    need_probability(args, "dropout")


_INFERRED = "leave `d_model` out, it follows from the input"
_GIVEN = "`d_model` is the size of the last dim of both inputs, 512 where it is left out"


def _check_input(args: Arguments, name: str, letter: str, help: str) -> TensorType:
    x = tensor(args, name)
    need_build_dtype(x, name)
    need_rank(x, name, (2, 3), layout(args["batch_first"], letter))
    need_size(x.shape[-1], args["d_model"], f"features of `{name}`", "d_model", help)
    return x


def _encoder_layer(args: Arguments) -> TensorType:
    """(T, B, E), or (B, T, E) with `batch_first` -> the same, with or without B."""
    x = tensor(args, "src")
    _check_input(args, "src", "T", _INFERRED)
    _check_layer(args)
    batch, length = split(x, args["batch_first"])
    check_causal(args, "is_causal", "src_mask")
    check_mask(args, "src_mask", args["nhead"], batch, length, length)
    check_padding_mask(args, "src_key_padding_mask", batch, length)
    return x


def _decoder(first: str, second: str, args: Arguments) -> TensorType:
    """The target attends to itself and to a second sequence; the result is as the target."""
    x, memory = tensor(args, first), tensor(args, second)
    _check_input(args, first, "T", _INFERRED if second == "memory" else _GIVEN)
    _check_layer(args)
    need_build_dtype(memory, second)
    need_rank(memory, second, (x.rank,), layout(args["batch_first"], "S"))
    need_size(memory.shape[-1], args["d_model"], f"features of `{second}`", second)
    batch = split(x, args["batch_first"])[0]
    if batch:
        need_size(
            split(memory, args["batch_first"])[0][0], batch[0], f"items in `{second}`", second
        )
    return x


def _decoder_layer(args: Arguments) -> TensorType:
    """`tgt` (T, B, E) and `memory` (S, B, E) -> (T, B, E)."""
    result = _decoder("tgt", "memory", args)
    batch, targets = split(result, args["batch_first"])
    memories = split(tensor(args, "memory"), args["batch_first"])[1]
    check_causal(args, "tgt_is_causal", "tgt_mask")
    check_causal(args, "memory_is_causal", "memory_mask")
    _check_target_masks(args, batch, targets, memories)
    return result


def _check_target_masks(
    args: Arguments, batch: tuple[Size, ...], targets: Size, memories: Size
) -> None:
    check_mask(args, "tgt_mask", args["nhead"], batch, targets, targets)
    check_mask(args, "memory_mask", args["nhead"], batch, targets, memories)
    check_padding_mask(args, "tgt_key_padding_mask", batch, targets)
    check_padding_mask(args, "memory_key_padding_mask", batch, memories)


def _transformer(args: Arguments) -> TensorType:
    """`src` (S, B, E) and `tgt` (T, B, E) -> (T, B, E)."""
    result = _decoder("tgt", "src", args)
    for name in ("num_encoder_layers", "num_decoder_layers"):
        need_positive(args[name], name)
    batch, targets = split(result, args["batch_first"])
    sources = split(tensor(args, "src"), args["batch_first"])[1]
    check_mask(args, "src_mask", args["nhead"], batch, sources, sources)
    check_padding_mask(args, "src_key_padding_mask", batch, sources)
    _check_target_masks(args, batch, targets, sources)
    return result


# Weights ------------------------------------------------------------------------------------


def _under(prefix: str, owner: str, weights: tuple[Weight, ...]) -> tuple[Weight, ...]:
    """The weights of a module of class `owner` that stands at `prefix`."""
    return tuple(
        replace(w, name=f"{prefix}.{w.name}", inside=((owner, w.name), *w.inside)) for w in weights
    )


def _affine(shape: tuple[Size, ...], bias: bool) -> tuple[Weight, ...]:
    weight = Weight("weight", shape)
    return (weight, Weight("bias", shape[:1])) if bias else (weight,)


def _layer_weights(attentions: tuple[str, ...], args: Arguments) -> tuple[Weight, ...]:
    """What a layer owns: its attentions, two linear maps, and a norm before each part."""
    dim, hidden, bias = args["d_model"], args["dim_feedforward"], args["bias"]
    weights: list[Weight] = []
    for name in attentions:
        weights += _under(name, "MultiheadAttention", attention_weights(dim, bias))
    weights += _under("linear1", "Linear", _affine((hidden, dim), bias))
    weights += _under("linear2", "Linear", _affine((dim, hidden), bias))
    for i in range(len(attentions) + 1):
        weights += _under(f"norm{i + 1}", "LayerNorm", _affine((dim,), bias))
    return tuple(weights)


_ENCODER = ("self_attn",)
_DECODER = ("self_attn", "multihead_attn")


def _transformer_weights(args: Arguments) -> tuple[Weight, ...]:
    weights: list[Weight] = []
    for part, attentions in (("encoder", _ENCODER), ("decoder", _DECODER)):
        count = layer_count(args[f"num_{part}_layers"], f"num_{part}_layers")
        layer = f"Transformer{part.title()}Layer"
        for i in range(count):
            weights += _under(f"{part}.layers.{i}", layer, _layer_weights(attentions, args))
        weights += _under(f"{part}.norm", "LayerNorm", _affine((args["d_model"],), args["bias"]))
    return tuple(weights)


# FLOPs --------------------------------------------------------------------------------------


def _attend(batch: Size, queries: Size, keys: Size, dim: Size) -> Size:
    return attention_flops(batch, queries, keys, dim, 2 * dim, keys)


def _feedforward(batch: Size, length: Size, args: Arguments) -> Size:
    dim, hidden = args["d_model"], args["dim_feedforward"]
    flops: Size = 4 * batch * length * dim * hidden
    return flops


def _items(x: TensorType, args: Arguments) -> tuple[Size, Size]:
    batch, length = split(x, args["batch_first"])
    return (batch[0] if batch else 1), length


def _encoder_flops(args: Arguments, result: Result) -> Size:
    batch, length = _items(tensor(args, "src"), args)
    attention = _attend(batch, length, length, args["d_model"])
    return attention + _feedforward(batch, length, args)


def _decoder_flops(second: str, args: Arguments, result: Result) -> Size:
    batch, length = _items(tensor(args, "tgt"), args)
    memories = _items(tensor(args, second), args)[1]
    own = _attend(batch, length, length, args["d_model"])
    other = _attend(batch, length, memories, args["d_model"])
    return own + other + _feedforward(batch, length, args)


def _transformer_flops(args: Arguments, result: Result) -> Size:
    encoder: Size = args["num_encoder_layers"] * _encoder_flops(args, result)
    decoder: Size = args["num_decoder_layers"] * _decoder_flops("src", args, result)
    return encoder + decoder


# Entries ------------------------------------------------------------------------------------

_FORM = (
    Arg("dim_feedforward", "size", 2048, doc="Width of the feed-forward part."),
    Arg("dropout", "float", 0.1, doc="Dropout in all parts."),
    Arg("activation", "str", "relu", choices=("relu", "gelu"), doc="Of the feed-forward part."),
)
_EPS = Arg("layer_norm_eps", "float", 1e-5, doc="Added to the variance.")
_ORDER = (
    Arg("batch_first", "bool", False, doc="(B, T, E) instead of (T, B, E)."),
    Arg("norm_first", "bool", False, doc="Normalise before each part instead of after."),
    Arg("bias", "bool", True, doc="Learn biases."),
)
_LAYER_ARGS = (
    Arg("d_model", "size", doc="Features; inferred."),
    Arg("nhead", "int", doc="Attention heads."),
    *_FORM,
    _EPS,
    *_ORDER,
)


def _masks(*names: str) -> tuple[Arg, ...]:
    return tuple(optional_mask(name, "") for name in names)


_TARGET_MASKS = _masks("tgt_mask", "memory_mask", "tgt_key_padding_mask", "memory_key_padding_mask")

OPS = (
    ModuleOp(
        "TransformerEncoderLayer",
        "nn.TransformerEncoderLayer",
        _LAYER_ARGS,
        (
            Arg("src", "tensor"),
            *_masks("src_mask", "src_key_padding_mask"),
            Arg("is_causal", "bool", False, doc="A hint that `src_mask` is causal."),
        ),
        "Self-attention and a feed-forward part.",
        infer={"d_model": partial(last_size, "src")},
        rule=_encoder_layer,
        weights=partial(_layer_weights, _ENCODER),
        flops=_encoder_flops,
        train=True,
    ),
    ModuleOp(
        "TransformerDecoderLayer",
        "nn.TransformerDecoderLayer",
        _LAYER_ARGS,
        (
            Arg("tgt", "tensor"),
            Arg("memory", "tensor"),
            *_TARGET_MASKS,
            Arg("tgt_is_causal", "bool", False, doc="A hint that `tgt_mask` is causal."),
            Arg("memory_is_causal", "bool", False, doc="A hint that `memory_mask` is causal."),
        ),
        "Self-attention, attention to a memory, and a feed-forward part.",
        infer={"d_model": partial(last_size, "tgt")},
        rule=_decoder_layer,
        weights=partial(_layer_weights, _DECODER),
        flops=partial(_decoder_flops, "memory"),
        train=True,
    ),
    ModuleOp(
        "Transformer",
        "nn.Transformer",
        (
            Arg("d_model", "size", 512, doc="Features."),
            Arg("nhead", "int", 8, doc="Attention heads."),
            Arg("num_encoder_layers", "int", 6, doc="Layers of the encoder."),
            Arg("num_decoder_layers", "int", 6, doc="Layers of the decoder."),
            *_FORM,
            _EPS,
            *_ORDER,
        ),
        (
            Arg("src", "tensor"),
            Arg("tgt", "tensor"),
            *_masks("src_mask", "tgt_mask", "memory_mask"),
            *_masks("src_key_padding_mask", "tgt_key_padding_mask", "memory_key_padding_mask"),
            Arg("src_is_causal", "bool", None, optional=True, doc="Found out where left out."),
            Arg("tgt_is_causal", "bool", None, optional=True, doc="Found out where left out."),
            Arg("memory_is_causal", "bool", False, doc="A hint that `memory_mask` is causal."),
        ),
        "The encoder-decoder model (arXiv:1706.03762).",
        rule=_transformer,
        weights=_transformer_weights,
        flops=_transformer_flops,
        train=True,
    ),
)
