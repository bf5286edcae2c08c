"""Inputs for a trial: tensors of the inferred types, with values that the model can take."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor

from netwright_runtime.model.compiled import Slot
from netwright_runtime.model.sizes import evaluate

DTYPES = {
    "bool": torch.bool, "uint8": torch.uint8, "int8": torch.int8, "int16": torch.int16,
    "int32": torch.int32, "int": torch.int64, "float16": torch.float16,
    "bfloat16": torch.bfloat16, "float32": torch.float32, "float64": torch.float64,
    "complex64": torch.complex64, "complex128": torch.complex128,
}  # fmt: skip
"""The language's dtypes in torch; `float` is the build's."""


def torch_dtype(name: str, floating: torch.dtype) -> torch.dtype:
    """The torch dtype that `name` stands for where `float` is `floating`."""
    return floating if name == "float" else DTYPES[name]


def drawn(
    slots: Iterable[Slot],
    sizes: Mapping[str, int],
    bounds: Mapping[str, int | str],
    seed: int,
    floating: torch.dtype,
) -> dict[str, Any]:
    """A tensor, or a list of them, for every slot.

    Floats are normal, bools mostly true, integers from 0 up to the slot's bound.
    """
    generator = torch.Generator().manual_seed(seed)
    made: dict[str, Any] = {}
    for slot in slots:
        below = int(evaluate(bounds.get(slot.name, 2), sizes))
        shape = [int(evaluate(size, sizes)) for size in slot.shape]
        dtype = torch_dtype(slot.dtype, floating)
        items = [_tensor(shape, dtype, below, generator) for _ in range(slot.length or 1)]
        made[slot.name] = items[0] if slot.length is None else items
    return made


def _tensor(shape: list[int], dtype: torch.dtype, below: int, generator: torch.Generator) -> Tensor:
    if dtype == torch.bool:
        return torch.rand(shape, generator=generator) < 0.8
    if dtype.is_floating_point or dtype.is_complex:
        # Drawn in double, so that another dtype means other bits of the same numbers.
        return torch.randn(shape, generator=generator, dtype=torch.float64).to(dtype)
    return torch.randint(0, max(below, 1), shape, generator=generator).to(dtype)
