"""The language's dtypes in torch's."""

from __future__ import annotations

import torch

from netwright.ir.types import ALIASES


def torch_dtype(name: str, floating: torch.dtype) -> torch.dtype:
    """`name` in torch; `float` is the build's floating dtype, `int` int64."""
    name = ALIASES.get(name, name)
    if name == "float":
        return floating
    found = torch.int64 if name == "int" else getattr(torch, name)
    assert isinstance(found, torch.dtype)
    return found
