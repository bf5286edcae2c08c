"""Weights that are one tensor, or were to be."""

from __future__ import annotations

from netwright_runtime.verify.properties.tied import PROPERTY

from tests.verify.subjects import finding, outcome, patched, subject

TEXT = """\
inputs: {tokens: "int[B, T]"}
graph:
  embed: Embedding(num_embeddings=12, embedding_dim=4)
  head: Linear(out_features=12, bias=False)
tie: {head.weight: embed.weight}
properties: {tied: [[head.weight, embed.weight]]}
"""


def test_tied_weights_pass() -> None:
    found = outcome(subject(TEXT), PROPERTY)
    assert (found.verdict, found.trials) == ("passed", 1)


def test_a_forgotten_tie_is_told() -> None:
    found = finding(subject(TEXT.replace("tie: {head.weight: embed.weight}\n", "")), PROPERTY)
    assert found.node == "head"
    assert found.message == "`embed.weight` and `head.weight` are two tensors"


def test_a_copy_is_no_tie() -> None:
    sound = subject(TEXT)
    line = next(x for x in sound.compiled.source.splitlines() if "self.head.weight = " in x)
    copied = line.partition("=")[0] + "= nn.Parameter(self.embed.weight.detach().clone())"
    assert finding(patched(sound, line.strip(), copied.strip()), PROPERTY).node == "head"


def test_a_weight_that_is_not_there() -> None:
    found = finding(subject(TEXT.replace("[[head.weight", "[[head.bias")), PROPERTY)
    assert found.message == "the model has no weight `head.bias`"


def test_it_applies_to_what_claims_it() -> None:
    assert outcome(subject(TEXT.partition("properties")[0]), PROPERTY).verdict == "skipped"
