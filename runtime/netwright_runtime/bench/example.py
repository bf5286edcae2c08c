"""The call that is measured: sizes of the dims, and drawn inputs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from typing import Any

import torch
from torch.fx import GraphModule
from torch.utils._pytree import tree_map

from netwright_runtime.bench.faults import NotMeasured
from netwright_runtime.model import Compiled
from netwright_runtime.model.bounds import bounds
from netwright_runtime.model.compiled import slots
from netwright_runtime.model.domains import holds
from netwright_runtime.model.inputs import drawn

_SEED = 0
_LARGEST = 4096


@dataclass(frozen=True)
class Examples:
    """Draws inputs of a plain call, without the optional inputs."""

    compiled: Compiled
    device: torch.device

    @cached_property
    def _graph(self) -> GraphModule:
        with torch.device("meta"):
            return self.compiled.graph()

    def inputs(self, sizes: Mapping[str, int]) -> dict[str, Any]:
        """Inputs by name for these sizes, the same at each call."""
        found = drawn(slots(self._graph), sizes, bounds(self._graph), _SEED, torch.float32)
        return {name: tree_map(self._moved, value) for name, value in found.items()}

    def _moved(self, tensor: torch.Tensor) -> torch.Tensor:
        return tensor.to(self.device)


def sizes_of(compiled: Compiled, given: Mapping[str, int]) -> dict[str, int]:
    """A size for every dim: as given, else the one nearest to what is usual that fits the spec.

    Raises:
        NotMeasured: the sizes given meet the spec's constraints with no others.
    """
    found = compiled.compiler.sizes(given)
    multiples = {dim.name: dim.multiple_of for dim in compiled.manifest.dims}
    for name, usual in list(found.items()):
        if name not in given:
            fits = _fitting(compiled, found, name)
            near = _near(usual, multiples.get(name, 1))
            found[name] = next((size for size in near if fits(size)), usual)
    for constraint in compiled.manifest.constraints:
        if not holds(constraint, {**compiled.manifest.params, **found}):
            said = ", ".join(f"{name}={size}" for name, size in found.items())
            raise NotMeasured(f"sizes {said} do not meet `{constraint}`; give others by `--size`")
    return found


def _near(usual: int, multiple: int) -> Iterator[int]:
    """Multiples by their distance from `usual`, the lower of two first."""
    for step in count(0, multiple):
        if usual - step > 0:
            yield usual - step
        if step:
            yield usual + step
        if step > _LARGEST:
            return


def _fitting(compiled: Compiled, sizes: Mapping[str, int], name: str) -> Callable[[int], bool]:
    """Whether a size of `name` meets the constraints that these sizes decide."""
    names = {**compiled.manifest.params, **sizes}

    def fits(size: int) -> bool:
        return all(holds(c, {**names, name: size}) for c in compiled.manifest.constraints)

    return fits
