"""`torch.compile` of the emitted source."""

from __future__ import annotations

import pytest
from netwright_runtime.verify.properties.compiled import INDUCTOR, PROPERTY
from netwright_runtime.verify.property import Level

from tests.faults.plugins import Branching
from tests.verify.subjects import finding, outcome, patched, subject
from tests.verify.tapping import tapped

SPEC = """inputs: {x: "float[B, T, 8]"}
where: [T <= 64]
graph:
  fc: Linear(out_features=8)
  act: ReLU
  halves: act.reshape([B, T, 4, 2])
  out: halves.sum(dim=-1)
"""


def test_one_graph_for_all_sizes() -> None:
    assert outcome(subject(SPEC), PROPERTY).verdict == "passed"


def test_a_recurrent_module() -> None:
    text = 'inputs: {x: "float[B, T, 8]"}\ngraph:\n  rnn: LSTM(hidden_size=8)\n'
    assert outcome(subject(text), PROPERTY).verdict == "passed"


@pytest.mark.parametrize(
    ("scale", "reason"),
    [
        ("(1 if x.shape[1] % 2 else 2)", "other sizes are compiled again: "),
        ("(1 if x.shape[1] == 4 else 2)", "other sizes are compiled again: "),
        ("x.sum().item()", ""),
        ("(print('hello') or 1)", "torch.compile takes no single graph of it: Dynamo does"),
    ],
)
def test_a_source_that_is_captured_for_one_size_or_not_at_all(scale: str, reason: str) -> None:
    held = outcome(patched(subject(SPEC), "self.fc(x)", f"self.fc(x) * {scale}"), PROPERTY)
    if not reason:
        assert held.verdict == "passed"
        return
    assert held.verdict == "failed"
    assert held.findings[0].message.startswith(reason)
    assert "\n" not in held.findings[0].message


def test_the_line_that_breaks_the_graph_is_named() -> None:
    held = patched(subject(SPEC), "self.fc(x)", "self.fc(x) * (1 if x.shape[1] % 2 else 2)")
    found = finding(held, PROPERTY)
    assert (found.node, found.place) == ("fc", "net.yaml:6:7")


def test_a_module_that_goes_by_values() -> None:
    with tapped(Branching) as held:
        found = finding(held, PROPERTY)
    assert found.message.startswith("torch.compile takes no single graph of it: ")
    assert found.node in ("tap", "after")


def test_inductor_is_for_the_full_level() -> None:
    assert (PROPERTY.level, INDUCTOR.level) == (Level.DEFAULT, Level.FULL)
    assert INDUCTOR.check is not PROPERTY.check
