"""Losses of numbers."""

from __future__ import annotations

from netwright.recipe.loss import Huber, LossArguments, Quantile
from torch.nn import functional as F

from netwright_runtime.train.losses import fit
from netwright_runtime.train.losses.loss import Mean


def mean_squared_error(_: LossArguments, read: fit.Tensors) -> Mean:
    output = read["output"]
    return Mean(F.mse_loss(output, fit.alike(output, read["target"])), output.numel())


def mean_absolute_error(_: LossArguments, read: fit.Tensors) -> Mean:
    output = read["output"]
    return Mean(F.l1_loss(output, fit.alike(output, read["target"])), output.numel())


def huber(arguments: Huber, read: fit.Tensors) -> Mean:
    output = read["output"]
    target = fit.alike(output, read["target"])
    return Mean(F.huber_loss(output, target, delta=arguments.delta), output.numel())


def quantile(arguments: Quantile, read: fit.Tensors) -> Mean:
    """The pinball loss: `output` (..., Q) against `target` (...)."""
    output, levels = read["output"], arguments.quantiles
    if output.shape[-1] != len(levels):
        raise fit.Unfit(
            f"the output is {tuple(output.shape)}; its last axis has to hold the {len(levels)} "
            "quantiles"
        )
    target = fit.alike(output[..., 0], read["target"])
    above = target[..., None] - output
    level = output.new_tensor(levels)
    return Mean((level * above).maximum((level - 1) * above).mean(), output.numel())
