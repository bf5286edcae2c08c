"""Inferred types are held to the values that a model really has."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from netwright.ir.types import TensorType
from netwright.ops.table import MODULES
from netwright_runtime.verify.properties.types import PROPERTY

from tests.verify.subjects import finding, outcome, subject

SPEC = """inputs: {image: "float[B, 3, H, W]"}
where: [H >= 3, W >= 3]
graph:
  conv: Conv2d(out_channels=4, kernel_size=3, stride=2)
  act: ReLU
  big: act > 0.5
outputs: {act: act, big: big}
"""


def test_inferred_types_hold_at_all_drawn_sizes() -> None:
    found = outcome(subject(SPEC), PROPERTY)
    assert found.verdict == "passed"
    assert found.trials == 10


def test_a_rule_that_lies_is_found_at_its_node(monkeypatch: pytest.MonkeyPatch) -> None:
    conv = MODULES["Conv2d"]

    def lying(arguments: Any) -> Any:
        assert conv.rule is not None
        found = conv.rule(arguments)
        assert isinstance(found, TensorType)
        return replace(found, shape=(*found.shape[:-1], found.shape[-1] + 1))

    monkeypatch.setitem(MODULES, "Conv2d", replace(conv, rule=lying))
    found = finding(subject(SPEC), PROPERTY)
    assert found.node == "conv"
    assert found.place == "net.yaml:6:9"
    assert "it is float32[" in found.message


def test_a_spec_that_says_too_little_of_its_sizes_is_found() -> None:
    text = SPEC.replace("where: [H >= 3, W >= 3]\n", "")
    found = finding(subject(text), PROPERTY)
    assert found.node == "conv"
    assert "Kernel size" in found.message
