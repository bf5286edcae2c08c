"""Blocks that are recomputed in the backward pass."""

from __future__ import annotations

from netwright_runtime.verify.properties.checkpointing import PROPERTY

from tests.verify.subjects import finding, outcome, patched, subject

SPEC = """inputs: {x: "float[B, 6]"}
graph:
  layers: {op: Layer, repeat: 3}
blocks:
  Layer:
    inputs: {x: "float[B, 6]"}
    graph: {fc: Linear(out_features=6), drop: Dropout(p=0.3), out: x + drop}
"""


def test_recomputing_changes_nothing() -> None:
    assert outcome(subject(SPEC), PROPERTY).verdict == "passed"


def test_a_block_that_counts_its_calls() -> None:
    held = subject(SPEC)
    counts = "self.calls = getattr(self, 'calls', 0) + 1; "
    call = "return x + self.drop(self.fc(x))"
    found = finding(
        patched(held, call, f"{counts}return x + self.drop(self.fc(x)) * self.calls"), PROPERTY
    )
    assert found.node == "layers.0"


def test_a_model_that_repeats_nothing() -> None:
    held = subject('inputs: {x: "float[B, 4]"}\ngraph: {fc: Linear(out_features=4)}\n')
    assert outcome(held, PROPERTY).reason == "the model repeats no block"
