"""From a live module back to its spec."""

from __future__ import annotations

import copy

import netwright
import pytest
import torch
from netwright_runtime.model import NotBuilt, compiled, compiled_of
from torch import nn


def test_a_built_module_knows_its_spec() -> None:
    built = netwright.build("vision/resnet", variant="resnet18", num_classes=7, device="meta")
    found = compiled_of(copy.deepcopy(built))
    assert found.variant == "resnet18"
    assert found.manifest.params["num_classes"] == 7
    with torch.device("meta"):
        assert found.graph().state_dict().keys() == built.state_dict().keys()


def test_other_modules_are_refused() -> None:
    with pytest.raises(NotBuilt, match="`Linear` was not built by"):
        compiled_of(nn.Linear(2, 2))


def test_a_variant_keeps_the_params_that_the_spec_leaves_open() -> None:
    found = compiled("tabular/ft_transformer", params={"n_cont_features": 6, "d_block": 48})
    varied = found.compiler.vary({}, found.smaller)
    assert varied.manifest.params["n_cont_features"] == 6
    assert varied.manifest.params["d_block"] == 24, "the variant's own"
