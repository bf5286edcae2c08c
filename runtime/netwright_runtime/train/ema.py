"""A moving average of the weights (Polyak and Juditsky, 1992), which often tests better than the
last weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn


class Averages:
    """Averages of a module's parameters, by name; buffers are not averaged.

    Under FSDP each process averages its own shards.
    """

    def __init__(self, module: nn.Module, decay: float) -> None:
        self._decay = decay
        self._parameters = dict(module.named_parameters())
        self.values = {n: p.detach().clone() for n, p in self._parameters.items()}

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Move towards the weights after `step` steps; at first faster, as the first weights are
        no good."""
        decay = min(self._decay, (1 + step) / (10 + step))
        current = [p.detach() for p in self._parameters.values()]
        torch._foreach_lerp_(list(self.values.values()), current, 1 - decay)

    @torch.no_grad()
    def load(self, values: Mapping[str, Tensor]) -> None:
        """Take over averages of the same names."""
        for name, value in self.values.items():
            value.copy_(values[name])

    @contextmanager
    def applied(self) -> Iterator[None]:
        """The module has the averages as its parameters for a while."""
        kept = {name: p.detach().clone() for name, p in self._parameters.items()}
        self._put(self.values)
        try:
            yield
        finally:
            self._put(kept)

    @torch.no_grad()
    def _put(self, values: Mapping[str, Tensor]) -> None:
        for name, parameter in self._parameters.items():
            parameter.copy_(values[name])
