"""Losses of classes: of samples, and of the pixels of a map alike."""

from __future__ import annotations

import torch
from netwright.recipe.loss import BinaryCrossEntropy, CrossEntropy
from torch import Tensor
from torch.nn import functional as F

from netwright_runtime.train.losses import fit
from netwright_runtime.train.losses.loss import Mean


def cross_entropy(arguments: CrossEntropy, read: fit.Tensors) -> Mean:
    """`output` (B, K, ...) against `target` (B, ...)."""
    logits = read["output"]
    target = fit.labels(logits, read["target"])
    weights = class_weights(arguments, logits)
    return mean_cross_entropy(
        logits, target, arguments.ignore_index, arguments.label_smoothing, weights
    )


def check_cross_entropy(arguments: CrossEntropy, read: fit.Tensors) -> None:
    logits = read["output"]
    fit.in_range(logits, fit.labels(logits, read["target"]), arguments.ignore_index)
    weights = arguments.class_weights
    if weights is not None and len(weights) != logits.shape[1]:
        raise fit.Unfit(
            f"`class_weights` has {len(weights)} items, and the output tells {logits.shape[1]} "
            "classes apart"
        )


def class_weights(arguments: CrossEntropy, logits: Tensor) -> Tensor | None:
    if arguments.class_weights is None:
        return None
    return torch.tensor(arguments.class_weights, dtype=logits.dtype, device=logits.device)


def mean_cross_entropy(
    logits: Tensor,
    target: Tensor,
    ignored: int,
    smoothing: float = 0.0,
    weights: Tensor | None = None,
) -> Mean:
    """torch's mean over what is not ignored; where all of it is, 0 and not its NaN."""
    total = F.cross_entropy(
        logits, target, weights, ignore_index=ignored, reduction="sum", label_smoothing=smoothing
    )
    kept = target != ignored
    count = kept.sum() if weights is None else weights[target[kept]].sum()
    return Mean(total / count.clamp(min=torch.finfo(logits.dtype).tiny), count)


def binary_cross_entropy(arguments: BinaryCrossEntropy, read: fit.Tensors) -> Mean:
    """Logits against items that are 0 and 1, or between them."""
    logits = read["output"]
    target = fit.alike(logits, read["target"])
    weight = None
    if arguments.positive_weight is not None:
        weight = torch.tensor(arguments.positive_weight, dtype=logits.dtype, device=logits.device)
    value = F.binary_cross_entropy_with_logits(logits, target, pos_weight=weight)
    return Mean(value, logits.numel())


def check_binary_cross_entropy(_: BinaryCrossEntropy, read: fit.Tensors) -> None:
    fit.zero_or_one(fit.alike(read["output"], read["target"]))
