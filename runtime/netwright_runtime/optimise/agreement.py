"""Whether two ways of running a model give the same but for rounding."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.utils import _pytree as pytree

TOLERANCE = {torch.float64: 1e-8, torch.float32: 1e-3, torch.bfloat16: 0.1, torch.float16: 0.02}
"""How far values may differ, as a part of the largest one: deep models amplify rounding."""

_FLOOR = 1e-2
"""Values smaller than this count as this large: what cancels to zero is nothing but rounding."""


def tolerance(value: Any) -> float:
    """The tolerance of the coarsest floating dtype in a value."""
    dtypes = {leaf.dtype for leaf in pytree.tree_leaves(value) if isinstance(leaf, Tensor)}
    return max((TOLERANCE[dtype] for dtype in dtypes if dtype in TOLERANCE), default=1e-8)


def distance(found: Any, expected: Any) -> float:
    """The largest difference of two values, tensor by tensor, each by its own scale.

    Infinite where the number of tensors, their shapes, integers, or NaNs and infinities differ.
    """
    left, right = pytree.tree_leaves(found), pytree.tree_leaves(expected)
    if len(left) != len(right):
        return float("inf")
    return max(map(_distance, left, right), default=0.0)


def _distance(a: Any, b: Any) -> float:
    if not isinstance(a, Tensor) or not isinstance(b, Tensor) or a.shape != b.shape:
        same = not isinstance(a, Tensor) and not isinstance(b, Tensor) and a == b
        return 0.0 if same else float("inf")
    if not a.is_floating_point():
        return 0.0 if torch.equal(a, b) else float("inf")
    a, b = a.double(), b.double()
    finite = a.isfinite() & b.isfinite()
    if not torch.equal(a[~finite].nan_to_num(2.0), b[~finite].nan_to_num(2.0)):
        return float("inf")
    a, b = a[finite], b[finite]
    if a.numel() == 0:
        return 0.0
    scale = max(a.abs().max().item(), b.abs().max().item(), _FLOOR)
    return float((a - b).abs().max().item() / scale)
