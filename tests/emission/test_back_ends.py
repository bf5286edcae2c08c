"""The two back ends compute the same, bit for bit: outputs, gradients, statistics of training."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import torch
from netwright.backends.fx import lower, tie
from netwright.diagnostics import Report
from netwright.passes.model import Case, Elaboration
from netwright.passes.ties import ties
from torch import Tensor, nn
from torch.utils import _pytree as pytree

from tests.emission.building import built
from tests.emission.small import SMALL_MODELS, cases_of, small
from tests.references import filling


def lowered(elaboration: Elaboration, given: frozenset[str], training: bool) -> nn.Module:
    modes = {case.training for case in elaboration.cases}
    instance = elaboration.cases[Case(given, training and True in modes)]
    module = lower(instance, among=elaboration.cases.values(), training=training)
    tie(module, ties(elaboration, Report()))
    return module


def optional(elaboration: Elaboration, inputs: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(i.name for i in elaboration.block.inputs if i.optional and i.name in inputs)


def run(module: nn.Module, inputs: Mapping[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """All tensors that come out, and all that training would go by."""
    torch.manual_seed(0)
    out = pytree.tree_leaves(module(**inputs))
    loss = sum(weighted(t) for t in out if isinstance(t, Tensor) and t.is_floating_point())
    assert isinstance(loss, Tensor)
    loss.backward()
    return out, {
        **{f"{name}.grad": p.grad for name, p in module.named_parameters()},
        **dict(module.named_buffers()),
    }


def weighted(out: Tensor) -> Tensor:
    return (out * torch.linspace(-1.0, 1.0, out.numel()).view(out.shape)).sum()


def same(found: Any, expected: Any) -> bool:
    if isinstance(expected, Tensor):
        return isinstance(found, Tensor) and torch.equal(found, expected)
    return bool(found == expected)


def assert_equal(elaboration: Elaboration, inputs: Iterator[dict[str, Any]]) -> None:
    """Both modules give the same for all `inputs`, in both modes."""
    source = built(elaboration)
    filling.fill_module(source)
    weights = {name: weight.clone() for name, weight in source.state_dict().items()}
    for given in inputs:
        for training in (False, True):
            graph = lowered(elaboration, optional(elaboration, given), training)
            graph.load_state_dict(weights)
            source.load_state_dict(weights)
            source.train(training).zero_grad()
            out, state = run(source, given)
            expected, expected_state = run(graph, given)
            assert len(out) == len(expected)
            assert all(map(same, out, expected)), (sorted(given), training)
            assert state.keys() == expected_state.keys()
            differing = [name for name, v in state.items() if not same(v, expected_state[name])]
            assert not differing, (sorted(given), training)


@pytest.mark.parametrize(("spec", "variant"), SMALL_MODELS)
def test_source_equals_fx(spec: str, variant: str | None) -> None:
    elaboration = small(spec, variant)
    assert_equal(elaboration, cases_of(elaboration, spec))
