from __future__ import annotations

import pytest
import torch
from netwright_runtime.train.ema import Averages
from torch import nn


def test_averages_follow_the_weights() -> None:
    module = nn.Linear(1, 1, bias=False)
    nn.init.zeros_(module.weight)
    averages = Averages(module, decay=0.9)
    nn.init.ones_(module.weight)
    expected = 0.0
    for step in range(200):
        averages.update(step)
        decay = min(0.9, (1 + step) / (10 + step))
        expected = decay * expected + 1 - decay
        assert averages.values["weight"].item() == pytest.approx(expected, rel=1e-5)
    assert expected > 0.999


def test_averages_are_lent_and_taken_back() -> None:
    module = nn.Linear(2, 2)
    averages = Averages(module, decay=0.5)
    kept = module.weight.detach().clone()
    averages.load({"weight": torch.ones(2, 2), "bias": torch.zeros(2)})
    with averages.applied():
        assert torch.equal(module.weight, torch.ones(2, 2))
    assert torch.equal(module.weight, kept)
    assert torch.equal(averages.values["weight"], torch.ones(2, 2))
