"""Every spec of the catalogue, lowered to fx, against what its reference library computes.

Names, shapes and dtypes of all weights are compared for every recorded case, on the meta device.
Outputs are compared where the model has fewer than 26 million parameters, enough for every block
of every spec.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from netwright.backends.fx import lower, tie
from netwright.driver.model import load
from netwright.ir.instance import Instance
from netwright.ir.printer import to_source
from netwright.ir.program import Method
from netwright.ir.values import Tensor
from netwright.passes.cut import cut
from netwright.passes.model import Case, Elaboration
from torch.fx import GraphModule

from tests.references import filling, fixture
from tests.references.fixture import Measure, Pass, RecordedCase

SPECS = Path(__file__).parents[2] / "specs"
PARAMETERS = 26_000_000
"""Models larger than this are held to names and shapes only."""


def _is_run(case: Any) -> bool:
    return "inputs" in case and case["parameters"] < PARAMETERS


CASES = [
    pytest.param(spec, case, id=f"{spec}:{case['variant'] or ''}:{index}")
    for path in sorted(fixture.HERE.glob("*/*.json"))
    for spec in [f"{path.parent.name}/{path.stem}"]
    for index, case in enumerate(fixture.load(spec)["cases"])
]
RUN = [p for p in CASES if _is_run(p.values[1])]


@pytest.fixture(autouse=True)
def _restored_dtype() -> Iterator[None]:
    before = torch.get_default_dtype()
    yield
    torch.set_default_dtype(before)


@cache
def _elaborated(spec: str, variant: str | None, params: str) -> Elaboration:
    return load(SPECS / f"{spec}.yaml", variant, params=json.loads(params)).elaborate()


def elaboration_of(spec: str, case: RecordedCase) -> Elaboration:
    return _elaborated(spec, case["variant"], json.dumps(case["params"]))


def entry(elaboration: Elaboration, whole: Instance, name: str | None) -> Instance:
    """The part of a model that a method runs."""
    if name is None:
        return whole
    (method,) = [m for m in elaboration.module.methods if m.name == name]
    inputs = _named(whole, method, "inputs") or None
    return cut(whole, _named(whole, method, "outputs"), inputs)


def _named(whole: Instance, method: Method, side: str) -> dict[str, Tensor]:
    found = {}
    for name, expr in getattr(method, side).items():
        found[name] = whole.values[to_source(expr)]
    return found


def lowered(elaboration: Elaboration, method: str | None, given: frozenset[str]) -> GraphModule:
    whole = elaboration.cases[Case(given)]
    module = lower(entry(elaboration, whole, method), among=elaboration.cases.values())
    tie(module, [(t.target, to_source(t.source)) for t in elaboration.module.ties])
    return module


@pytest.mark.parametrize(("spec", "case"), CASES)
def test_weights(spec: str, case: RecordedCase) -> None:
    with torch.device("meta"):
        module = lowered(elaboration_of(spec, case), case["method"], frozenset())
    entries = module.state_dict()
    if "state_dict" in case:
        assert {name: list(entry.shape) for name, entry in entries.items()} == case["state_dict"]
    assert len(entries) == case["entries"]
    assert fixture.state_dict_sha256(entries) == case["state_dict_sha256"]
    assert fixture.parameter_count(module) == case["parameters"]


@pytest.mark.parametrize(("spec", "case"), RUN)
def test_outputs(spec: str, case: RecordedCase) -> None:
    torch.set_default_dtype(getattr(torch, case["dtype"]))
    elaboration = elaboration_of(spec, case)
    optional = {i.name for i in elaboration.block.inputs if i.optional}
    made: dict[frozenset[str], GraphModule] = {}
    passes: list[Pass] = [{"inputs": case["inputs"], "outputs": case["outputs"]}]
    for run in [*passes, *case.get("again", [])]:
        given = frozenset(optional & set(run["inputs"]))
        if given not in made:
            made[given] = lowered(elaboration, case["method"], given)
            filling.fill_module(made[given], gain=case["gain"])
        with torch.no_grad():
            result = made[given](**filling.make_inputs(run["inputs"]))
        compare(named(result, run["outputs"]), run["outputs"], case["dtype"])


def named(result: Any, expected: Mapping[str, Any]) -> Mapping[str, Any]:
    """Results by name; a bare one goes by the only expected name."""
    if isinstance(result, tuple) and hasattr(result, "_asdict"):
        return dict(result._asdict())
    (name,) = expected
    return {name: result}


def compare(found: Mapping[str, Any], expected: Mapping[str, Any], dtype: str) -> None:
    for name, measures in expected.items():
        several = isinstance(measures, list)
        pairs = zip(
            found[name] if several else [found[name]],
            measures if several else [measures],
            strict=True,
        )
        for tensor, measure in pairs:
            _compare_one(tensor, measure, 1e-9 if dtype == "float64" else 1e-4)


def _compare_one(tensor: torch.Tensor, expected: Measure, tolerance: float) -> None:
    measured = fixture.measure(tensor)
    assert measured["shape"] == expected["shape"]
    assert measured["dtype"] == expected["dtype"]
    assert measured["indices"] == expected["indices"]
    allowed = tolerance * max(1.0, expected["std"])
    assert measured["values"] == pytest.approx(expected["values"], rel=tolerance, abs=allowed)
    assert measured["mean"] == pytest.approx(expected["mean"], rel=tolerance, abs=allowed)
    assert measured["std"] == pytest.approx(expected["std"], rel=tolerance, abs=allowed)
