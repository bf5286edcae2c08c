"""Multi-head attention as one module."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from netwright.ir.dims import Size, known, mod, same, show
from netwright.ir.types import TensorType, is_float
from netwright.ops.entry import Arg, Arguments, ModuleOp, OpError, Result, Weight
from netwright.ops.modules.checks import (
    need_build_dtype,
    need_inferred,
    need_positive,
    need_probability,
    need_rank,
    need_shape,
    need_size,
    optional_tensor,
    tensor,
)
from netwright.ops.modules.linear import last_size


@dataclass(frozen=True, slots=True)
class Extent:
    """Sizes of one call: `batch` is () where the inputs have none; `keys` counts added ones too."""

    batch: tuple[Size, ...]
    queries: Size
    keys: Size


def check_heads(dim: Size, heads: int, dim_name: str, heads_name: str) -> None:
    need_positive(dim, dim_name)
    need_positive(heads, heads_name)
    if known(mod(dim, heads)) not in (0, None):
        raise OpError(
            f"`{dim_name}` {show(dim)} is no multiple of `{heads_name}` {heads}", arg=heads_name
        )


def layout(batch_first: bool, letter: str) -> str:
    return f"(B, {letter}, E)" if batch_first else f"({letter}, B, E)"


def split(x: TensorType, batch_first: bool) -> tuple[tuple[Size, ...], Size]:
    """The batch and the length of (B, T, E) or (T, B, E), or of (T, E)."""
    if x.rank == 2:
        return (), x.shape[0]
    batch, length = x.shape[:2] if batch_first else (x.shape[1], x.shape[0])
    return (batch,), length


def check_mask(
    args: Arguments, name: str, heads: int, batch: tuple[Size, ...], queries: Size, keys: Size
) -> None:
    """A mask over (L, S), or over (B * heads, L, S)."""
    mask = optional_tensor(args, name)
    if mask is None:
        return
    _need_mask_dtype(mask, name)
    need_rank(mask, name, (2, 3), "(L, S) or (B * heads, L, S)")
    items = batch[0] if batch else 1
    shape = (queries, keys) if mask.rank == 2 else (items * heads, queries, keys)
    need_shape(mask, shape, name)


def check_padding_mask(args: Arguments, name: str, batch: tuple[Size, ...], keys: Size) -> None:
    """A mask over (B, S), or over (S) without a batch."""
    mask = optional_tensor(args, name)
    if mask is not None:
        _need_mask_dtype(mask, name)
        need_rank(mask, name, (1 + len(batch),), "(B, S)")
        need_shape(mask, (*batch, keys), name)


def _need_mask_dtype(mask: TensorType, name: str) -> None:
    if mask.dtype != "bool" and not is_float(mask.dtype):
        raise OpError(f"a mask is bool or floating, not {mask.dtype}", arg=name, code="E0304")


def check_causal(args: Arguments, hint: str, mask: str) -> None:
    if args[hint] and args[mask] is None:
        raise OpError(
            f"`{hint}` is a hint about `{mask}`, which is missing", arg=hint, code="E0213"
        )


def _attention(args: Arguments) -> Result:
    """`output` as the query, and `weights` (B, L, S), or (B, heads, L, S) where not averaged.

    Without `need_weights` there is one result, alone in its tuple.
    """
    query, key, value = (_input(args, name) for name in ("query", "key", "value"))
    extent = _extent(query, key, value, args)
    _check_features(key, value, args)
    need_probability(args, "dropout")
    _check_masks(extent, args)
    output = TensorType(query.dtype, query.shape)
    if not args["need_weights"]:
        return (output,)
    heads = () if args["average_attn_weights"] else (args["num_heads"],)
    keys = _attended(extent, args)
    return output, TensorType(query.dtype, (*extent.batch, *heads, extent.queries, keys))


def _input(args: Arguments, name: str) -> TensorType:
    x = tensor(args, name)
    need_build_dtype(x, name)
    return x


def _extent(query: TensorType, key: TensorType, value: TensorType, args: Arguments) -> Extent:
    first = args["batch_first"]
    need_rank(query, "query", (2, 3), layout(first, "L"))
    need_inferred(query.shape[-1], args, "embed_dim", "query features")
    check_heads(args["embed_dim"], args["num_heads"], "embed_dim", "num_heads")
    batch, queries = split(query, first)
    for name, x in (("key", key), ("value", value)):
        need_rank(x, name, (query.rank,), layout(first, "S"))
        if batch:
            need_size(split(x, first)[0][0], batch[0], f"items in `{name}`", name)
    keys = split(key, first)[1]
    need_size(split(value, first)[1], keys, "values, as many as keys,", "value")
    return Extent(batch, queries, keys)


def _check_features(key: TensorType, value: TensorType, args: Arguments) -> None:
    for name, arg, x in (("key", "kdim", key), ("value", "vdim", value)):
        wanted = args["embed_dim"] if args[arg] is None else args[arg]
        help = f"give `{arg}` where it differs from `embed_dim`"
        need_size(x.shape[-1], wanted, f"{name} features", name, help)


def _check_masks(extent: Extent, args: Arguments) -> None:
    check_causal(args, "is_causal", "attn_mask")
    check_padding_mask(args, "key_padding_mask", extent.batch, extent.keys)
    check_mask(args, "attn_mask", args["num_heads"], extent.batch, extent.queries, extent.keys)


def _attended(extent: Extent, args: Arguments) -> Size:
    """Keys that are attended to: those given, a learned one and a zero."""
    return extent.keys + int(args["add_bias_kv"]) + int(args["add_zero_attn"])


def attention_weights(
    dim: Size, bias: bool, key_dim: Size | None = None, value_dim: Size | None = None
) -> tuple[Weight, ...]:
    """What attention of width `dim` owns beside `add_bias_kv`."""
    kdim, vdim = (dim if d is None else d for d in (key_dim, value_dim))
    if same(kdim, dim) and same(vdim, dim):
        weights = [Weight("in_proj_weight", (3 * dim, dim))]
    else:
        sizes = (("q", dim), ("k", kdim), ("v", vdim))
        weights = [Weight(f"{letter}_proj_weight", (dim, size)) for letter, size in sizes]
    if bias:
        weights.append(Weight("in_proj_bias", (3 * dim,)))
    weights.append(Weight("out_proj.weight", (dim, dim), inside=(("Linear", "weight"),)))
    if bias:
        weights.append(Weight("out_proj.bias", (dim,), inside=(("Linear", "bias"),)))
    return tuple(weights)


def _weights(args: Arguments) -> tuple[Weight, ...]:
    dim: Size = args["embed_dim"]
    weights = attention_weights(dim, args["bias"], args["kdim"], args["vdim"])
    if not args["add_bias_kv"]:
        return weights
    added = (Weight("bias_k", (1, 1, dim)), Weight("bias_v", (1, 1, dim)))
    own = sum(not w.name.startswith("out_proj") for w in weights)
    return (*weights[:own], *added, *weights[own:])


def attention_flops(
    batch: Size, queries: Size, keys: Size, dim: Size, key_dims: Size, attended: Size
) -> Size:
    """Projections in and out, scores and weighted sum. `key_dims` is kdim + vdim."""
    projections = 2 * queries * dim * dim + keys * key_dims * dim
    return 2 * batch * (projections + 2 * queries * attended * dim)


def _flops(args: Arguments, result: Result) -> Size:
    first = args["batch_first"]
    query, key, value = (tensor(args, name) for name in ("query", "key", "value"))
    batch, queries = split(query, first)
    extent = Extent(batch, queries, split(key, first)[1])
    items = batch[0] if batch else 1
    attended = _attended(extent, args)
    widths = key.shape[-1] + value.shape[-1]
    return attention_flops(items, queries, extent.keys, args["embed_dim"], widths, attended)


def optional_mask(name: str, doc: str) -> Arg:
    return Arg(name, "tensor", None, optional=True, doc=doc)


_INFER: Mapping[str, Any] = {"embed_dim": partial(last_size, "query")}

OPS = (
    ModuleOp(
        "MultiheadAttention",
        "nn.MultiheadAttention",
        (
            Arg("embed_dim", "size", doc="Features of the query; inferred."),
            Arg("num_heads", "int", doc="Heads that share the features."),
            Arg("dropout", "float", 0.0, doc="Dropout of the weights."),
            Arg("bias", "bool", True, doc="Add learned biases to the projections."),
            Arg("add_bias_kv", "bool", False, doc="Add a learned key and value."),
            Arg("add_zero_attn", "bool", False, doc="Add a key and value of zeros."),
            Arg("kdim", "size", None, optional=True, doc="Features of the key."),
            Arg("vdim", "size", None, optional=True, doc="Features of the value."),
            Arg("batch_first", "bool", False, doc="(B, T, E) instead of (T, B, E)."),
        ),
        (
            Arg("query", "tensor"),
            Arg("key", "tensor"),
            Arg("value", "tensor"),
            optional_mask("key_padding_mask", "(B, S), True where a key is ignored."),
            Arg("need_weights", "bool", True, doc="Return the weights too."),
            optional_mask("attn_mask", "(L, S) or (B * heads, L, S)."),
            Arg("average_attn_weights", "bool", True, doc="Average the weights over the heads."),
            Arg("is_causal", "bool", False, doc="A hint that `attn_mask` is causal."),
        ),
        "Scaled dot-product attention with several heads and its projections.",
        infer=_INFER,
        rule=_attention,
        weights=_weights,
        flops=_flops,
        outputs=("output", "weights"),
        train=True,
    ),
)
