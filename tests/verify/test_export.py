"""Exports that hold at other sizes than those of the trace."""

from __future__ import annotations

from netwright_runtime.verify.properties.export import PROPERTY

from tests.verify.subjects import finding, outcome, patched, subject

SPEC = """inputs: {x: "float[B, T, 6]"}
graph:
  fc: Linear(out_features=6)
  flat: fc.reshape([B * T, 6])
  back: flat.reshape([B, T, 6]) + arange(T)[:, None]
"""


def test_an_export_holds_at_other_sizes() -> None:
    assert outcome(subject(SPEC), PROPERTY).verdict == "passed"


def test_a_model_that_keeps_a_size() -> None:
    held = subject(SPEC)
    found = finding(patched(held, "torch.arange(T,", "torch.arange(int(T),"), PROPERTY)
    assert found.message.startswith("torch.export does not take it: ")
    assert "L['x'].size()[1]" in found.message
    assert "int()" in found.help


def test_walked_dims_of_recurrent_modules_stay_fixed() -> None:
    text = """inputs: {x: "float[B, T, 6]"}
graph: {lstm: {op: LSTM, hidden_size: 5, batch_first: true}, out: "lstm[:, -1]"}
"""
    assert outcome(subject(text), PROPERTY).verdict == "passed"


def test_a_model_without_symbolic_dims() -> None:
    held = subject('inputs: {x: "float[2, 4]"}\ngraph: {fc: Linear(out_features=4)}\n')
    assert outcome(held, PROPERTY).reason == "no dim is symbolic"
