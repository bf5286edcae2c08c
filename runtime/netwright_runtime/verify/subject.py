"""A compiled model with what the properties share: modules, graphs, inputs, and the batch."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import torch
from netwright.artifact import Manifest
from torch import Tensor, nn
from torch.fx import GraphModule

from netwright_runtime.model import Compiled, Slot
from netwright_runtime.model import inputs as drawing
from netwright_runtime.model.batch import batch_dim
from netwright_runtime.model.bounds import bounds
from netwright_runtime.model.compiled import slots
from netwright_runtime.model.sizes import names_in
from netwright_runtime.verify.property import Trial

Weights = dict[str, Tensor]


class Subject:
    """What is verified.

    Everything that is costly is made once and kept. Modules and graphs are lent: they come with
    known weights, mode and no gradients, whatever the property before did to them.
    """

    def __init__(
        self, compiled: Compiled, stands_in: str = "", asked: Compiled | None = None
    ) -> None:
        """`stands_in` says of a smaller model that it stands for the one that was asked for."""
        self.compiled = compiled
        self.asked = asked or compiled
        self.stands_in = stands_in
        self._modules: dict[torch.dtype, nn.Module] = {}
        self._graphs: dict[tuple[frozenset[str], bool, torch.dtype], GraphModule] = {}

    @property
    def manifest(self) -> Manifest:
        return self.compiled.manifest

    @property
    def declared(self) -> Mapping[str, Any]:
        """What the spec says under `properties`."""
        return self.manifest.properties

    # Modules ----------------------------------------------------------------------------

    def module(
        self,
        *,
        training: bool = False,
        initial: bool = False,
        dtype: torch.dtype = torch.float32,
    ) -> nn.Module:
        """The model of the emitted source.

        Args:
            initial: with the weights that it begins with, instead of lively ones.
        """
        if dtype not in self._modules:
            with torch.random.fork_rng(devices=[]):
                self._modules[dtype] = self.compiled.build(dtype=dtype)
        return self._lent(self._modules[dtype], training, initial)

    def graph(
        self,
        given: frozenset[str] = frozenset(),
        *,
        training: bool = False,
        initial: bool = False,
        dtype: torch.dtype = torch.float32,
    ) -> GraphModule:
        """The model as the other back end lowers it, with the weights of `module`."""
        module = self._lent(self._graph(given, training, dtype), training, initial)
        assert isinstance(module, GraphModule)
        return module

    def _graph(
        self,
        given: frozenset[str],
        training: bool = False,
        dtype: torch.dtype = torch.float32,
    ) -> GraphModule:
        key = (given, training, dtype)
        if key not in self._graphs:
            self._graphs[key] = self.compiled.graph(given, training, dtype)
        return self._graphs[key]

    def _lent(self, module: nn.Module, training: bool, initial: bool) -> nn.Module:
        module.load_state_dict(self.initial if initial else self.lively, strict=False)
        module.zero_grad(set_to_none=True)
        return module.train(training)

    @cached_property
    def initial(self) -> Weights:
        """The weights that the model begins with, from a fixed seed."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            built = self.compiled.build()
        return {name: tensor.detach().clone() for name, tensor in built.state_dict().items()}

    @cached_property
    def lively(self) -> Weights:
        """The initial weights without their special values.

        A weight that begins as all zeros or ones hides what stands behind it: a branch scaled by
        zero, a norm whose shift is never used. Such weights get noise, and running statistics those
        of some data.
        """
        generator = torch.Generator().manual_seed(1)
        buffers = {weight.name for weight in self.manifest.weights if weight.buffer}
        return {
            name: _enlivened(name, tensor, name in buffers, generator)
            for name, tensor in self.initial.items()
        }

    @cached_property
    def meta(self) -> nn.Module:
        """The model on the meta device, in evaluation: shapes without numbers."""
        return self.compiled.build(device="meta").eval()

    # Trials -----------------------------------------------------------------------------

    def slots(self, given: frozenset[str] = frozenset()) -> tuple[Slot, ...]:
        """The inputs of a call that gives these optional inputs."""
        return tuple(slots(self._graph(given)))

    def dims(self, given: frozenset[str]) -> frozenset[str]:
        """The symbolic dims that these inputs bind."""
        texts = [size for slot in self.slots(given) for size in slot.shape if isinstance(size, str)]
        return frozenset(name for text in texts for name in names_in(text))

    def inputs(self, trial: Trial, dtype: torch.dtype = torch.float32) -> dict[str, Any]:
        """The inputs of a trial, anew at each call."""
        graph = self._graph(trial.given)
        return drawing.drawn(slots(graph), trial.size, bounds(graph), trial.seed, dtype)

    # The batch --------------------------------------------------------------------------

    @cached_property
    def batch(self) -> str | None:
        """The dim of independent samples."""
        return batch_dim(self.manifest)

    @property
    def names(self) -> tuple[str, ...]:
        """The symbolic dims."""
        return tuple(dim.name for dim in self.manifest.dims)

    @property
    def two_samples(self) -> dict[str, int]:
        """The least sizes for which there are two samples."""
        return {} if self.batch is None else {self.batch: 2}

    @property
    def telling(self) -> dict[str, int]:
        """Sizes at which nothing is hidden: attention over one position has no gradient."""
        return dict.fromkeys(self.names, 3)


def _enlivened(name: str, tensor: Tensor, buffer: bool, generator: torch.Generator) -> Tensor:
    noise = torch.randn(tensor.shape, generator=generator, dtype=torch.float32).to(tensor.dtype)
    if buffer:
        if name.endswith("running_mean"):
            return 0.1 * noise
        return 0.5 + noise.square() if name.endswith("running_var") else tensor
    if not tensor.is_floating_point() or tensor.numel() == 0:
        return tensor
    constant = bool((tensor == tensor.flatten()[0]).all())
    return tensor + 0.2 * noise if constant else tensor
