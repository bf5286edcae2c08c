"""Weights under the spec's names, and back from a file."""

from __future__ import annotations

from netwright_runtime.verify.properties.round_trip import PROPERTY

from tests.verify.subjects import finding, outcome, patched, subject

SPEC = """inputs: {tokens: "int[B, T]"}
graph:
  embed: Embedding(num_embeddings=11, embedding_dim=6)
  body: Linear(out_features=6)
  scale: {buffer: "arange(6) / 6"}
  scaled: body * scale
  head: Linear(out_features=11, bias=False)
tie: {head.weight: embed.weight}
"""


def test_weights_survive() -> None:
    assert outcome(subject(SPEC), PROPERTY).verdict == "passed"


def test_a_weight_of_another_name() -> None:
    found = outcome(patched_names(), PROPERTY)
    assert found.verdict == "failed"
    assert {f.node for f in found.findings} >= {"body", "trunk"}


def patched_names():
    held = subject(SPEC)
    source = held.compiled.source.replace("self.body", "self.trunk")
    old = held.compiled.source
    return patched(held, old, source)


def test_tied_weights_that_are_not() -> None:
    line = "        self.head.weight = self.embed.weight  # tied\n"
    found = finding(patched(subject(SPEC), line, ""), PROPERTY)
    assert found.node == "head"
    assert "tied to `embed.weight`" in found.message


def test_weights_that_are_tied_without_being_asked() -> None:
    text = SPEC.replace("tie: {head.weight: embed.weight}\n", "")
    held = subject(text)
    line = "self.head = nn.Linear(6, 11, bias=False)"
    found = finding(patched(held, line, f"{line}; self.head.weight = self.embed.weight"), PROPERTY)
    assert found.node == "head"
    assert "does not tie" in found.message


def test_state_that_no_checkpoint_holds() -> None:
    held = subject(SPEC)
    line = "self.body = nn.Linear(6, 6)"
    drawn = f"{line}; self.drawn = torch.rand(())"
    patched_call = patched(held, line, drawn).compiled.source.replace(
        "self.body(", "self.drawn * self.body("
    )
    found = finding(patched(held, held.compiled.source, patched_call), PROPERTY)
    assert "not saved" in found.message


def test_a_model_without_weights() -> None:
    held = subject('inputs: {x: "float[B, 4]"}\ngraph: {act: ReLU}\n')
    assert outcome(held, PROPERTY).verdict == "skipped"
