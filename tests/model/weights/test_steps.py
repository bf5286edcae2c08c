"""Steps of key maps that make tensors: each in both directions, and what is refused."""

from __future__ import annotations

import pytest
import torch
from netwright.artifact import KeyRule
from netwright_runtime.model.weights.keymap import Mapped, mapped
from netwright_runtime.model.weights.readings import best
from netwright_runtime.model.weights.source import Source
from torch import Tensor

QKV = {
    f"h.{k}.{name}.{kind}": torch.rand(n, 3) if kind == "weight" else torch.rand(n)
    for k in range(2)
    for name, n in (("q", 4), ("k", 2), ("v", 2))
    for kind in ("weight", "bias")
}
FUSED = {
    f"h.{k}.qkv.{kind}": torch.cat([QKV[f"h.{k}.{name}.{kind}"] for name in "qkv"])
    for k in range(2)
    for kind in ("weight", "bias")
}
EXPERTS = {f"h.{k}.experts.{n}.w": torch.rand(2, 3) for k in range(2) for n in range(11)}
STACKED = {
    f"h.{k}.experts.w": torch.stack([EXPERTS[f"h.{k}.experts.{n}.w"] for n in range(11)])
    for k in range(2)
}
LINEAR = {"h.0.fc.weight": torch.rand(2, 3), "h.0.fc.bias": torch.rand(2)}
CONV1D = {"h.0.c_fc.weight": LINEAR["h.0.fc.weight"].mT, "h.0.c_fc.bias": LINEAR["h.0.fc.bias"]}

BOTH_WAYS = {
    "join": ([KeyRule(r"[qkv]\.", "qkv.", join=("q.", "k.", "v."))], QKV, FUSED, 4),
    "split": ([KeyRule(r"qkv\.", split=("q.", "k.", "v."))], FUSED, QKV, 12),
    "stack": ([KeyRule(r"experts\.(\d+)\.w", "experts.w", stack=r"\1")], EXPERTS, STACKED, 2),
    "unstack": ([KeyRule(r"experts\.w", unstack="experts.#.w")], STACKED, EXPERTS, 22),
    "transpose": (
        [KeyRule(r"c_fc\.weight", transpose=True), KeyRule("c_fc", "fc")], CONV1D, LINEAR, 1,
    ),
    "transpose and rename": (
        [KeyRule(r"fc\.weight", "c_fc.weight", transpose=True), KeyRule(r"\bfc", "c_fc")],
        LINEAR, CONV1D, 1,
    ),
}  # fmt: skip


def read(given: dict[str, Tensor], rules: list[KeyRule], model: dict[str, Tensor]) -> Mapped:
    shapes = {name: tuple(tensor.shape) for name, tensor in model.items()}
    sources = [Source(name, name, tensor) for name, tensor in given.items()]
    return mapped(sources, rules, shapes)


@pytest.mark.parametrize("case", BOTH_WAYS)
def test_steps_go_both_ways(case: str) -> None:
    rules, given, model, changed = BOTH_WAYS[case]
    found = read(given, rules, model)
    assert (found.dropped, dict(found.unmade)) == ((), {})
    assert {source.name for source in found.sources} == model.keys()
    assert all(torch.equal(source.tensor, model[source.name]) for source in found.sources)
    assert sum(bool(source.made) for source in found.sources) == changed
    assert {key for source in found.sources for key in source.keys} == given.keys()


def test_values_are_joined_once() -> None:
    """Readings are compared by shapes; only the one that is taken has values."""
    rules = BOTH_WAYS["join"][0]
    shapes = {name: tuple(tensor.shape) for name, tensor in FUSED.items()}
    reading = best(QKV, {None: (), "fused": rules}, shapes)
    assert reading.key_map == "fused"
    assert all(torch.equal(s.tensor, FUSED[s.name]) for s in reading.content.sources)


ODD = {
    "a part is missing": (
        KeyRule(r"[qk]\.", "qk.", join=("q.", "k.")),
        {"q.weight": torch.zeros(2, 3)},
        "a step joins it with `k.`, which the file lacks",
    ),
    "parts of other sizes": (
        KeyRule(r"[qk]\.", "qk.", join=("q.", "k.")),
        {"q.weight": torch.zeros(2, 3), "k.weight": torch.zeros(2, 4)},
        "`q.weight` and `k.weight` are to be joined, and are [2, 3] and [2, 4]",
    ),
    "a match that is no part": (
        KeyRule(r"\w\.", "qk.", join=("q.", "k.")),
        {"v.weight": torch.zeros(2, 3)},
        "a step joins `q.`, `k.`, and it is `v.`",
    ),
    "a number is missing": (
        KeyRule(r"e\.(\d+)", "e", stack=r"\1"),
        {"e.0": torch.zeros(2), "e.2": torch.zeros(2)},
        "a step stacks it with number 1, which the file lacks",
    ),
    "no number": (
        KeyRule(r"e\.(\w+)", "e", stack=r"\1"),
        {"e.a": torch.zeros(2)},
        "a step stacks it by its number, and `a` is none",
    ),
    "a vector": (
        KeyRule("bias", transpose=True),
        {"bias": torch.zeros(2)},
        "a step transposes it, and it has 1 dim",
    ),
    "no such dim": (
        KeyRule("bias", unstack="bias.#", dim=1),
        {"bias": torch.zeros(2)},
        "a step unstacks it along dim 1, and it has 1 dim",
    ),
}


@pytest.mark.parametrize("case", ODD)
def test_what_does_not_fit_is_told(case: str) -> None:
    rule, given, reason = ODD[case]
    found = read(given, [rule], {})
    assert found.sources == ()
    assert dict(found.unmade) == dict.fromkeys(given, reason)
