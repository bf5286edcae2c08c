"""Losses of classes, against torch's own and against arithmetic by hand."""

from __future__ import annotations

import pytest
import torch
from netwright_runtime.train.losses import Unfit
from torch.nn import functional as F

from tests.train.losses.made import made, value

LOGITS = torch.randn(6, 3, generator=torch.Generator().manual_seed(0))
CLASSES = torch.tensor([0, 1, 2, 2, 1, 0])


@pytest.mark.parametrize(
    ("arguments", "given"),
    [
        ({}, {}),
        ({"label_smoothing": 0.2}, {"label_smoothing": 0.2}),
        ({"class_weights": [1.0, 2.0, 5.0]}, {"weight": torch.tensor([1.0, 2.0, 5.0])}),
        ({"ignore_index": 2}, {"ignore_index": 2}),
        (
            {"class_weights": [1.0, 2.0, 5.0], "label_smoothing": 0.1, "ignore_index": 0},
            {"weight": torch.tensor([1.0, 2.0, 5.0]), "label_smoothing": 0.1, "ignore_index": 0},
        ),
    ],
)
def test_cross_entropy_is_that_of_torch(arguments, given) -> None:
    found = value({"cross_entropy": arguments}, LOGITS, CLASSES).total
    torch.testing.assert_close(found, F.cross_entropy(LOGITS, CLASSES, **given))


def test_cross_entropy_takes_maps_with_and_without_a_channel() -> None:
    maps = torch.randn(2, 3, 4, 5)
    target = torch.randint(3, (2, 4, 5))
    expected = F.cross_entropy(maps, target)
    torch.testing.assert_close(value("cross_entropy", maps, target).total, expected)
    torch.testing.assert_close(value("cross_entropy", maps, target[:, None]).total, expected)


def test_a_batch_of_nothing_but_ignored_classes_costs_nothing() -> None:
    logits = LOGITS.clone().requires_grad_()
    found = value({"cross_entropy": {"ignore_index": 7}}, logits, torch.full((6,), 7)).total
    found.backward()
    assert found.item() == 0
    assert logits.grad is not None
    assert not logits.grad.any()


def test_half_precision_is_widened() -> None:
    found = value("cross_entropy", LOGITS.bfloat16(), CLASSES).total
    assert found.dtype == torch.float32


def test_binary_cross_entropy_is_that_of_torch() -> None:
    logits, target = torch.randn(5, 1), torch.tensor([0, 1, 1, 0, 1])
    weight = torch.tensor(3.0)
    expected = F.binary_cross_entropy_with_logits(logits[:, 0], target.float(), pos_weight=weight)
    found = value({"binary_cross_entropy": {"positive_weight": 3.0}}, logits, target).total
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize(
    ("written", "output", "target", "message"),
    [
        (
            "cross_entropy",
            LOGITS,
            CLASSES + 1,
            "loss `cross_entropy`: the target holds the class 3, and the output tells 3 apart "
            "(0 to 2) (`output` is the output `y`, `target` is the column `t`)",
        ),
        ("cross_entropy", LOGITS, CLASSES - 1, "the class -1"),
        ("cross_entropy", LOGITS, CLASSES.float(), "the target is float32; classes are integers"),
        ("cross_entropy", LOGITS, CLASSES[:5], "the target of such logits is (6,)"),
        ("cross_entropy", LOGITS[:, 0], CLASSES, "logits have an axis of classes"),
        (
            {"cross_entropy": {"class_weights": [1.0, 2.0]}},
            LOGITS,
            CLASSES,
            "`class_weights` has 2 items, and the output tells 3 classes apart",
        ),
        ("binary_cross_entropy", LOGITS[:, :1], CLASSES, "values outside 0 to 1"),
        ("binary_cross_entropy", LOGITS, CLASSES, "apart from axes of size 1"),
    ],
)
def test_what_does_not_fit_is_told(written, output, target, message) -> None:
    with pytest.raises(Unfit) as fault:
        value(written, output, target)
    assert message in str(fault.value)


def test_values_are_looked_at_once() -> None:
    """A look at values waits for the device, so only the first batch is looked at."""
    loss = made("binary_cross_entropy")
    loss({"y": LOGITS}, {"t": torch.ones(6, 3)})
    assert loss({"y": LOGITS}, {"t": torch.full((6, 3), 2.0)}).total.isfinite()
