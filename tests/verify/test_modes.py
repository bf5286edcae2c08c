"""Training against evaluation, step by step."""

from __future__ import annotations

import pytest
from netwright_runtime.verify.properties.modes import PROPERTY
from torch import Tensor, nn

from tests.faults.plugins import EvaluationScale
from tests.verify.subjects import finding, outcome, subject
from tests.verify.tapping import PLACE, tapped

SPEC = """inputs: {x: "float[B, C, H, W]"}
params: {C: 4}
graph:
  conv: Conv2d(out_channels=4, kernel_size=1)
  norm: BatchNorm2d
  act: RReLU
  drop: Dropout2d(p=0.5)
  function: dropout(drop, p=0.3)
  path: drop_path(function, p=0.2)
  %s
"""


class Noise(nn.Module):
    """Noise in training alone, as a layer of a user's may have it."""

    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.dropout(x, 0.5, self.training)


class InnerNorm(nn.Module):
    """A batch norm inside a user's module, and an own difference where `skips`."""

    def __init__(self, features: int, skips: bool) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(features)
        self.skips = skips

    def forward(self, x: Tensor) -> Tensor:
        if self.training and self.skips:
            return x
        return self.norm(x.mT).mT


class Deaf(nn.Module):
    """Stays in training mode."""

    def train(self, mode: bool = True) -> Deaf:
        return super().train(True)

    def forward(self, x: Tensor) -> Tensor:
        return x


def test_what_acts_by_mode_may_differ() -> None:
    assert outcome(subject(SPEC % "out: ReLU"), PROPERTY).verdict == "passed"


def test_what_the_spec_says_of_training_is_meant() -> None:
    text = SPEC % "twice: path * 2 if training else path\n  out: ReLU"
    assert outcome(subject(text), PROPERTY).verdict == "passed"


NOISY = """inputs: {x: "float[B, 6]"}
graph:
  fc: Linear(out_features=4)
  noisy: %s
  out: Linear(out_features=3)
"""


@pytest.mark.parametrize(
    "noisy",
    [
        "fc + 0.1 * randn_like(fc) if training else fc",
        "fc * (1 + 0.1 * randn_like(fc)) if training else fc",
        "fc * bernoulli(fc.sigmoid()) if training else fc * fc.sigmoid()",
    ],
)
def test_noise_may_stand_before_weights(noisy: str) -> None:
    assert outcome(subject(NOISY % noisy), PROPERTY).verdict == "passed"


@pytest.mark.parametrize(
    "noisy",
    [
        "2 * fc if training else fc",
        "fc if training else 2 * fc",
        "fc + 0.1 * randn_like(fc) if training else 2 * fc",
    ],
)
def test_weights_that_read_something_else_in_evaluation(noisy: str) -> None:
    found = finding(subject(NOISY % noisy), PROPERTY)
    assert found.node == "noisy"
    assert "in training, its noise at zero" in found.message


def test_modules_that_draw_or_keep_statistics() -> None:
    with tapped(Noise) as held:
        assert outcome(held, PROPERTY).verdict == "passed"
    with tapped(InnerNorm, features=6, skips=False) as held:
        assert outcome(held, PROPERTY).verdict == "passed"


def test_a_module_that_scales_in_training() -> None:
    with tapped(EvaluationScale) as held:
        found = finding(held, PROPERTY)
    assert (found.node, found.place) == ("tap", PLACE)
    assert "neither draws nor updates statistics" in found.message


def test_a_batch_norm_hides_no_other_difference() -> None:
    with tapped(InnerNorm, features=6, skips=True) as held:
        assert finding(held, PROPERTY).node == "tap"


def test_a_module_that_no_mode_reaches() -> None:
    with tapped(Deaf) as held:
        found = finding(held, PROPERTY)
    assert (found.node, found.message) == (
        "tap",
        "`eval()` on the model does not reach this module",
    )
