"""From a live module back to its spec."""

from __future__ import annotations

import copy

import netwright
import pytest
import torch
from netwright_runtime.model import NotBuilt, compiled_of
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
