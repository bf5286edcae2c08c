"""Every model of the catalogue gives what it gave, after each pass and at other sizes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest
import torch
from netwright_runtime.model import Compiled, compiled
from netwright_runtime.model.domains import domains
from netwright_runtime.model.nearness import distance
from netwright_runtime.optimise.passes import PASSES
from netwright_runtime.optimise.rewriting import apply, size
from netwright_runtime.optimise.weights import graph_of

from tests.emission.building import REQUIRED, SPECS
from tests.emission.small import ONE_EACH, SMALL
from tests.optimise.models import assert_sound, inputs, lively, seeded

FIRES = {
    "generative/vae": {"packing"},
    "graph/gcn": {"common", "identities"},
    "language/bert": {"dead", "identities", "packing"},
    "language/gpt2": {"identities"},
    "timeseries/patchtst": {"common", "identities", "packing"},
    "vision/resnet": {"norms"},
    "vision/unet": {"norms"},
    "vision/vit": {"identities"},
}
"""What is known to fire in some of them, in a call without optional inputs."""


@pytest.fixture(autouse=True)
def double() -> Iterator[None]:
    """Tensors that a model makes of nothing are in double, as its weights are."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(before)


def small(spec: str) -> Compiled:
    params = {**REQUIRED.get(spec, {}), **SMALL[spec].params}
    return compiled(SPECS / f"{spec}.yaml", params=params)


@pytest.mark.parametrize("spec", [spec for spec, _ in ONE_EACH])
def test_a_model_gives_what_it_gave(spec: str) -> None:
    found = small(spec)
    model = lively(found)
    for given in {found.cases[0], found.cases[-1]}:  # with no optional input, and with all
        plain = graph_of(found, model, given)
        calls = [inputs(plain, sizes, seed) for seed, sizes in enumerate(_sizes(found, given))]
        expected = [seeded(model, called) for called in calls]
        graph = graph_of(found, model, given)
        before = size(graph)
        fired: set[str] = set()
        for outcome in apply(graph, PASSES):
            assert_sound(graph)
            assert outcome.after != outcome.before or outcome.name == "attention"
            fired.add(outcome.name)
        assert size(graph).kernels <= before.kernels
        for called, result in zip(calls, expected, strict=True):
            assert distance(seeded(graph, called), result) < 1e-10
        assert fired == FIRES.get(spec, fired) or given


def _sizes(found: Compiled, given: frozenset[str]) -> list[dict[str, int]]:
    """Small sizes that meet the constraints, and others."""
    few = domains(found.manifest, {})
    return [_fitting({name: sizes[at] for name, sizes in few.items()}, given) for at in (1, 3)]


def _fitting(sizes: Mapping[str, int], given: frozenset[str]) -> dict[str, int]:
    """A mask is over past and present, where a model has both."""
    if not {"S", "T"} <= sizes.keys():
        return dict(sizes)
    return {**sizes, "S": sizes["T"] + (sizes["P"] if "past" in given else 0)}
