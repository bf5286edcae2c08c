"""Both back ends begin alike."""

from __future__ import annotations

import pytest
from netwright_runtime.verify.properties.initialisation import PROPERTY
from netwright_runtime.verify.property import Finding, Trial
from netwright_runtime.verify.subject import Subject

from tests.verify.subjects import finding, patched, subject

SPEC = """\
params: {depth: 3}
inputs: {x: "float[B, 8]"}
graph:
  layers: {op: Mlp, repeat: depth}
  gain: {parameter: [8], init: ones()}
  out: layers * gain
init:
  - {match: Linear.weight, with: normal(std=0.02)}
  - {match: "*.second.weight", with: normal(std=0.2 / sqrt(2 * depth))}
  - {match: "layers.0.*.bias", with: zeros}
blocks:
  Mlp:
    inputs: {x: "float[B, C]"}
    graph: {first: Linear(out_features=C), second: Linear(out_features=C), out: x + second}
"""


def found(subject: Subject) -> list[Finding]:
    return list(PROPERTY.check(subject, Trial()))


def test_nothing_is_said_of_rules_that_are_kept() -> None:
    assert found(subject(SPEC)) == []


@pytest.mark.parametrize(
    ("old", "new", "node", "why"),
    [
        ("std=0.2 / math.sqrt(2 * depth)", "std=0.2", "layers.0.second", "its deviation is"),
        ("nn.init.zeros_(parameter)", "nn.init.ones_(parameter)", "layers.0.first", "one of the"),
        ("torch.ones(8)", "torch.zeros(8)", "gain", "one of the two does not depend on the seed"),
    ],
)
def test_a_rule_that_the_source_lost_is_found(old: str, new: str, node: str, why: str) -> None:
    first = found(patched(subject(SPEC), old, new))[0]
    assert first.node == node
    assert why in first.message


def test_a_distribution_of_another_form() -> None:
    text = (
        'inputs: {x: "float[B, 16]"}\ngraph: {fc: Linear(out_features=8)}\n'
        "init: [{match: fc.weight, with: xavier_uniform}]\n"
    )
    found = finding(patched(subject(text), "xavier_uniform_", "xavier_normal_"), PROPERTY)
    assert found.node == "fc"
    assert "its kurtosis is" in found.message


def test_a_parameter_of_the_specs_own_is_named_by_itself() -> None:
    text = (
        'inputs: {x: "float[B, 16]"}\ngraph: {gain: {parameter: [16], init: ones}, out: x * gain}\n'
    )
    found = finding(patched(subject(text), "torch.ones(16)", "torch.zeros(16)"), PROPERTY)
    assert found.node == "gain"
