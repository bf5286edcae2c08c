"""Tables of vectors, looked up by index."""

from __future__ import annotations

from netwright.ir.dims import Size, at_least, show
from netwright.ir.types import TensorType
from netwright.ops.entry import Arg, Arguments, ModuleOp, OpError, Weight
from netwright.ops.modules.checks import (
    need_floating,
    need_from_zero,
    need_int,
    need_rank,
    need_same_shape,
    optional_tensor,
    tensor,
)


def _check_table(args: Arguments) -> None:
    rows: Size = args["num_embeddings"]
    for name in ("num_embeddings", "embedding_dim"):
        need_from_zero(args[name], name)
    padding = args["padding_idx"]
    if padding is None:
        return
    inside = padding if padding >= 0 else -padding - 1
    if at_least(rows, inside + 1) is False:
        raise OpError(
            f"`padding_idx` {padding} is outside of {show(rows)} embeddings",
            arg="padding_idx",
            code="E0308",
        )


def _embedding(args: Arguments) -> TensorType:
    """int (...) -> (..., embedding_dim)."""
    x = tensor(args, "input")
    need_int(x, "input")
    _check_table(args)
    return TensorType("float", (*x.shape, args["embedding_dim"]))


def _embedding_bag(args: Arguments) -> TensorType:
    """int (B, N) -> (B, embedding_dim); int (N) with `offsets` (B) the same."""
    x = tensor(args, "input")
    need_int(x, "input")
    need_rank(x, "input", (1, 2), "(B, N), or (N) with `offsets`")
    _check_table(args)
    if args["scale_grad_by_freq"] and args["mode"] == "max":
        raise OpError("mode `max` does not scale gradients", arg="scale_grad_by_freq", code="E0308")
    _check_sample_weights(x, args)
    return TensorType("float", (_bags(x, args), args["embedding_dim"]))


def _bags(x: TensorType, args: Arguments) -> Size:
    offsets = optional_tensor(args, "offsets")
    if (offsets is None) == (x.rank == 1):
        raise OpError(
            "`offsets` belongs to an input of one dim, and only to it", arg="offsets", code="E0302"
        )
    if offsets is None:
        return x.shape[0]
    need_int(offsets, "offsets")
    need_rank(offsets, "offsets", (1,), "(B)")
    return offsets.shape[0] - int(args["include_last_offset"])


def _check_sample_weights(x: TensorType, args: Arguments) -> None:
    weights = optional_tensor(args, "per_sample_weights")
    if weights is None:
        return
    need_floating(weights, "per_sample_weights")
    need_same_shape(weights, x, "per_sample_weights", "input")
    if args["mode"] != "sum":
        raise OpError(
            "only mode `sum` takes `per_sample_weights`", arg="per_sample_weights", code="E0308"
        )


def _weights(args: Arguments) -> tuple[Weight, ...]:
    return (Weight("weight", (args["num_embeddings"], args["embedding_dim"])),)


_TABLE = (
    Arg("num_embeddings", "size", doc="How many vectors."),
    Arg("embedding_dim", "size", doc="Size of each."),
)
_PADDING = Arg("padding_idx", "int", None, optional=True, doc="Index of a vector that stays zero.")
_NORM = (
    Arg("max_norm", "float", None, optional=True, doc="Longer vectors are shortened to this."),
    Arg("norm_type", "float", 2.0, doc="The norm's power."),
    Arg("scale_grad_by_freq", "bool", False, doc="Divide gradients by the index's frequency."),
)
_SPARSE = Arg("sparse", "bool", False, doc="Sparse gradients.")

OPS = (
    ModuleOp(
        "Embedding",
        "nn.Embedding",
        (*_TABLE, _PADDING, *_NORM, _SPARSE),
        (Arg("input", "tensor"),),
        "Look vectors up by index: int (...) -> (..., embedding_dim).",
        rule=_embedding,
        weights=_weights,
    ),
    ModuleOp(
        "EmbeddingBag",
        "nn.EmbeddingBag",
        (
            *_TABLE,
            *_NORM,
            Arg("mode", "str", "mean", choices=("sum", "mean", "max"), doc="How a bag is reduced."),
            _SPARSE,
            Arg("include_last_offset", "bool", False, doc="The last offset is the end."),
            _PADDING,
        ),
        (
            Arg("input", "tensor"),
            Arg("offsets", "tensor", None, optional=True),
            Arg("per_sample_weights", "tensor", None, optional=True),
        ),
        "Look up and reduce bags of vectors: int (B, N) -> (B, embedding_dim).",
        rule=_embedding_bag,
        weights=_weights,
    ),
)
