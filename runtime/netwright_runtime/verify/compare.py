"""Comparing what two runs gave."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from netwright_runtime.model.nearness import leaves, tensors


def floats(value: Any) -> list[Tensor]:
    """The floating tensors in `value`, those that gradients flow through."""
    return [t for t in tensors(value) if t.is_floating_point()]


def identical(a: Any, b: Any) -> bool:
    """Equal bit for bit, NaN with NaN."""
    if isinstance(a, Tensor) and isinstance(b, Tensor):
        if a.shape != b.shape or a.dtype != b.dtype:
            return False
        return torch.equal(a, b) or torch.allclose(a, b, rtol=0.0, atol=0.0, equal_nan=True)
    return bool(a == b)


def all_identical(a: Any, b: Any) -> bool:
    """Equal bit for bit, tensor by tensor."""
    left, right = leaves(a), leaves(b)
    return len(left) == len(right) and all(map(identical, left, right))


def difference(a: Tensor, b: Tensor) -> float:
    """The largest difference, as a part of the largest value; infinite for other shapes or NaN."""
    if a.shape != b.shape:
        return float("inf")
    if a.numel() == 0:
        return 0.0
    a, b = a.detach().double(), b.detach().double()
    scale = max(a.abs().max().item(), b.abs().max().item(), 1e-12)
    found = (a - b).abs().max().item() / scale
    return float("inf") if math.isnan(found) else found


def scalar(value: Any, seed: int = 0) -> Tensor | None:
    """A random projection of all floating outputs; None where nothing of them has a gradient."""
    generator = torch.Generator().manual_seed(seed)
    total: Tensor | None = None
    for out in floats(value):
        if out.requires_grad:
            weights = torch.randn(out.shape, generator=generator, dtype=torch.float64).to(out)
            part = (out * weights).sum()
            total = part if total is None else total + part
    return total
