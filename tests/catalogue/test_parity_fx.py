"""Every spec of the catalogue, lowered to fx, against what its reference library computes.

Names, shapes and dtypes of all weights are compared for every recorded case, on the meta device.
Outputs are compared where the model is small, which is enough for every block of every spec.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from netwright.backends.fx import lower, tie
from netwright.diagnostics import Report
from netwright.driver.count import total_parameters
from netwright.ir.instance import Instance
from netwright.ir.printer import to_source
from netwright.ir.program import Method
from netwright.ir.values import Tensor
from netwright.passes.cut import cut
from netwright.passes.model import Case, Elaboration
from netwright.passes.ties import ties
from torch.fx import GraphModule

from tests.catalogue.parity import CASES, RUN, compare, elaboration_of, named
from tests.references import filling, fixture
from tests.references.fixture import Pass, RecordedCase


@pytest.fixture(autouse=True)
def _restored_dtype() -> Iterator[None]:
    before = torch.get_default_dtype()
    yield
    torch.set_default_dtype(before)


def entry(elaboration: Elaboration, whole: Instance, name: str | None) -> Instance:
    """The part of a model that a method runs."""
    if name is None:
        return whole
    (method,) = [m for m in elaboration.module.methods if m.name == name]
    inputs = _values_of(whole, method, "inputs") or None
    return cut(whole, _values_of(whole, method, "outputs"), inputs)


def _values_of(whole: Instance, method: Method, side: str) -> dict[str, Tensor]:
    found = {}
    for name, expr in getattr(method, side).items():
        found[name] = whole.values[to_source(expr)]
    return found


def lowered(elaboration: Elaboration, method: str | None, given: frozenset[str]) -> GraphModule:
    whole = elaboration.cases[Case(given)]
    module = lower(entry(elaboration, whole, method), among=elaboration.cases.values())
    tie(module, ties(elaboration, Report()))
    return module


@pytest.mark.parametrize(("spec", "case"), CASES)
def test_weights(spec: str, case: RecordedCase) -> None:
    elaboration = elaboration_of(spec, case)
    with torch.device("meta"):
        module = lowered(elaboration, case["method"], frozenset())
    entries = module.state_dict()
    if "state_dict" in case:
        assert {name: list(entry.shape) for name, entry in entries.items()} == case["state_dict"]
    assert len(entries) == case["entries"]
    assert fixture.state_dict_sha256(entries) == case["state_dict_sha256"]
    assert fixture.parameter_count(module) == case["parameters"]
    if case["method"] is None:
        assert total_parameters(elaboration) == case["parameters"]


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
