"""The same seed gives the same model, and evaluation changes nothing."""

from __future__ import annotations

import random

import pytest
import torch
from netwright_runtime.verify.properties.determinism import PROPERTY
from torch import Tensor, nn

from tests.faults import plugins
from tests.verify.subjects import finding, outcome, patched, subject
from tests.verify.tapping import PLACE, tapped

SPEC = """inputs: {x: "float[B, 6]"}
graph:
  fc: Linear(out_features=6)
  norm: BatchNorm1d
  drop: Dropout(p=0.5)
  out: dropout(drop, p=0.1)
"""


class OtherStart(nn.Module):
    """A weight that begins with numbers that no seed of torch's governs."""

    def __init__(self) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.tensor(random.SystemRandom().random()))

    def forward(self, x: Tensor) -> Tensor:
        return x * self.gain


class OtherNoise(nn.Module):
    """Training noise of another source than torch's."""

    def forward(self, x: Tensor) -> Tensor:
        return x * random.SystemRandom().random() if self.training else x


def test_dropout_and_batch_norm_know_their_mode() -> None:
    assert outcome(subject(SPEC), PROPERTY).verdict == "passed"


def test_noise_that_the_spec_asks_for_is_meant() -> None:
    text = SPEC.replace("out: dropout(drop, p=0.1)", "out: drop + randn_like(drop)")
    assert outcome(subject(text), PROPERTY).verdict == "passed"


def test_noise_that_the_spec_asks_for_hides_no_other() -> None:
    text = SPEC.replace("out: dropout(drop, p=0.1)", "noisy: drop + randn_like(drop)\n  out: %s")
    found = finding(subject(text % "dropout(noisy, p=0.1, training=True)"), PROPERTY)
    assert (found.node, found.message) == ("out", "draws random numbers in evaluation")


def test_dropout_that_evaluation_forgot() -> None:
    text = SPEC.replace("p=0.1", "p=0.1, training=True")
    found = finding(subject(text), PROPERTY)
    assert (found.node, found.place) == ("out", "net.yaml:8:8")


def test_dropout_that_the_source_forgot() -> None:
    held = patched(subject(SPEC), "self.training", "True")
    found = finding(held, PROPERTY)
    assert found.node == "out"
    assert found.message == "gives other values at each call in evaluation"


@pytest.mark.parametrize(
    ("cls", "message"),
    [
        (plugins.AlwaysDrops, "draws random numbers in evaluation"),
        (plugins.Remembering, "gives other values at each call in evaluation"),
        (plugins.Counting, "a call in evaluation changes `tap.calls`"),
    ],
)
def test_modules_that_evaluation_changes(cls: type, message: str) -> None:
    with tapped(cls) as held:
        found = finding(held, PROPERTY)
    assert (found.node, found.place, found.message) == ("tap", PLACE, message)


def test_an_input_that_is_written_into() -> None:
    text = 'inputs: {x: "float[B, 6]"}\ngraph: {scaled: relu_(x), fc: Linear(out_features=2)}\n'
    held = patched(subject(text.replace("relu_", "relu")), "F.relu(x)", "x.relu_()")
    assert "writes into an input" in finding(held, PROPERTY).message


def test_weights_that_begin_by_chance() -> None:
    with tapped(OtherStart) as held:
        found = finding(held, PROPERTY)
    assert found.node == "tap"
    assert "`tap.gain` begins with other values" in found.message


def test_training_that_no_seed_governs() -> None:
    with tapped(OtherNoise) as held:
        found = finding(held, PROPERTY)
    assert found.message == "in training, the same seed gives other outputs"
