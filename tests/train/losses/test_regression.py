"""Losses of numbers."""

from __future__ import annotations

import pytest
import torch
from netwright_runtime.train.losses import Unfit
from torch.nn import functional as F

from tests.train.losses.made import value

OUTPUT = torch.tensor([[1.0], [2.0], [4.0]])
TARGET = torch.tensor([1.0, 0.0, 1.0])


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("mse", (0 + 4 + 9) / 3),
        ("mae", (0 + 2 + 3) / 3),
        ("huber", (0 + 1.5 + 2.5) / 3),
        ({"huber": {"delta": 2.0}}, (0 + 2 + 4) / 3),
    ],
)
def test_a_column_is_not_broadcast_against_a_batch(written, expected) -> None:
    """`(3, 1)` against `(3)` is three differences, where torch would take nine."""
    assert value(written, OUTPUT, TARGET).total.item() == pytest.approx(expected)


def test_shapes_that_differ_are_refused() -> None:
    with pytest.raises(Unfit, match=r"the output is \(3, 1\) and the target \(3, 2\)"):
        value("mse", OUTPUT, torch.zeros(3, 2))


def test_integers_are_numbers_too() -> None:
    assert value("mae", OUTPUT, torch.tensor([1, 2, 3])).total.item() == pytest.approx(1 / 3)


def test_the_pinball_loss_is_least_at_the_quantiles() -> None:
    sample = torch.linspace(0, 1, 101)
    written = {"quantile": {"quantiles": [0.1, 0.9]}}

    def of(low: float, high: float) -> float:
        return value(written, torch.tensor([low, high]).expand(101, 2), sample).total.item()

    best = of(0.1, 0.9)
    assert all(of(*other) > best for other in [(0.2, 0.9), (0.05, 0.9), (0.1, 0.8), (0.1, 0.95)])


def test_the_pinball_loss_of_one_quantile_is_half_the_absolute_error() -> None:
    found = value({"quantile": {"quantiles": [0.5]}}, OUTPUT, TARGET).total
    torch.testing.assert_close(found, F.l1_loss(OUTPUT[:, 0], TARGET) / 2)


def test_as_many_outputs_as_quantiles() -> None:
    with pytest.raises(Unfit, match="its last axis has to hold the 3 quantiles"):
        value("quantile", OUTPUT, TARGET)
