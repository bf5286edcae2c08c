"""Losses of models that make samples."""

from __future__ import annotations

import math

import torch
from netwright.recipe.loss import Diffusion, VariationalBound
from torch import Tensor
from torch.nn import functional as F

from netwright_runtime.train.draws import Draws
from netwright_runtime.train.losses import fit
from netwright_runtime.train.losses.loss import Mean


def variational_bound(arguments: VariationalBound, read: fit.Tensors) -> Mean:
    """Both parts are sums over a sample's items, and means over samples."""
    made = read["reconstruction"]
    target = fit.alike(made, read["target"])
    if arguments.likelihood == "bernoulli":
        items = F.binary_cross_entropy(made, target, reduction="sum")
    else:
        items = F.mse_loss(made, target, reduction="sum") / 2
    mean, log_variance = read["mean"], read["log_variance"]
    divergence = -0.5 * (1 + log_variance - mean.square() - log_variance.exp()).sum() / len(made)
    reconstruction = items / len(made)
    parts = {"reconstruction": reconstruction, "divergence": divergence}
    return Mean(reconstruction + arguments.beta * divergence, len(made), parts)


def check_variational_bound(arguments: VariationalBound, read: fit.Tensors) -> None:
    if arguments.likelihood == "bernoulli":
        fit.zero_or_one(read["target"])


def add_noise(arguments: Diffusion, batch: fit.Tensors, draws: Draws) -> dict[str, Tensor]:
    """The noisy samples in place of the clean ones, their times, and the noise."""
    clean = batch[arguments.clean]
    drawn = [_draw(arguments, clean[0], g) for g in draws.generators("noise and time")]
    time = torch.stack([t for t, _ in drawn]).to(clean.device)
    noise = torch.stack([n for _, n in drawn]).to(clean.device, clean.dtype)
    kept = signal_share(arguments)[time.cpu()].to(clean.device, clean.dtype)
    kept = kept.reshape(-1, *[1] * (clean.ndim - 1))
    noisy = kept.sqrt() * clean + (1 - kept).sqrt() * noise
    return {arguments.clean: noisy, arguments.time: time, "noise": noise}


def _draw(arguments: Diffusion, like: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    time = torch.randint(arguments.steps, (), generator=generator)
    return time, torch.randn(like.shape, generator=generator)


def signal_share(arguments: Diffusion) -> Tensor:
    """The share of the clean sample's variance at each time, float64 `(steps)`, falling."""
    steps = arguments.steps
    if arguments.schedule == "linear":
        scale = 1000 / steps  # the ends are stated for a thousand steps
        faded = torch.linspace(scale * 1e-4, scale * 0.02, steps, dtype=torch.float64)
    else:
        place = torch.arange(steps + 1, dtype=torch.float64) / steps
        left = torch.cos((place + 0.008) / 1.008 * math.pi / 2) ** 2
        faded = 1 - left[1:] / left[:-1]
    return (1 - faded.clamp(max=0.999)).cumprod(0)


def diffusion(_: Diffusion, read: fit.Tensors) -> Mean:
    output = read["output"]
    return Mean(F.mse_loss(output, fit.alike(output, read["noise"])), output.numel())
