"""Predicted weights, operations and memory."""

from __future__ import annotations

from dataclasses import replace

import pytest
from netwright.ops.table import MODULES
from netwright_runtime.model import compiled
from netwright_runtime.verify import subject_of
from netwright_runtime.verify.properties.resources import PROPERTY

from tests.emission.building import REQUIRED, SPECS, models
from tests.verify.subjects import finding, outcome, patched, subject

SPEC = """inputs: {image: "float[B, 3, H, W]"}
where: [H >= 3, W >= 3]
graph:
  conv: Conv2d(out_channels=4, kernel_size=3)
  pooled: mean(conv, dim=[2, 3])
  fc: Linear(out_features=7)
"""


def test_predictions_are_exact() -> None:
    assert outcome(subject(SPEC), PROPERTY).verdict == "passed"


def test_a_weight_more_than_predicted() -> None:
    found = finding(patched(subject(SPEC), "nn.Linear(4, 7)", "nn.Linear(4, 8)"), PROPERTY)
    assert "147 parameters, and the model 152" in found.message


def test_a_wrong_prediction_of_operations(monkeypatch: pytest.MonkeyPatch) -> None:
    conv = MODULES["Conv2d"]
    lying = replace(conv, flops=lambda *args: conv.flops(*args) * 2)
    monkeypatch.setitem(MODULES, "Conv2d", lying)
    assert "operations are predicted" in finding(subject(SPEC), PROPERTY).message


def test_a_wrong_prediction_of_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    held = subject(SPEC)
    monkeypatch.setattr(type(held.compiled.compiler), "peak", lambda *args: 10)
    found = outcome(held, PROPERTY)
    assert found.verdict == "warned"
    assert "a peak of 10 bytes is predicted" in found.findings[0].message


COPYING = {"language/mamba": "`linear_scan` works on copies of what it is given"}
"""Specs whose peak is not predicted, and why."""


@pytest.mark.parametrize(("spec", "variant"), [(s, v) for s, v in models() if v is None])
def test_peaks_of_the_catalogue_are_close(spec: str, variant: str | None) -> None:
    model = compiled(SPECS / f"{spec}.yaml", variant, params=REQUIRED.get(spec, {}))
    expected = "warned" if spec in COPYING else "passed"
    assert outcome(subject_of(model), PROPERTY).verdict == expected


def test_the_node_that_is_counted_otherwise_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    linear = MODULES["Linear"]
    lying = replace(linear, flops=lambda *args: linear.flops(*args) * 2)
    monkeypatch.setitem(MODULES, "Linear", lying)
    found = finding(subject(SPEC), PROPERTY)
    assert (found.node, found.place) == ("fc", "net.yaml:8:7")


def test_the_node_with_another_weight_is_named() -> None:
    found = finding(patched(subject(SPEC), "nn.Linear(4, 7)", "nn.Linear(4, 7, False)"), PROPERTY)
    assert found.node == "fc"
