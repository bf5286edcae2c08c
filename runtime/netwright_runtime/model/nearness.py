"""When two values are the same but for rounding.

Kernels may add in another order for another size or layout, so bits may differ where nothing is
wrong. What meets this runs in double wherever it can: there, rounding stays below 1e-12 even in
deep models, and a fault stays what it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import torch
from torch import Tensor
from torch.utils import _pytree as pytree

TOLERANCE = {torch.float64: 1e-8, torch.float32: 1e-3, torch.bfloat16: 0.1, torch.float16: 0.02}
"""How far values may differ, as a part of the largest one.

About 1e4 to 1e8 units of rounding in float32 and float64: deep models amplify. A fault of order or
layout moves whole values, which is a difference of order 1.
"""

FLOOR = 1e-2
"""Values smaller than this count as this large: what cancels to zero is nothing but rounding."""


def leaves(value: Any) -> list[Any]:
    """The tensors and numbers in what a model gives, in order."""
    return pytree.tree_leaves(value)


def tensors(value: Any) -> Iterator[Tensor]:
    """The tensors in `value`."""
    return (leaf for leaf in leaves(value) if isinstance(leaf, Tensor))


def tolerance(values: Iterable[Any]) -> float:
    """The tolerance of the coarsest floating dtype among `values`.

    A model in double still has what its spec casts: `x.float()` leaves seven digits.
    """
    dtypes = {t.dtype for value in values for t in tensors(value) if t.is_floating_point()}
    return max((TOLERANCE[dtype] for dtype in dtypes if dtype in TOLERANCE), default=1e-8)


def distance(a: Any, b: Any) -> float:
    """The largest difference between two values, tensor by tensor, each by its own scale.

    Infinite where structure, shapes, integers, or which items are finite differ.
    """
    left, right = leaves(a), leaves(b)
    if len(left) != len(right):
        return float("inf")
    return max(map(_distance, left, right), default=0.0)


def _distance(a: Any, b: Any) -> float:
    if not isinstance(a, Tensor) or not isinstance(b, Tensor):
        return 0.0 if a == b else float("inf")
    if a.shape != b.shape:
        return float("inf")
    if a.numel() == 0:
        return 0.0
    if not (a.is_floating_point() or a.is_complex()):
        return 0.0 if torch.equal(a, b) else float("inf")
    return _floating(a.detach(), b.detach())


def _floating(a: Tensor, b: Tensor) -> float:
    wide = torch.complex128 if a.is_complex() else torch.float64
    a, b = a.to(wide), b.to(wide)
    odd = ~(a.isfinite() & b.isfinite())
    if odd.any():
        if not torch.equal(a[odd].nan_to_num(nan=2.0), b[odd].nan_to_num(nan=2.0)):
            return float("inf")
        a, b = a[~odd], b[~odd]
    if a.numel() == 0:
        return 0.0
    scale = max(a.abs().max().item(), b.abs().max().item(), FLOOR)
    return float((a - b).abs().max().item() / scale)
