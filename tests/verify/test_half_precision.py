"""Models in fewer digits."""

from __future__ import annotations

import pytest
from netwright_runtime.verify.properties.half_precision import PROPERTY

from tests.faults import plugins
from tests.verify.subjects import finding, outcome, subject
from tests.verify.tapping import PLACE, tapped

SPEC = """inputs: {x: "float[B, T, 6]"}
graph:
  fc: Linear(out_features=6)
  %s
  out: Linear(out_features=2)
"""


@pytest.mark.parametrize(
    "graph",
    [
        "norm: LayerNorm\n  act: GELU",
        "top, at: topk(fc, 2, dim=-1)\n  wide: cat([top, top], dim=-1)",
        "noisy: fc + randn_like(fc)",
        "rounded: round(fc * 100) / 100",
        "lstm: LSTM(hidden_size=6, batch_first=True)",
    ],
)
def test_models_that_half_precision_suffices_for(graph: str) -> None:
    assert outcome(subject(SPEC % graph), PROPERTY).verdict == "passed"


def test_a_router_that_chooses_otherwise_is_no_fault() -> None:
    close = "near: fc * 1e-4 + 1.0\n  act: argmax(near, dim=-1, keepdim=True) * fc * 100"
    assert outcome(subject(SPEC % close), PROPERTY).verdict != "failed"


def test_a_product_that_overflows() -> None:
    large = "large: fc * 1e4\n  product: large @ large.mT\n  back: product @ fc / 1e8"
    found = finding(subject(SPEC % large), PROPERTY)
    assert (found.node, found.place) == ("product", "net.yaml:7:12")
    assert found.message == "under autocast to float16 it gives values that are not finite"


@pytest.mark.parametrize(
    ("cls", "precision"),
    [
        (plugins.Overflowing, "under autocast to float16"),
        (plugins.Cancelling, "in float32"),
        (plugins.Tiny, "under autocast to float16"),
    ],
)
def test_a_module_that_needs_more_digits(cls: type, precision: str) -> None:
    with tapped(cls) as held:
        found = finding(held, PROPERTY)
    assert (found.node, found.place) == ("tap", PLACE)
    assert found.message.startswith(precision)


def test_what_refuses_mixed_dtypes() -> None:
    mixed = "mixed: x.index_add(1, arange(T), fc)"
    found = finding(subject(SPEC % mixed), PROPERTY)
    assert found.node == "mixed"
    assert found.message.startswith("under autocast to bfloat16 it raises RuntimeError: ")


def test_no_floating_output() -> None:
    text = 'inputs: {x: "float[B, 6]"}\ngraph: {k: "argmax(x, dim=-1)"}\n'
    assert outcome(subject(text), PROPERTY).reason == "no output is floating"
