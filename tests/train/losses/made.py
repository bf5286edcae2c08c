"""Losses for the tests, as a recipe writes them."""

from __future__ import annotations

from typing import Any

from netwright.recipe.loss import NAMED_LOSS, LossArguments
from netwright_runtime.train.draws import Draws
from netwright_runtime.train.losses import Loss, Losses
from torch import Tensor


def made(
    *written: Any, outputs: tuple[str, ...] = ("y",), columns: tuple[str, ...] = ("t",)
) -> Loss:
    """A loss of terms; the target is the first column."""
    terms = [NAMED_LOSS.read(term) for term in written]
    assert all(isinstance(term, LossArguments) for term in terms)
    return Loss(terms, outputs, columns, columns[0])  # type: ignore[arg-type]


def value(written: Any, output: Tensor, target: Tensor) -> Losses:
    """The loss of one output against one column."""
    return made(written)({"y": output}, {"t": target})


def draws(count: int, epoch: int = 0, seed: int = 0) -> Draws:
    return Draws(seed, epoch, range(count))
