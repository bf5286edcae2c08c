"""Building without memory, and the same beginning after the same seed."""

from __future__ import annotations

from netwright_runtime.verify.properties.meta_device import PROPERTY

from tests.verify.subjects import finding, outcome, patched, subject

SPEC = """inputs: {x: "float[B, 6]"}
graph:
  body: Linear(out_features=6)
  scale: {parameter: [6], init: normal(std=0.1)}
  out: body * scale
"""


def test_the_meta_device_builds_the_same() -> None:
    assert outcome(subject(SPEC), PROPERTY).verdict == "passed"


def test_a_weight_made_elsewhere() -> None:
    held = subject(SPEC)
    line = "self.body = nn.Linear(6, 6)"
    found = finding(patched(held, line, "self.body = nn.Linear(6, 6, device='cpu')"), PROPERTY)
    assert found.node == "body"
    assert "not on the meta device" in found.message


def test_an_initialisation_that_forgets_the_seed() -> None:
    held = subject(SPEC)
    line = "self.body = nn.Linear(6, 6)"
    seeded = f"torch.seed(); {line}"
    found = finding(patched(held, line, seeded), PROPERTY)
    assert "begins otherwise" in found.message
