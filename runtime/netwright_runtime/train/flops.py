"""What a step of training computes, by the compiler's count of the forward pass."""

from __future__ import annotations

from collections.abc import Mapping

from netwright.artifact import Manifest
from torch import Tensor

from netwright_runtime.model import Compiled, UnknownSize, evaluate

FORWARD_AND_BACKWARD = 3
"""A backward pass takes the gradients of inputs and of weights: twice the forward pass."""


class StepFlops:
    """The operations of forward and backward for a batch of inputs.

    As usual for model FLOPs utilisation, what activation checkpointing computes twice counts once.
    """

    def __init__(self, compiled: Compiled) -> None:
        self._compiled = compiled
        self._formulas: dict[frozenset[str], int | str] = {}

    def __call__(self, inputs: Mapping[str, Tensor]) -> int:
        """Operations for `inputs` by name; 0 where the compiler's count needs what is not known."""
        ports = self._compiled.manifest.inputs
        given = frozenset(port.name for port in ports if port.optional and port.name in inputs)
        if given not in self._compiled.cases:
            return 0
        if given not in self._formulas:
            self._formulas[given] = self._compiled.compiler.flops(given)
        sizes = bound_sizes(self._compiled.manifest, inputs)
        try:
            forward = int(evaluate(self._formulas[given], sizes))
        except UnknownSize:
            return 0
        return FORWARD_AND_BACKWARD * forward


def bound_sizes(manifest: Manifest, inputs: Mapping[str, Tensor]) -> dict[str, int]:
    """The dims that the inputs' shapes bind: those that stand alone on an axis."""
    names = {dim.name for dim in manifest.dims}
    return {
        size: actual
        for port in manifest.inputs
        if port.name in inputs
        for size, actual in zip(port.shape, inputs[port.name].shape, strict=True)
        if isinstance(size, str) and size in names
    }
