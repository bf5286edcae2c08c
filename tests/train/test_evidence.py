"""What the last evaluation shows."""

from __future__ import annotations

import torch
from netwright.recipe.loss import NAMED_LOSS, LossArguments
from netwright_runtime.train.evidence import (
    MOST_CLASSES,
    MOST_PAIRS,
    Confusion,
    Evidence,
    Residuals,
    evidence,
    keep,
    kept,
)

NAMES = ["cat", "dog", "owl"]


def _evidence(written, classes=()) -> Evidence | None:
    term = NAMED_LOSS.read(written)
    assert isinstance(term, LossArguments)
    return evidence([term], ("y",), ("t",), "t", classes)


def _shown(written, output, target, classes=(), size=4):
    gathered = _evidence(written, classes)
    assert gathered is not None
    for part, true in zip(output.split(size), target.split(size), strict=True):
        gathered.update({"y": part}, {"t": true})
    return gathered.found()


def test_true_classes_are_rows() -> None:
    told = torch.nn.functional.one_hot(torch.tensor([0, 1, 1, 2, 2, 2]), 3).float()
    found = _shown("cross_entropy", told, torch.tensor([0, 0, 1, 2, 2, 1]), NAMES)
    assert found == Confusion(NAMES, [[1, 1, 0], [0, 1, 1], [0, 0, 2]])


def test_ignored_pixels_are_in_no_cell() -> None:
    told = torch.zeros(2, 3, 2, 2)
    true = torch.tensor([[[0, 9], [9, 1]], [[2, 0], [9, 9]]])
    found = _shown({"cross_entropy": {"ignore_index": 9}}, told, true)
    assert found == Confusion(["0", "1", "2"], [[2, 0, 0], [1, 0, 0], [1, 0, 0]])


def test_two_classes_by_one_logit() -> None:
    found = _shown(
        "binary_cross_entropy", torch.tensor([[1.0], [-1.0], [2.0]]), torch.tensor([1, 1, 0])
    )
    assert found == Confusion(["0", "1"], [[0, 1], [1, 1]])


def test_too_many_classes_are_not_shown() -> None:
    logits = torch.zeros(3, MOST_CLASSES + 1)
    assert _shown("cross_entropy", logits, torch.zeros(3, dtype=torch.long)) is None


def test_predictions_stand_beside_the_truth() -> None:
    output, target = torch.tensor([[1.0], [2.0], [3.0]]), torch.tensor([1.5, 2.0, 2.5])
    found = _shown("mse", output, target, size=2)
    assert found == Residuals([(1.5, 1.0), (2.0, 2.0), (2.5, 3.0)], 3)


def test_of_quantiles_the_middle_is_shown() -> None:
    output = torch.tensor([[0.0, 5.0, 9.0]])
    assert _shown("quantile", output, torch.tensor([4.0])) == Residuals([(4.0, 5.0)], 1)


def test_no_more_pairs_than_can_be_seen() -> None:
    many = torch.arange(MOST_PAIRS + 50.0)
    found = _shown("mae", many, many, size=300)
    assert isinstance(found, Residuals)
    assert (len(found.pairs), found.count) == (MOST_PAIRS, MOST_PAIRS + 50)


def test_some_losses_show_nothing() -> None:
    assert _evidence("next_token") is None


def test_what_was_kept_is_read_again(tmp_path) -> None:
    for found in (Confusion(["a"], [[3]]), Residuals([(0.5, 1.0)], 7)):
        keep(tmp_path, found)
        assert kept(tmp_path) == found
    assert kept(tmp_path / "none") is None
