"""Every spec of the catalogue, emitted and executed, against what its reference library computes.

Names, shapes and dtypes of all weights are compared for every recorded case, on the meta device.
Outputs are compared where the model is small, which is enough for every block of every spec.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
import torch

from tests.catalogue.parity import CASES, RUN, compare, elaborated, named, settings
from tests.emission.building import class_of, emitted
from tests.references import filling, fixture
from tests.references.fixture import Pass, RecordedCase


@pytest.fixture(autouse=True)
def _restored_dtype() -> Iterator[None]:
    before = torch.get_default_dtype()
    yield
    torch.set_default_dtype(before)


@cache
def class_at(spec: str, variant: str | None, params: str) -> Any:
    """The emitted class of a spec at these params, as JSON."""
    return class_of(emitted(elaborated(spec, variant, params)))


def model(spec: str, case: RecordedCase) -> Any:
    return class_at(*settings(spec, case))()


@pytest.mark.parametrize(("spec", "case"), CASES)
def test_weights(spec: str, case: RecordedCase) -> None:
    with torch.device("meta"):
        module = model(spec, case)
    entries = module.state_dict()
    if "state_dict" in case:
        assert {name: list(entry.shape) for name, entry in entries.items()} == case["state_dict"]
    assert len(entries) == case["entries"]
    assert fixture.state_dict_sha256(entries) == case["state_dict_sha256"]
    assert fixture.parameter_count(module) == case["parameters"]


@pytest.mark.parametrize(("spec", "case"), RUN)
def test_outputs(spec: str, case: RecordedCase) -> None:
    torch.set_default_dtype(getattr(torch, case["dtype"]))
    module = model(spec, case).eval()
    filling.fill_module(module, gain=case["gain"])
    call = module if case["method"] is None else getattr(module, case["method"])
    passes: list[Pass] = [{"inputs": case["inputs"], "outputs": case["outputs"]}]
    for run in [*passes, *case.get("again", [])]:
        with torch.no_grad():
            result = call(**filling.make_inputs(run["inputs"]))
        compare(named(result, run["outputs"]), run["outputs"], case["dtype"])
