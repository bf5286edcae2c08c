"""Inputs that lie otherwise in memory."""

from __future__ import annotations

import pytest
import torch
from netwright_runtime.verify.properties.layouts import LAYOUTS, PROPERTY

from tests.faults.fault import Plugin
from tests.faults.plugins import Strided, Viewing, unchanged
from tests.verify.subjects import finding, outcome, subject

IMAGE = """inputs: {x: "float[B, 4, H, W]"}
graph:
  %s
  conv: Conv2d(out_channels=4, kernel_size=3, padding=1)
"""


def test_convolutions_take_any_layout() -> None:
    assert outcome(subject(IMAGE % "act: ReLU"), PROPERTY).verdict == "passed"


def test_a_view_of_what_may_be_strided() -> None:
    text = IMAGE % "flat: x.view([B, 4, H * W]).reshape([B, 4, H, W])"
    held = outcome(subject(text), PROPERTY)
    assert held.verdict == "warned"
    found = held.findings[0]
    assert (found.node, found.place) == ("flat", "net.yaml:5:9")
    assert "raises RuntimeError for" in found.message
    assert found.help == "`reshape` takes what `view` does not"


def test_a_reshape_of_what_may_be_strided() -> None:
    text = IMAGE % "flat: x.reshape([B, 4, H * W]).reshape([B, 4, H, W])"
    assert outcome(subject(text), PROPERTY).verdict == "passed"


@pytest.mark.parametrize(
    ("cls", "message"), [(Viewing, "raises RuntimeError"), (Strided, "inputs give another value")]
)
def test_modules_that_read_memory(cls: type, message: str) -> None:
    with Plugin(cls, unchanged).registered():
        found = finding(subject(IMAGE % f"tap: {cls.__name__}"), PROPERTY)
    assert (found.node, found.place) == ("tap", "net.yaml:5:8")
    assert message in found.message


def test_layouts_keep_values() -> None:
    tensor = torch.arange(120.0).reshape(2, 3, 4, 5)
    for name, layout in LAYOUTS.items():
        laid = layout(tensor)
        wanted = tensor[:1].expand(2, 3, 4, 5) if name == "expanded" else tensor
        assert torch.equal(laid, wanted)
        assert laid.stride() != tensor.stride()
