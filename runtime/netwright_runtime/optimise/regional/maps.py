"""The layout of images at the borders of blocks.

On a processor, Inductor convolves with channels next to one another, and keeps the layout in which
an image came at the end of a graph. A model as a whole is brought there and back once. Blocks that
receive channels first would be so each time; so a block that convolves receives them last, and
gives them last to the next.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from inspect import isfunction, unwrap
from types import CodeType

import torch
from torch import Tensor, nn


def layouts_are_free(model: nn.Module) -> bool:
    """Whether no method of a model calls `view`, which fails for another layout."""
    classes = {type(part) for part in model.modules()}
    return not any("view" in code.co_names for cls in classes for code in _methods(cls))


def _methods(cls: type[nn.Module]) -> Iterator[CodeType]:
    """The code of a class and of those that it builds on, up to `nn.Module`."""
    for base in cls.__mro__[: cls.__mro__.index(nn.Module)]:
        for held in vars(base).values():
            function = unwrap(held) if callable(held) else None
            if isfunction(function):
                yield from _nested(function.__code__)


def _nested(code: CodeType) -> Iterator[CodeType]:
    """A function's code, and that of the comprehensions and functions inside."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _nested(constant)


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
