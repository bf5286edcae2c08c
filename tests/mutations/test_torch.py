"""Torch refuses what `shapes` seeds: none of these faults is one of taste."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import nn

from tests.mutations import shapes

X = torch.zeros(2, 3, 8)
IMAGE = torch.zeros(2, 3, 32, 32)
REFUSED: dict[str, Callable[[], object]] = {
    "inferred_argument, Linear": lambda: nn.Linear(shapes.PRIME, 4)(X),
    "inferred_argument, Conv2d": lambda: nn.Conv2d(shapes.PRIME, 4, 3)(IMAGE),
    "inferred_argument, BatchNorm2d": lambda: nn.BatchNorm2d(shapes.PRIME)(IMAGE),
    "reshape": lambda: X.reshape(2, 3, 8 + 1),
    "cat": lambda: torch.cat([X, X.repeat_interleave(2, dim=0)], dim=-1),
    "groups": lambda: nn.Conv2d(3, 3, 3, groups=shapes.PRIME),
    "heads": lambda: X.unflatten(-1, (shapes.PRIME, -1)),
    "kernel": lambda: torch.conv2d(IMAGE, torch.zeros(1, 3, 33, 33)),
    "residual": lambda: X + nn.Linear(8, 8 + 1)(X),
    "input_dtype, float": lambda: nn.Embedding(5, 8)(torch.zeros(2, 3)),
    "input_dtype, int": lambda: nn.Linear(8, 4)(X.long()),
    "cast": lambda: X.bool() & X.float(),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_torch_refuses_it(fault: str) -> None:
    with pytest.raises((RuntimeError, ValueError, TypeError, NotImplementedError)):
        REFUSED[fault]()


def test_every_kind_is_among_them() -> None:
    kinds = {
        name
        for name, seed in vars(shapes).items()
        if getattr(seed, "__module__", "") == shapes.__name__
    }
    assert kinds == {fault.split(",")[0] for fault in REFUSED}
