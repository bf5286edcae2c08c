"""How a node for each module is proposed: arguments by name, inputs in order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from netwright.ops.entry import ModuleOp
from netwright.ops.table import MODULES

from tests.strangers.functions.kinds import const_axis, drawn
from tests.strangers.functions.products import channels
from tests.strangers.hand import Hand, NothingFits, Raw, Value

Proposal = tuple[dict[str, Any], list[Value | Raw]]
Propose = Callable[[Hand, str], Proposal]


def spatial(name: str) -> int:
    """Of `Conv2d`, 2."""
    return int(name[-2])


def sizes(hand: Hand, count: int, low: int, high: int) -> Any:
    """One number, or one for each axis."""
    if hand.chance(0.6):
        return hand.whole(low, high)
    return [hand.whole(low, high) for _ in range(count)]


def some(hand: Hand, **options: Any) -> dict[str, Any]:
    return {name: value for name, value in options.items() if hand.chance(0.3)}


def pointwise(hand: Hand, name: str) -> Proposal:
    """Any input; some of the arguments by what the table says of them."""
    op: ModuleOp = MODULES[name]
    x = hand.tensor() if name == "Identity" else hand.real()
    args = {
        arg.name: drawn(hand, arg, x)
        for arg in op.args
        if arg.required or (hand.chance(0.3) and arg.name != "inplace")
    }
    return args, [x]


def prelu(hand: Hand, name: str) -> Proposal:
    x = channels(hand)
    return ({"num_parameters": x.const(1)} if hand.chance(0.5) else {}, [x])


def dropout(hand: Hand, name: str) -> Proposal:
    x = hand.ranked(spatial(name) + 2) if name[-1] == "d" else hand.real(2)
    return (some(hand, p=0.2), [x])


def softmax2d(hand: Hand, name: str) -> Proposal:
    x = hand.ranked(4)
    return ({}, [x])


# Weights over channels and features ---------------------------------------------------------


def featured(hand: Hand, least: int = 1, most: int = 5) -> Value:
    """A float whose last axis is a number."""
    return hand.pick(lambda v: v.floating and least <= v.rank <= most and v.const(-1) is not None)


def linear(hand: Hand, name: str) -> Proposal:
    x = featured(hand)
    return ({"out_features": hand.whole(1, 8), **some(hand, bias=False)}, [x])


def bilinear(hand: Hand, name: str) -> Proposal:
    x = featured(hand)
    other = hand.like(x)
    return ({"out_features": hand.whole(1, 5)}, [x, other])


def images(hand: Hand, count: int) -> Value:
    """(B, C, *spatial) with a number for C, rarely without B."""
    batch = 1 if hand.chance(0.9) else 0
    rank = count + 1 + batch
    return hand.pick(lambda v: v.floating and v.rank == rank and v.const(batch) is not None)


def conv(hand: Hand, name: str) -> Proposal:
    count = spatial(name)
    x = images(hand, count)
    groups = hand.one([g for g in (1, 1, 2, 3) if (x.const(-count - 1) or 1) % g == 0])
    args: dict[str, Any] = {
        "out_channels": groups * hand.whole(1, 4),
        "kernel_size": sizes(hand, count, 1, 3),
        **some(hand, stride=sizes(hand, count, 1, 2), padding=sizes(hand, count, 0, 2)),
        **some(hand, dilation=sizes(hand, count, 1, 2), bias=False),
    }
    if groups > 1:
        args["groups"] = groups
    if not name.startswith("ConvTranspose"):
        args |= some(hand, padding_mode=hand.one(["reflect", "replicate", "circular"]))
        if "stride" not in args:
            args |= some(hand, padding="same")
    return args, [x]


def channel_norm(hand: Hand, name: str) -> Proposal:
    x = images(hand, 2 if name == "SyncBatchNorm" else spatial(name))
    return (some(hand, eps=1e-3, affine=hand.chance(0.5)), [x])


def batch_norm(hand: Hand, name: str) -> Proposal:
    x = channels(hand, 2, 3) if name == "BatchNorm1d" else images(hand, spatial(name))
    return (some(hand, eps=1e-3, affine=hand.chance(0.5)), [x])


def layer_norm(hand: Hand, name: str) -> Proposal:
    x = featured(hand)
    args = some(hand, eps=1e-3, elementwise_affine=hand.chance(0.5))
    if x.rank > 1 and x.const(-2) is not None and hand.chance(0.4):
        args["normalized_shape"] = [x.const(-2), x.const(-1)]
    return args, [x]


def group_norm(hand: Hand, name: str) -> Proposal:
    x = channels(hand)
    groups = [g for g in (1, 2, 3) if (x.const(1) or 1) % g == 0]
    return ({"num_groups": hand.one(groups), **some(hand, affine=False)}, [x])


def local_norm(hand: Hand, name: str) -> Proposal:
    x = hand.real(3, 5)
    return ({"size": hand.whole(1, 3)}, [x])


def cross_norm(hand: Hand, name: str) -> Proposal:
    x = hand.ranked(4)
    return ({"size": 3}, [x])


# Windows ------------------------------------------------------------------------------------


def pool(hand: Hand, name: str) -> Proposal:
    count = spatial(name)
    x = hand.ranked(count + 2)
    low = 1 if count == 1 else 2
    kernel = sizes(hand, count, low + 1, 3) if name != "LPPool1d" else 2
    args: dict[str, Any] = {"kernel_size": kernel, **some(hand, stride=hand.whole(1, 2))}
    args |= some(hand, ceil_mode=True)
    if name.startswith("LP"):
        return {"norm_type": 2, **args}, [x]
    args |= some(hand, padding=1)
    if name.startswith("Max"):
        args |= some(hand, dilation=2, return_indices=True)
    else:
        args |= some(hand, count_include_pad=False)
    return args, [x]


def adaptive(hand: Hand, name: str) -> Proposal:
    count = spatial(name)
    x = hand.ranked(count + 2)
    args: dict[str, Any] = {"output_size": sizes(hand, count, 2, 4)}
    if "Max" in name:
        args |= some(hand, return_indices=True)
    return (args, [x])


def fractional(hand: Hand, name: str) -> Proposal:
    x = hand.ranked(spatial(name) + 2)
    return ({"kernel_size": 2, "output_size": [2] * spatial(name)}, [x])


def unpool(hand: Hand, name: str) -> Proposal:
    x = hand.ranked(spatial(name) + 2)
    return {"kernel_size": 2}, [x, Raw(f"zeros_like({x.text}).long()")]


def pad(hand: Hand, name: str) -> Proposal:
    count = spatial(name)
    x = hand.ranked(count + 2)
    args: dict[str, Any] = {"padding": hand.whole(0, 2)}
    if hand.chance(0.5):
        args["padding"] = [hand.whole(0, 2) for _ in range(2 * count)]
    if "Constant" in name:
        args["value"] = hand.one([0, 1.5])
    return (args, [x])


def unfold(hand: Hand, name: str) -> Proposal:
    x = hand.ranked(4)
    return ({"kernel_size": sizes(hand, 2, 1, 3), **some(hand, padding=1, stride=2)}, [x])


def fold(hand: Hand, name: str) -> Proposal:
    x = hand.real(1)
    return {"output_size": [4, 4], "kernel_size": 2}, [Raw(f"ones([{hand.size(x.dim(0))}, 8, 9])")]


def shuffle(hand: Hand, name: str) -> Proposal:
    x = hand.ranked(4)
    word = MODULES[name].args[0].name
    return ({word: hand.one([1, 2, 2])}, [x])


def upsample(hand: Hand, name: str) -> Proposal:
    x = hand.ranked(4) if name[-1] == "d" else hand.real(3, 5)
    args: dict[str, Any] = {"scale_factor": hand.one([2, 2.0, 0.5, 1.5])}
    if hand.chance(0.4):
        args = {"size": [hand.whole(2, 6) for _ in range(x.rank - 2)]}
    if name == "Upsample":
        modes = {3: "linear", 4: "bilinear", 5: "trilinear"}
        args |= some(hand, mode=hand.one(["nearest", "area", modes[x.rank]]))
    return args, [x]


def flatten(hand: Hand, name: str) -> Proposal:
    x = hand.real(2)
    return (some(hand, start_dim=hand.whole(0, 1), end_dim=-1), [x])


def unflatten(hand: Hand, name: str) -> Proposal:
    x, axis, size = const_axis(hand)
    first = hand.one([d for d in range(1, size + 1) if size % d == 0])
    return {"dim": axis, "unflattened_size": [first, size // first]}, [x]


# Sequences ----------------------------------------------------------------------------------


def tokens(hand: Hand, rank: int | None = None) -> Value:
    return hand.pick(
        lambda v: (
            v.dtype == torch.int64
            and rank in (None, v.rank)
            and all(int(t.min()) >= 0 and int(t.max()) < 5 for t in v.data)
        )
    )


def embedding(hand: Hand, name: str) -> Proposal:
    x = tokens(hand, 2 if name == "EmbeddingBag" else None)
    args: dict[str, Any] = {"num_embeddings": hand.whole(5, 8), "embedding_dim": hand.whole(2, 6)}
    args |= some(hand, padding_idx=0)
    if name == "EmbeddingBag":
        args |= some(hand, mode=hand.one(["sum", "mean", "max"]))
    return (args, [x])


def recurrent(hand: Hand, name: str) -> Proposal:
    x = featured(hand, 2, 3)
    args: dict[str, Any] = {"hidden_size": hand.whole(2, 4), **some(hand, num_layers=2, bias=False)}
    args |= some(hand, batch_first=True, bidirectional=True)
    return (args, [x])


def cell(hand: Hand, name: str) -> Proposal:
    x = featured(hand, 1, 2)
    return ({"hidden_size": hand.whole(2, 4), **some(hand, bias=False)}, [x])


def heads(hand: Hand, x: Value) -> int:
    return hand.one([h for h in (1, 2, 3) if (x.const(-1) or 1) % h == 0])


def attention(hand: Hand, name: str) -> Proposal:
    x = featured(hand, 2, 3)
    other = hand.like(x)
    return {"num_heads": heads(hand, x), **some(hand, batch_first=True, bias=False)}, [
        x,
        other,
        other,
    ]


def transformer(hand: Hand, name: str) -> Proposal:
    x = featured(hand, 2, 3)
    other = hand.like(x)
    args: dict[str, Any] = {"nhead": heads(hand, x), "dim_feedforward": hand.whole(2, 6)}
    args |= some(hand, batch_first=True, norm_first=True, activation="gelu")
    if name == "Transformer":
        args |= {"d_model": x.const(-1), "num_encoder_layers": 1, "num_decoder_layers": 1}
    return args, [x] if name.endswith("EncoderLayer") else [x, other]


# Losses and distances -----------------------------------------------------------------------


def pair(hand: Hand, name: str) -> Proposal:
    x = hand.real(2)
    other = hand.like(x)
    return (
        some(hand, dim=-1) if name[0] == "C" else some(hand, keepdim=True),
        [x, other],
    )


def reduction(hand: Hand) -> dict[str, Any]:
    return some(hand, reduction=hand.one(["none", "mean", "sum"]))


def loss(hand: Hand, name: str) -> Proposal:
    x = hand.real(2 if "Multi" in name else 1)
    other = hand.like(x)
    if name in ("BCELoss", "PoissonNLLLoss"):
        return reduction(hand), [Raw(f"sigmoid({x.text})"), Raw(f"sigmoid({other.text})")]
    if name == "MultiLabelMarginLoss":
        return reduction(hand), [x, Raw(f"zeros_like({x.text}).long()")]
    if name == "SoftMarginLoss":  # torch has no gradient for its target
        return reduction(hand), [x, Raw(f"{other.text}.detach()")]
    args = {"reduction": "batchmean"} if name == "KLDivLoss" else reduction(hand)
    return args, [x, other]


def class_loss(hand: Hand, name: str) -> Proposal:
    x = hand.pick(lambda v: v.floating and v.rank == 2 and v.const(1) is not None)
    target = Raw(f"arange({hand.size(x.dim(0))}) % {x.const(1)}")
    return reduction(hand), [x, target]


def three(hand: Hand, name: str) -> Proposal:
    x = hand.real(2)
    other = hand.like(x)
    if name == "CosineEmbeddingLoss":
        if x.rank != 2:
            raise NothingFits
        return reduction(hand), [x, other, Raw(f"ones([{hand.size(x.dim(0))}])")]
    return reduction(hand), [x, other, hand.like(x) or x]


def gaussian(hand: Hand, name: str) -> Proposal:
    x = hand.real(1)
    other = hand.like(x)
    return reduction(hand), [x, other, Raw(f"sigmoid({x.text})")]


def ctc(hand: Hand, name: str) -> Proposal:
    x = hand.pick(lambda v: v.floating and v.rank == 3 and (v.const(2) or 0) > 1)
    steps, batch = hand.size(x.dim(0)), hand.size(x.dim(1))
    return reduction(hand), [
        Raw(f"log_softmax({x.text}, dim=-1)"),
        Raw(f"ones([{batch}, 2], dtype=int)"),
        Raw(f"full([{batch}], {steps})"),
        Raw(f"ones([{batch}], dtype=int)"),
    ]


def adaptive_softmax(hand: Hand, name: str) -> Proposal:
    x = hand.pick(lambda v: v.floating and v.rank == 2 and (v.const(1) or 0) >= 4)
    target = Raw(f"arange({hand.size(x.dim(0))}) % 9")
    return {"n_classes": 9, "cutoffs": [3, 5], "div_value": 2.0}, [x, target]


def cross_entropy(hand: Hand, name: str) -> Proposal:
    x = featured(hand, 2, 2)
    return {"num_classes": 4}, [x, Raw(f"arange({hand.size(x.dim(0))}) % 4")]


# The table ----------------------------------------------------------------------------------


def _each(propose: Propose, *names: str) -> dict[str, Propose]:
    return dict.fromkeys(names, propose)


def _dims(propose: Propose, *stems: str) -> dict[str, Propose]:
    return {f"{stem}{count}d": propose for stem in stems for count in (1, 2, 3)}


_SPECIAL: Mapping[str, Propose] = {
    **_each(linear, "Linear"), **_each(bilinear, "Bilinear"), **_each(prelu, "PReLU"),
    **_each(softmax2d, "Softmax2d"),
    **_dims(conv, "Conv", "ConvTranspose"),
    **_dims(pool, "MaxPool", "AvgPool", "LPPool"),
    **_dims(adaptive, "AdaptiveAvgPool", "AdaptiveMaxPool"),
    **_dims(pad, "ConstantPad", "ZeroPad", "ReflectionPad", "ReplicationPad", "CircularPad"),
    **_dims(batch_norm, "BatchNorm"), **_dims(channel_norm, "InstanceNorm"),
    **_each(channel_norm, "SyncBatchNorm"), **_each(layer_norm, "LayerNorm", "RMSNorm"),
    **_each(group_norm, "GroupNorm"), **_each(local_norm, "LocalResponseNorm"),
    **_each(cross_norm, "CrossMapLRN2d"), **_dims(dropout, "Dropout"),
    **_each(dropout, "Dropout", "AlphaDropout", "FeatureAlphaDropout"),
    **_each(embedding, "Embedding", "EmbeddingBag"),
    **_each(recurrent, "RNN", "LSTM", "GRU"), **_each(cell, "RNNCell", "LSTMCell", "GRUCell"),
    **_each(attention, "MultiheadAttention"),
    **_each(transformer, "TransformerEncoderLayer", "TransformerDecoderLayer", "Transformer"),
    **_each(flatten, "Flatten"), **_each(unflatten, "Unflatten"),
    **_each(fold, "Fold"), **_each(unfold, "Unfold"),
    **_each(shuffle, "PixelShuffle", "PixelUnshuffle", "ChannelShuffle"),
    **_each(upsample, "Upsample", "UpsamplingNearest2d", "UpsamplingBilinear2d"),
    **_each(pair, "CosineSimilarity", "PairwiseDistance"),
    **_each(
        loss, "L1Loss", "MSELoss", "SmoothL1Loss", "HuberLoss", "BCELoss", "BCEWithLogitsLoss",
        "KLDivLoss", "PoissonNLLLoss", "SoftMarginLoss", "HingeEmbeddingLoss",
        "MultiLabelSoftMarginLoss", "MultiLabelMarginLoss",
    ),
    **_each(class_loss, "MultiMarginLoss", "NLLLoss", "CrossEntropyLoss"),
    **_each(
        three, "CosineEmbeddingLoss", "MarginRankingLoss", "TripletMarginLoss",
        "TripletMarginWithDistanceLoss",
    ),
    **_each(gaussian, "GaussianNLLLoss"), **_each(ctc, "CTCLoss"),
    **_each(fractional, "FractionalMaxPool2d", "FractionalMaxPool3d"),
    **_dims(unpool, "MaxUnpool"),
    **_each(adaptive_softmax, "AdaptiveLogSoftmaxWithLoss"),
    **_each(cross_entropy, "LinearCrossEntropyLoss"),
}  # fmt: skip

PROPOSALS: Mapping[str, Propose] = {name: _SPECIAL.get(name, pointwise) for name in MODULES}
"""Every module of the table."""


def propose(hand: Hand, name: str) -> tuple[dict[str, str], list[str]]:
    """Arguments and inputs as texts; NothingFits where nothing at hand does."""
    args, inputs = PROPOSALS[name](hand, name)
    return {k: hand.written(v) for k, v in args.items()}, [hand.written(v) for v in inputs]
