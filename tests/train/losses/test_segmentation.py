"""The overlap of masks."""

from __future__ import annotations

import pytest
import torch

from tests.train.losses.made import value

SURE = 40.0  # a logit that is as good as certain


def _logits(classes: torch.Tensor, count: int) -> torch.Tensor:
    return SURE * torch.nn.functional.one_hot(classes, count).movedim(-1, 1).float()


def test_a_perfect_mask_costs_nothing_and_a_wrong_one_all() -> None:
    true = torch.tensor([[[0, 1], [1, 0]]])
    none = {"dice": {"smooth": 0.0}}
    assert value(none, _logits(true, 2), true).total.item() == pytest.approx(0, abs=1e-6)
    assert value(none, _logits(1 - true, 2), true).total.item() == pytest.approx(1, abs=1e-6)


def test_half_an_overlap_by_hand() -> None:
    true, told = torch.tensor([[[1, 1, 0, 0]]]), torch.tensor([[[1, 0, 0, 0]]])
    overlap = (2 * 2 / (3 + 2) + 2 * 1 / (1 + 2)) / 2  # of class 0, and of class 1
    found = value({"dice": {"smooth": 0.0}}, _logits(told, 2), true).total.item()
    assert found == pytest.approx(1 - overlap, abs=1e-6)


def test_ignored_pixels_do_not_count() -> None:
    true, told = torch.tensor([[[1, 0, 9]]]), torch.tensor([[[1, 0, 1]]])
    found = value({"dice": {"smooth": 0.0, "ignore_index": 9}}, _logits(told, 2), true).total
    assert found.item() == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("channel", [True, False])
def test_one_channel_is_a_binary_mask(channel) -> None:
    true = torch.tensor([[[0, 1], [1, 1]]])
    logits = SURE * (2 * true - 1).float()[:, None]
    found = value("dice", logits, true[:, None] if channel else true).total
    assert found.item() == pytest.approx(0, abs=1e-6)


def test_it_has_gradients() -> None:
    logits = torch.zeros(2, 3, 4, 4, requires_grad=True)
    value("dice", logits, torch.zeros(2, 4, 4, dtype=torch.long)).total.backward()
    assert logits.grad is not None
    assert (logits.grad[:, 0] < 0).all()
    assert (logits.grad[:, 1:] > 0).all()
