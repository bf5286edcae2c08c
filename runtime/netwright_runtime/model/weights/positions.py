"""Learned positions for another number of places: between those of a file it is interpolated."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

_EXTRA = 8
"""Tokens before a grid, such as the class token and registers: at most so many are looked for."""


class NotPositions(ValueError):
    """A tensor that cannot become one of another shape by interpolation; the text says why."""


def interpolated(tensor: Tensor, shape: Sequence[int], images: bool) -> Tensor:
    """The tensor with the one or two dims that differ from `shape` interpolated.

    - Two neighbouring dims: a grid, by bicubic interpolation (antialiased where it shrinks).
    - One dim of a model of images, N + e long, where N is a square before and after: the same for
      the grid; the e tokens before it, such as the class token, stay as they are.
    - One dim otherwise: a sequence, by linear interpolation between neighbours.

    Args:
        images: whether the model takes images, so that positions may be a grid in one dim.

    Raises:
        NotPositions: more dims differ, or the number of dims does.
    """
    if tensor.ndim != len(shape):
        raise NotPositions(f"it has {tensor.ndim} dims, and the weight {len(shape)}")
    pairs = enumerate(zip(tensor.shape, shape, strict=True))
    dims = [dim for dim, (old, new) in pairs if old != new]
    if len(dims) == 2 and dims[1] == dims[0] + 1:
        return _grid(tensor, dims[0], (shape[dims[0]], shape[dims[1]])).to(tensor.dtype)
    if len(dims) != 1:
        raise NotPositions("positions lie in one dim, or in two that are neighbours")
    return _along(tensor, dims[0], shape[dims[0]], images).to(tensor.dtype)


def _along(tensor: Tensor, dim: int, size: int, images: bool) -> Tensor:
    extra = _extra(tensor.shape[dim], size) if images else None
    if extra is None:
        return _line(tensor, dim, size)
    before, square = torch.split(tensor, [extra, tensor.shape[dim] - extra], dim)
    old, new = math.isqrt(square.shape[dim]), math.isqrt(size - extra)
    grid = _grid(_squared(square, dim, old), dim, (new, new))
    return torch.cat([before.to(grid.dtype), grid.flatten(dim, dim + 1)], dim)


def _squared(tensor: Tensor, dim: int, side: int) -> Tensor:
    """A dim as two of `side` each."""
    return tensor.reshape(*tensor.shape[:dim], side, side, *tensor.shape[dim + 1 :])


def _extra(old: int, new: int) -> int | None:
    """How many tokens stand before the grid, the fewest that leave squares; None where none do."""
    fits = (e for e in range(min(old, new, _EXTRA)) if _is_square(old - e) and _is_square(new - e))
    return next(fits, None)


def _is_square(number: int) -> bool:
    return math.isqrt(number) ** 2 == number


def _grid(tensor: Tensor, dim: int, size: tuple[int, int]) -> Tensor:
    """The dims `dim` and `dim + 1` as a grid of `size`, the others as they are."""
    last = tensor.movedim((dim, dim + 1), (-2, -1)).float()
    flat = last.reshape(1, -1, *last.shape[-2:])
    resized = F.interpolate(flat, size=size, mode="bicubic", antialias=True)
    return resized.reshape(*last.shape[:-2], *size).movedim((-2, -1), (dim, dim + 1))


def _line(tensor: Tensor, dim: int, size: int) -> Tensor:
    last = tensor.movedim(dim, -1).float()
    resized = F.interpolate(last.reshape(1, -1, last.shape[-1]), size=size, mode="linear")
    return resized.reshape(*last.shape[:-1], size).movedim(-1, dim)
