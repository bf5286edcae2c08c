"""Inputs for any model, drawn from its declared types."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from netwright.ir.dims import Dim, evaluate, known, symbols
from netwright.ir.instance import Instance
from netwright.ir.types import TensorType
from netwright.ir.values import Tensor, TensorList
from netwright.passes.model import Elaboration

ITEMS = 3
"""Tensors in a list whose length the spec leaves open."""


def sizes_of(instance: Instance, given: Mapping[str, int]) -> dict[str, int]:
    """A small size for every symbol of the inputs, a multiple where `where` asks for one."""
    names: dict[str, int] = {}
    for value in instance.inputs.values():
        if isinstance(value, Tensor | TensorList):
            type_ = value.type if isinstance(value, Tensor) else value.item
            for size in type_.shape:
                if isinstance(size, Dim) and known(size) is None:
                    for symbol in symbols(size):
                        names.setdefault(symbol.name, (4 + len(names)) * symbol.scale)
    return {**names, **given}


def feed(instance: Instance, **given: int) -> dict[str, Any]:
    """A tensor for every input that the instance has; `given` fixes sizes by their names."""
    generator = torch.Generator().manual_seed(0)
    sizes = sizes_of(instance, given)
    made: dict[str, Any] = {}
    for name, value in instance.inputs.items():
        if isinstance(value, Tensor):
            made[name] = _drawn(value.type, sizes, generator)
        elif isinstance(value, TensorList):
            made[name] = [_drawn(value.item, sizes, generator) for _ in range(ITEMS)]
    return made


def feeds(elaboration: Elaboration, **given: int) -> Iterator[dict[str, Any]]:
    """Inputs for every case of a model in evaluation."""
    for case, instance in elaboration.cases.items():
        if not case.training:
            yield feed(instance, **given)


def _drawn(type_: TensorType, sizes: Mapping[str, int], generator: torch.Generator) -> torch.Tensor:
    shape = [evaluate(size, sizes) for size in type_.shape]
    if type_.dtype == "bool":
        return torch.rand(shape, generator=generator) < 0.8
    if type_.dtype == "int":
        return torch.randint(0, 5, shape, generator=generator)
    return torch.randn(shape, generator=generator)
