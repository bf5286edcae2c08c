"""Draws of calls of every module that has a rule, sound ones and faulty ones."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from netwright.ir.types import TensorType

from tests.ops.modules_cases import (
    BOOL,
    Case,
    Draw,
    Free,
    Make,
    dtype,
    free,
    frees,
    images,
    mostly,
    some,
    spatial_count,
)
from tests.ops.modules_losses import (
    adaptive_softmax,
    class_loss,
    ctc,
    gaussian,
    loss,
    similarity,
    three,
)
from tests.ops.modules_sequence import attention, cell, recurrent, transformer
from tests.ops.modules_spatial import (
    adaptive,
    channel_norm,
    conv,
    conv_transpose,
    flatten,
    fold,
    group_norm,
    layer_norm,
    local_norm,
    pad,
    pool,
    shuffle,
    unflatten,
    unfold,
    upsample,
)

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
        shape = (shape[0], mostly(draw, slopes, st.integers(1, 3)), *shape[2:])
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
    low = 0.5 if name == "FeatureAlphaDropout" else 0.0  # with 0, torch does not look at the rank
    args = some(draw, p=st.sampled_from([low, 0.5, 1.0, 1.5, -0.1]))
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
    **_each(gaussian, "GaussianNLLLoss"),
    **_each(ctc, "CTCLoss"),
    **_each(adaptive_softmax, "AdaptiveLogSoftmaxWithLoss"),
}
"""How to draw a call of each module that has a rule."""


@st.composite
def cases(draw: Draw, name: str) -> Case:
    return MAKERS[name](draw, name)
