"""One call of a model, as inference and as a step of training."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_leaves

from netwright_runtime.bench.faults import NotMeasured

Call = Callable[[], Any]

RATE = 1e-4
"""The learning rate of a measured step: small, so that weights stay what weights are."""


@dataclass(frozen=True)
class Arguments:
    """What a model is called with."""

    positional: tuple[Any, ...]
    named: Mapping[str, Any]

    @classmethod
    def of(cls, module: nn.Module, inputs: Mapping[str, Any]) -> Arguments:
        """Inputs by name where `module` has these names, else in their order."""
        if inputs.keys() <= inspect.signature(module.forward).parameters.keys():
            return cls((), inputs)
        return cls(tuple(inputs.values()), {})


def inference(model: Callable[..., Any], arguments: Arguments) -> Call:
    """A call without gradients."""

    def call() -> Any:
        with torch.inference_mode():
            return model(*arguments.positional, **arguments.named)

    return call


def training_step(model: Callable[..., Any], weights: nn.Module, arguments: Arguments) -> Call:
    """Forward, backward and a step of AdamW; the loss is the mean square of the outputs.

    Args:
        model: what is called; its weights are those of `weights`.
    """
    optimiser = torch.optim.AdamW(weights.parameters(), lr=RATE)

    def step() -> None:
        given = model(*arguments.positional, **arguments.named)
        torch.autograd.backward(loss(given))
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)

    return step


def loss(given: Any) -> Tensor:
    """The mean square of every output that has a gradient."""
    tensors = [t for t in tree_leaves(given) if isinstance(t, Tensor) and t.requires_grad]
    if not tensors:
        raise NotMeasured("no output has a gradient")
    return torch.stack([tensor.float().square().mean() for tensor in tensors]).sum()
