"""What a module on the meta device lacks beside its weights, made as the spec says."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from netwright_runtime.model.compiled import default_dtype

_EMPTY = frozenset({torch.empty, torch.rand, torch.randn})
"""What modules begin their parameters with; buffers are computed from other functions."""


class _WithoutParameters(TorchFunctionMode):
    """Makes parameters on the meta device, while what computes buffers runs as it is written."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Iterable[type],
        args: Sequence[Any] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        given = kwargs or {}
        if func in _EMPTY and given.get("device") is None:
            given = {**given, "device": "meta"}
        return func(*args, **given)


def computed_buffers(module: nn.Module) -> Iterator[tuple[nn.Module, str, Tensor]]:
    """The buffers of a module that no file holds and that have no values yet, with these.

    Each with the submodule that owns it and its name there.
    """
    wanted = [
        (path, name)
        for path, owner in module.named_modules()
        for name in owner._non_persistent_buffers_set
        if (held := owner._buffers[name]) is not None and held.is_meta
    ]
    if not wanted:
        return
    with _WithoutParameters():
        twin = _built(module)
    for path, name in wanted:
        made = twin.get_submodule(path).get_buffer(name)
        yield module.get_submodule(path), name, made


def fresh(module: nn.Module, names: Sequence[str]) -> dict[str, Tensor]:
    """The weights of these names as a new model begins, which is built for them."""
    if not names:
        return {}
    held = _built(module).state_dict()
    return {name: held[name] for name in names}


def _built(module: nn.Module) -> nn.Module:
    """A module of the same class, which takes no arguments, on the CPU."""
    floats = (p.dtype for p in module.parameters() if p.is_floating_point())
    with default_dtype(next(floats, torch.get_default_dtype())):
        return type(module)()
