"""Weights in fewer bits, activations as they are: by torchao, in the live module.

Activations stay floating, so that nothing has to be calibrated. Values of 4 bits are kept in bytes:
torchao packs them for GPUs and for ARM only.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import torch
from torch import nn

from netwright_runtime.export.noise import quiet

_INT4: torch.dtype = vars(torch)["int4"]
"""torch's stubs lack it."""

GROUP = 32
"""Weights that share a scale where values have 4 bits."""


def weight_only(module: nn.Module, scheme: str) -> nn.Module:
    """A copy of a module with the weights of its linear layers quantised, in plain tensors.

    Raises:
        ModuleNotFoundError: torchao is not installed.
    """
    with quiet():
        from torchao.quantization import Int8WeightOnlyConfig, IntxWeightOnlyConfig, quantize_
        from torchao.quantization.granularity import PerGroup
        from torchao.utils import unwrap_tensor_subclass

    four = scheme == "int4-weights"
    config: Any = (
        IntxWeightOnlyConfig(weight_dtype=_INT4, granularity=PerGroup(GROUP))
        if four
        else Int8WeightOnlyConfig(version=2)
    )

    def fits(layer: nn.Module, name: str) -> bool:
        return isinstance(layer, nn.Linear) and (not four or layer.in_features % GROUP == 0)

    made = deepcopy(module)
    quantize_(made, config, filter_fn=fits)
    unwrap_tensor_subclass(made)
    return made.requires_grad_(False)
