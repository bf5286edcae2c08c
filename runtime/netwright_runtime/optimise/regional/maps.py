"""The layout of images at the borders of blocks.

On a processor, Inductor convolves with channels next to one another, and keeps the layout in which
an image came at the end of a graph. A model as a whole is brought there and back once. Blocks that
receive channels first would be so each time; so a block that convolves receives them last, and
gives them last to the next.
"""

from __future__ import annotations

from collections.abc import Sequence
from inspect import unwrap

import torch
from torch import Tensor, nn


def layouts_are_free(model: nn.Module) -> bool:
    """Whether nothing in a model calls `view`, which fails for another layout."""
    forwards = (unwrap(type(part).forward) for part in model.modules())
    return not any("view" in forward.__code__.co_names for forward in forwards)


def convolves(block: nn.Module) -> bool:
    """Whether a block has a convolution of images."""
    return any(isinstance(part, nn.Conv2d | nn.ConvTranspose2d) for part in block.modules())


def channels_last(given: Sequence[Tensor]) -> list[Tensor]:
    """The same tensors, images among them with their channels last; free where they are so."""
    return [_last(tensor) if tensor.ndim == 4 else tensor for tensor in given]


def _last(tensor: Tensor) -> Tensor:
    if tensor.device.type != "cpu" or not tensor.is_floating_point():
        return tensor
    return tensor.contiguous(memory_format=torch.channels_last)
