"""What a spec claims: its form, and the names in it."""

from __future__ import annotations

import pytest
from netwright.frontend import load_text
from netwright.frontend.properties import PROPERTIES

from tests.frontend.specs import HEAD, messages, sound

BODY = """\
params: {width: 3}
variants: {small: {width: 2}, large: {}}
inputs: {x: "float[B, T, width]", mask: {type: "bool[B, T]", optional: true}}
graph:
  fc: Linear(out_features=3)
  body: {graph: {inner: {op: Twice, repeat: 2}}}
  out: body * mask[..., None] if mask is not None else body
outputs: {y: out, z: fc}
blocks:
  Twice: {inputs: {x: "float[..., C]"}, graph: {a: Linear(out_features=C), b: ReLU}}
properties:
"""


def text(claim: str) -> str:
    return f"{HEAD}{BODY}  {claim}\n"


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        ("max_parameters: 12M", 12_000_000),
        ("max_parameters: 1.5B", 1_500_000_000),
        ("max_parameters: 20 K", 20_000),
        ("parameters: 7", 7),
        ("parameters: 11_689_512", 11_689_512),
        ("parameters: {small: 9, large: 1_2}", {"small": 9, "large": 12}),
        ("max_flops: {total: 1K, at: {B: 1, T: 8}}", {"total": 1000, "at": {"B": 1, "T": 8}}),
        ("causal: {over: T}", {"over": "T"}),
        ("position_sensitive: {over: T, absolute: true}", {"over": "T", "absolute": True}),
        ("permutation_invariant: {over: T}", {"over": "T"}),
        ("permutation_equivariant: {over: T, indices: [x]}", {"over": "T", "indices": ["x"]}),
        ("permutation_equivariant: {over: T, indices: x}", {"over": "T", "indices": ["x"]}),
        ("translation_invariant: {over: T, by: 2}", {"over": ["T"], "by": 2}),
        (
            "translation_equivariant: {over: [T], by: 2, margin: 0}",
            {"over": ["T"], "by": 2, "margin": 0},
        ),
        ("padding_invariant: null", None),
        ("padding_invariant: {mask: mask, over: T}", {"mask": "mask", "over": "T"}),
        ("batch: B", "B"),
        ("batch: null", None),
        ("output_range: [0, 1]", [0.0, 1.0]),
        ("output_range: {z: [null, 1.5]}", {"z": [None, 1.5]}),
        ("sums_to_one: {y: -1, z: T}", {"y": -1, "z": "T"}),
        (
            "init_scale: {y: [0, 1], body.inner.1.a: [1, 2]}",
            {"y": [0.0, 1.0], "body.inner.1.a": [1.0, 2.0]},
        ),
        ("residual: [body.inner, body]", ["body.inner", "body"]),
        ("tied: [[fc.weight, body.inner.0.a.weight]]", [["fc.weight", "body.inner.0.a.weight"]]),
    ],
)
def test_claims_are_plain_data(claim: str, value: object) -> None:
    assert sound(text(claim)).properties == {claim.partition(":")[0]: value}


@pytest.mark.parametrize(
    ("claim", "message"),
    [
        ("casual: {over: T}", "there is no property `casual`"),
        ("causal: T", "`causal` names the dim that it is about"),
        ("causal: {}", "`causal` names the dim that it is about"),
        ("causal: {over: T, by: 2}", "`causal` has no `by`"),
        ("causal: {over: width}", "`width` is no dim that the model's inputs bind"),
        ("causal: {over: 3}", "`causal` names the dim that it is about"),
        ("batch: N", "`N` is no dim that the model's inputs bind"),
        ("max_parameters: 0", "`max_parameters` is a number of weights"),
        ("max_parameters: 1.5", "`max_parameters` is a number of weights"),
        ("parameters: {tiny: 3}", "the spec has no variant `tiny`"),
        ("max_flops: {total: 1K, at: {B: 1}}", "the size of `T` is missing"),
        ("max_flops: {total: 1K, at: {B: 1, T: 1, H: 1}}", "the model's inputs bind no dim `H`"),
        ("padding_invariant: {mask: msk, over: T}", "the model has no input `msk`"),
        (
            "padding_invariant: {mask: mask, over: T, keep: 1}",
            "`padding_invariant` names the mask and the dim that it masks, or is null",
        ),
        ("output_range: [1, 0]", "the lowest value comes first"),
        ("output_range: [0]", f"`output_range` {PROPERTIES['output_range'].form}"),
        ("output_range: {w: [0, 1]}", "the model has no output `w`"),
        ("sums_to_one: {w: -1}", "the model has no output `w`"),
        ("sums_to_one: {y: N}", "`N` is no dim that the model's inputs bind"),
        ("sums_to_one: -1", "`sums_to_one` is an axis or a dim for each output"),
        ("init_scale: {body.outer: [0, 1]}", "`body` has no node `outer`"),
        ("residual: [body.inner.0.c]", "`body.inner.0` has no node `c`"),
        ("residual: []", "`residual` lists the paths of blocks"),
        ("tied: [fc.weight]", "`tied` lists weights that are one tensor"),
        ("tied: [[gc.weight, fc.weight]]", "the model has no node `gc`"),
    ],
)
def test_a_claim_at_fault_is_reported_once_where_it_stands(claim: str, message: str) -> None:
    (found,) = messages(load_text(text(claim), "f.yaml"))
    code, place, said = found.split(" ", 2)
    assert (code, said) == ("E0409", message)
    assert place.startswith("14:")


def test_every_example_has_the_form_that_it_shows() -> None:
    body = (
        'inputs: {x: "float[B, N, T, H, W]", attention_mask: "bool[B, T]"}\n'
        "graph: {embed: ReLU()(x), head: ReLU, quantised: ReLU, layers: ReLU, "
        "masked: 'layers * attention_mask[:, None, :, None, None]'}\n"
        "outputs: {logits: masked}\nproperties:\n"
    )
    shorter = {"max_flops": "{total: 4.1G, at: {B: 1, N: 1, T: 1, H: 224, W: 224}}"}
    for name, claim in PROPERTIES.items():
        example = shorter.get(name, claim.example)
        assert sound(f"{HEAD}{body}  {name}: {example}\n").properties.keys() == {name}
