"""Draws of losses, similarities and distances."""

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
    mostly,
    some,
)

# Two inputs ---------------------------------------------------------------------------------


def broadcastable(draw: Draw, shape: tuple[int, ...]) -> tuple[int, ...]:
    """A shape that broadcasts to `shape`, or rarely one that does not."""
    cut = tuple(1 if draw(st.integers(0, 3)) == 0 else d for d in shape)
    return mostly(draw, cut[draw(st.integers(0, len(cut))) :], st.just((*shape[:-1], 7)))


def similarity(draw: Draw, name: str) -> Case:
    shape = frees(draw, draw(st.integers(name == "CosineSimilarity", 3)), 2, 5)
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
    inputs = {n: TensorType(dtype(draw), s) for n, s in zip(names, shapes, strict=True)}
    return Case(name, _reduction(draw), inputs)


def gaussian(draw: Draw, name: str) -> Case:
    shape = frees(draw, draw(st.integers(1, 3)), 2, 5)
    variances = [shape, shape[:-1], (*shape[:-1], 1), shape[1:], (1,) * len(shape)]
    inputs = {
        "input": TensorType(dtype(draw), shape),
        "target": TensorType(dtype(draw), mostly(draw, shape, st.just((*shape[:-1], 7)))),
        "var": TensorType(dtype(draw), draw(st.sampled_from(variances))),
    }
    return Case(name, _reduction(draw), inputs)


def ctc(draw: Draw, name: str) -> Case:
    batch = (free(draw, 2, 4),)  # without a batch, the values of the lengths matter
    inputs = {
        "log_probs": TensorType("float", (free(draw, 2, 5), *batch, Free(4))),
        "targets": TensorType("int", (*batch, free(draw, 2, 5))),
        "input_lengths": TensorType("int", mostly(draw, batch, st.just((7,)))),
        "target_lengths": TensorType("int", batch),
    }
    return Case(name, _reduction(draw), inputs)


def adaptive_softmax(draw: Draw, name: str) -> Case:
    features = draw(st.integers(4, 6))
    args = {
        "in_features": mostly(draw, features, st.integers(4, 6)),
        "n_classes": 9,
        "cutoffs": (3, 5),
        "div_value": 2.0,
    }
    args |= some(draw, head_bias=BOOL)
    batch = frees(draw, draw(st.integers(0, 2)))
    target = mostly(draw, batch, st.just((7,)))
    kind = mostly(draw, "int", st.just("float"))
    inputs = {
        "input_": TensorType("float", (*batch, features)),
        "target_": TensorType(kind, target),
    }
    return Case(name, args, inputs)
