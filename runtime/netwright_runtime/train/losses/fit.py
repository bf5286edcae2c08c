"""What the shapes and values of outputs and targets have to be, told in the recipe's words.

torch would broadcast `(B, 1)` against `(B)` to `(B, B)` and train on it in silence, and a class out
of range ends a process on a GPU.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

Tensors = Mapping[str, Tensor]


class Unfit(ValueError):
    """Outputs and columns do not fit a loss or metric; `where` is its place in the recipe."""

    def __init__(self, message: str, where: tuple[str | int, ...] = ()) -> None:
        super().__init__(message)
        self.where = where


def alike(output: Tensor, target: Tensor) -> Tensor:
    """`target` in the shape and dtype of `output`; axes of size 1 are no difference."""
    if _sizes(output) != _sizes(target):
        raise Unfit(
            f"the output is {tuple(output.shape)} and the target {tuple(target.shape)}; "
            "apart from axes of size 1 they have to be alike"
        )
    return target.reshape(output.shape).to(output.dtype)


def labels(logits: Tensor, target: Tensor) -> Tensor:
    """Classes `(B, ...)` for logits `(B, K, ...)`; a channel of size 1 in the target goes."""
    if logits.ndim < 2:
        raise Unfit(f"the output is {tuple(logits.shape)}; logits have an axis of classes")
    if target.ndim == logits.ndim and target.shape[1] == 1:
        target = target.squeeze(1)
    expected = (logits.shape[0], *logits.shape[2:])
    if tuple(target.shape) != expected:
        raise Unfit(
            f"the output is {tuple(logits.shape)} and the target {tuple(target.shape)}; "
            f"the target of such logits is {expected}"
        )
    if target.is_floating_point() or target.dtype == torch.bool:
        raise Unfit(f"the target is {_dtype(target)}; classes are integers")
    return target.long()


def in_range(logits: Tensor, classes: Tensor, ignored: int | None) -> None:
    """Refuse classes that logits `(B, K, ...)` have no place for."""
    kept = classes if ignored is None else classes[classes != ignored]
    count = logits.shape[1]
    if kept.numel() and not 0 <= int(kept.min()) <= int(kept.max()) < count:
        worst = int(kept.max()) if int(kept.max()) >= count else int(kept.min())
        raise Unfit(
            f"the target holds the class {worst}, and the output tells {count} apart "
            f"(0 to {count - 1})"
        )


def zero_or_one(target: Tensor) -> None:
    """Refuse targets of a binary loss that are no shares."""
    if target.numel() and not 0 <= float(target.min()) <= float(target.max()) <= 1:
        raise Unfit("the target holds values outside 0 to 1; of two classes one is 0, one is 1")


def binary(logits: Tensor, target: Tensor) -> bool:
    """Whether each item of `logits` is held to one of `target`, and none is an axis of classes."""
    return _sizes(logits) == _sizes(target)


def next_tokens(logits: Tensor, target: Tensor, shift: bool) -> tuple[Tensor, Tensor]:
    """Logits `(B * T, V)` and the tokens `(B * T)` that they are held to.

    shift  position t is held to item t + 1 of the target, and the last position to nothing
    """
    if logits.ndim != 3 or target.shape != logits.shape[:2]:
        raise Unfit(
            f"the output is {tuple(logits.shape)} and the target {tuple(target.shape)}; "
            "logits of tokens are (B, T, V), and their target is (B, T)"
        )
    if shift:
        logits, target = logits[:, :-1], target[:, 1:]
    return logits.flatten(0, 1), target.flatten().long()


def _sizes(tensor: Tensor) -> list[int]:
    """The sizes, the batch's first, those of 1 left out."""
    return [*tensor.shape[:1], *(size for size in tensor.shape[1:] if size != 1)]


def _dtype(tensor: Tensor) -> str:
    return str(tensor.dtype).removeprefix("torch.")
