"""The overlap of masks; their cross entropy is that of classes."""

from __future__ import annotations

from netwright.recipe.loss import Dice
from torch import Tensor
from torch.nn import functional as F

from netwright_runtime.train.losses import fit
from netwright_runtime.train.losses.loss import Mean


def dice(arguments: Dice, read: fit.Tensors) -> Mean:
    """`output` (B, K, ...) against classes (B, ...), or one channel against 0 and 1."""
    shares, true = _masks(arguments, read["output"], read["target"])
    axes = (0, *range(2, shares.ndim))
    overlap = 2 * (shares * true).sum(axes) + arguments.smooth
    either = shares.sum(axes) + true.sum(axes) + arguments.smooth
    return Mean((1 - overlap / either).mean(), len(shares))


def check_dice(arguments: Dice, read: fit.Tensors) -> None:
    logits, target = read["output"], read["target"]
    if not fit.binary(logits, target):
        fit.in_range(logits, fit.labels(logits, target), arguments.ignore_index)


def _masks(arguments: Dice, logits: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Soft masks and true ones, both (B, K, ...), nothing where a pixel is ignored."""
    if fit.binary(logits, target):
        kept = fit.alike(logits, target) != arguments.ignore_index
        return logits.sigmoid() * kept, fit.alike(logits, target) * kept
    classes = fit.labels(logits, target)
    kept = (classes != arguments.ignore_index)[:, None]
    true = F.one_hot(classes * kept[:, 0], logits.shape[1]).movedim(-1, 1)
    return logits.softmax(1) * kept, true.to(logits.dtype) * kept
