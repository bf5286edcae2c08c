"""Models that learn, and models that cannot."""

from __future__ import annotations

import pytest
from netwright_runtime.verify.properties.learning import PROPERTY

from tests.verify.subjects import finding, outcome, subject

NET = """\
inputs: {x: "float[B, 6]"}
graph:
  wide: Linear(out_features=16)
  act: ReLU
  out: Linear(out_features=3)
"""
TOKENS = """\
inputs: {tokens: "int[B, T]"}
graph:
  embed: Embedding(num_embeddings=20, embedding_dim=8)
  norm: LayerNorm
  drop: Dropout(p=0.5)
  out: Linear(out_features=20)
"""
NODES = """\
inputs: {x: "float[N, 6]"}
graph: {norm: BatchNorm1d, out: Linear(out_features=3)}
properties: {batch: null}
"""


@pytest.mark.parametrize("text", [NET, TOKENS, NODES], ids=["vectors", "tokens", "nodes"])
def test_a_sound_model_learns(text: str) -> None:
    found = outcome(subject(text), PROPERTY)
    assert (found.verdict, found.trials) == ("passed", 1)


@pytest.mark.parametrize("act", ["ReLU", "sigmoid(1e9 * wide)"], ids=["dead", "saturated"])
def test_weights_from_which_nothing_is_learnt(act: str) -> None:
    begun = "zeros" if act == "ReLU" else "normal(std=1e6)"
    init = f'init: [{{match: "*.weight", with: {begun}}}, {{match: "*.bias", with: zeros}}]\n'
    found = finding(subject(NET.replace("ReLU", act) + init), PROPERTY)
    assert "of the loss on one fixed batch" in found.message


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("act: ReLU", "act: relu(wide * 0.0)"),
        ("act: ReLU", "act: softmax(wide, dim=0).sum(0).expand(B, 16)"),
    ],
)
def test_inputs_that_are_ignored(old: str, new: str) -> None:
    assert old in NET
    found = finding(subject(NET.replace(old, new)), PROPERTY)
    assert found.message == "the outputs do not depend on the inputs"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            'inputs: {x: "float[B, 6]"}\ngraph: {out: relu(x)}\n',
            "the model has no parameters to train",
        ),
        (NET + "  first: out.argmax(-1)\n", "the model has no floating outputs"),
    ],
)
def test_what_it_does_not_apply_to(text: str, reason: str) -> None:
    assert outcome(subject(text), PROPERTY).reason == reason
