"""Parameters and operations as a spec counts them."""

from __future__ import annotations

import pytest
from netwright_runtime.verify import Level, subject_of
from netwright_runtime.verify.properties.counts import PROPERTY

from tests.verify.subjects import finding, outcome, subject

TEXT = """\
params: {width: 8}
inputs: {x: "float[B, 4]"}
where: [width > 0]
graph: {wide: Linear(out_features=width), out: Linear(out_features=3)}
properties: PROPS
"""


@pytest.mark.parametrize(
    "claims",
    [
        "{parameters: 67}",
        "{max_parameters: 67}",
        "{max_parameters: 1K}",
        "{max_flops: {total: 1K, at: {B: 2}}}",
    ],
)
def test_true_counts_pass(claims: str) -> None:
    found = outcome(subject(TEXT.replace("PROPS", claims)), PROPERTY)
    assert (found.verdict, found.trials) == ("passed", 1)


@pytest.mark.parametrize(
    ("claims", "message"),
    [
        ("{parameters: 66}", "the model has 67 parameters, the spec says 66"),
        ("{max_parameters: 66}", "the model has 67 parameters, more than 66"),
        ("{max_flops: {total: 10, at: {B: 2}}}", "operations at B=2, more than 10"),
    ],
)
def test_false_counts_are_told(claims: str, message: str) -> None:
    assert message in finding(subject(TEXT.replace("PROPS", claims)), PROPERTY).message


def test_exact_counts_are_about_the_specs_own_params() -> None:
    text = TEXT.replace("PROPS", "{parameters: 67}")
    assert outcome(subject(text, width=9), PROPERTY).reason.startswith("its counts are for other")
    most = TEXT.replace("PROPS", "{parameters: 67, max_parameters: 70}")
    assert "more than 70" in finding(subject(most, width=9), PROPERTY).message


def test_a_large_model_is_counted_though_a_smaller_one_stands_for_it() -> None:
    text = TEXT.replace("PROPS", "{parameters: 8000003}").replace("width: 8", "width: 1000000")
    large = subject_of(subject(text).compiled)
    assert large.stands_in
    assert outcome(large, PROPERTY).verdict == "passed"


def test_it_applies_to_what_claims_it() -> None:
    assert outcome(subject(TEXT.partition("properties")[0]), PROPERTY).verdict == "skipped"
    assert PROPERTY.level == Level.QUICK


@pytest.mark.parametrize(
    ("graph", "parameters", "node"),
    [
        ("{wide: 'Linear(out_features=8, bias=False)', out: Linear(out_features=3)}", 67, "wide"),
        ("{a: Linear(out_features=4), b: a(a), c: ReLU}", 40, "a"),
        ("{wide: Linear(out_features=8), out: Linear(out_features=3)}", 90, ""),
    ],
    ids=["no bias", "shared", "unknown"],
)
def test_the_node_that_accounts_for_what_is_missing(graph: str, parameters: int, node: str) -> None:
    text = (
        f'inputs: {{x: "float[B, 4]"}}\ngraph: {graph}\nproperties: {{parameters: {parameters}}}\n'
    )
    assert finding(subject(text), PROPERTY).node == node
