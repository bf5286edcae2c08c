"""The loss of pairs."""

from __future__ import annotations

import torch
from netwright.recipe.loss import Contrastive
from torch.nn import functional as F

from netwright_runtime.train.losses import fit
from netwright_runtime.train.losses.loss import Mean


def contrastive(arguments: Contrastive, read: fit.Tensors) -> Mean:
    """`first` and `second` (B, D): row i of one belongs to row i of the other.

    The others are those of the same batch in the same process.
    """
    first, second = read["first"], read["second"]
    if first.shape != second.shape or first.ndim != 2:
        raise fit.Unfit(
            f"`first` is {tuple(first.shape)} and `second` {tuple(second.shape)}; "
            "both have to be (B, D)"
        )
    scale = read["scale"] if "scale" in read else 1 / arguments.temperature
    similarity = scale * F.normalize(first, dim=1) @ F.normalize(second, dim=1).T
    own = torch.arange(len(first), device=first.device)
    forth, back = F.cross_entropy(similarity, own), F.cross_entropy(similarity.T, own)
    return Mean((forth + back) / 2, len(first))
