"""What stands beside a graph."""

from __future__ import annotations

from netwright.ir.expr import Attribute, Call, IfElse, Literal, Name
from netwright.ir.program import Module

from tests.frontend.specs import HEAD, IMAGE, codes, sound


def model(beside: str) -> Module:
    return sound(
        f"{HEAD}{IMAGE}graph:\n  a: Conv2d(out_channels=3, kernel_size=1)\n  b: ReLU\n{beside}"
    )


def test_variants_take_values_by_the_params_types() -> None:
    module = model(
        "params: {n: 2, norm: {type: module, default: ReLU}, mode: fast}\n"
        'variants: {small: {n: "1 + 1", norm: GELU, mode: slow}, large: {}}\n'
        "where: [n > 0, mode != 'x', norm is not None]\n"
    )
    small = module.variants["small"]
    assert isinstance(small.values["norm"], Name)
    assert isinstance(small.values["mode"], Literal)
    assert list(module.variants) == ["small", "large"]


def test_a_variant_for_verification() -> None:
    module = model(
        "params: {n: 2}\nvariants: {big: {}, tiny: {for: verify, n: 1}}\nwhere: [n > 0]\n"
    )
    assert [v.purpose for v in module.variants.values()] == ["", "verify"]
    assert list(module.variants["tiny"].values) == ["n"]
    other = "params: {n: 2}\nvariants: {tiny: {for: verifying, n: 1}}\nwhere: [n > 0]\n"
    assert [code for code, _, _ in codes(f"{HEAD}{IMAGE}graph: {{a: ReLU}}\n{other}")] == ["E0403"]


def test_methods() -> None:
    (method,) = model("methods: {features: {inputs: {y: a}, outputs: {z: b}, doc: d}}\n").methods
    assert list(method.inputs) == ["y"]
    assert list(method.outputs) == ["z"]


def test_initialisation() -> None:
    rules = model(
        "init:\n  - {match: Linear.weight, with: normal(std=0.02)}\n"
        '  - {match: "*.bias", with: zeros}\n'
    ).init
    assert [r.match for r in rules] == ["Linear.weight", "*.bias"]
    assert isinstance(rules[0].value, Call)
    assert isinstance(rules[1].value, Name)
    assert rules[1].match_span.line == 9


def test_ties() -> None:
    first, second = model("tie: {b.weight: a.weight, a.bias: a.weight if True else None}\n").ties
    assert first.target == "b.weight"
    assert isinstance(first.source, Attribute)
    assert isinstance(second.source, IfElse)


def test_key_maps() -> None:
    (rename, drop, split) = model(
        "weights:\n  timm:\n"
        '    - {match: "head\\\\.(.*)", to: "fc.\\\\1"}\n'
        "    - {match: num_batches, to: null}\n"
        "    - {match: qkv, split: [q, k, v], dim: 1}\n"
    ).weights["timm"]
    assert (rename.match, rename.to) == ("head\\.(.*)", "fc.\\1")
    assert drop.to is None
    assert (split.split, split.dim) == (("q", "k", "v"), 1)


def test_state_and_documentation() -> None:
    module = model("doc: |\n  A model.\n\n  It has parts.\noutputs: {y: x}\nstate: {x: y}\n")
    assert module.state == {"x": "y"}
    assert module.doc == "A model.\n\nIt has parts."


def test_a_library_has_no_model() -> None:
    module = sound(
        f"netwright: 1\nparams: {{n: 2}}\nblocks:\n  B:\n    {IMAGE}    graph: {{y: x * n}}\n"
    )
    assert module.model is None
    assert [p.name for p in module.params] == ["n"]
    assert not module.blocks["B"].outputs


def test_the_digest_is_the_texts() -> None:
    assert model("").digest == model("").digest != model("doc: other\n").digest
