"""What stands in the place of a block's `forward`."""

from __future__ import annotations

import copy
from collections.abc import Callable
from types import MethodType
from typing import Any

import torch
from torch import nn

from netwright_runtime.optimise.regional.capture import parted_call
from netwright_runtime.optimise.regional.layout import Layout
from netwright_runtime.optimise.regional.maps import channels_last
from netwright_runtime.optimise.regional.region import Call, Region, Variant


class Bound:
    """Calls the code of a block's kind with the block's weights.

    Whatever the code was not compiled for is compiled, given to Dynamo, or done as written: it
    never runs on the strength of an old assumption.
    """

    def __init__(self, block: nn.Module, region: Region) -> None:
        self.block = block
        self.region = region
        self._layout: Layout | None = None
        self._last: Variant | None = None
        self._by_dynamo: Callable[..., Any] | None = None

    def __call__(self, *args: Any, **named: Any) -> Any:
        if self._layout is None:
            self._layout = Layout.of(self.block)
        if not self._layout.intact() or _observed():
            return self._written(*args, **named)
        given, form = parted_call(args, named)
        if self.region.channels_last:
            given = channels_last(given)
        tensors = [*self._layout.weights(), *given]
        call = Call(form, self._layout.configuration(), tensors, len(given))
        variant = self.region.find(call) or self._another(call)
        if variant is None:
            return self._dynamo()(*args, **named)
        self._last = variant
        return variant.returned.filled(variant.code(*tensors))

    @property
    def by_dynamo(self) -> bool:
        """Whether Dynamo was needed for this block."""
        return self._by_dynamo is not None

    def _another(self, call: Call) -> Variant | None:
        assert self._layout is not None
        if not self.region.takes(call, self._last):
            return None
        return self.region.compile(self.block, self._layout.names, call)

    def _written(self, *args: Any, **named: Any) -> Any:
        return type(self.block).forward(self.block, *args, **named)

    def _dynamo(self) -> Callable[..., Any]:
        """The block by Dynamo's own way, which shares code between blocks of a class too."""
        if self._by_dynamo is None:
            forward = MethodType(type(self.block).forward, self.block)
            dynamic = None if self.region.dynamic is False else True
            self._by_dynamo = torch.compile(forward, mode=self.region.mode, dynamic=dynamic)
        return self._by_dynamo

    def __repr__(self) -> str:
        return f"<compiled, kind {id(self.region):x}>"

    def __deepcopy__(self, memo: dict[int, Any]) -> Bound:
        return Bound(copy.deepcopy(self.block, memo), self.region)


def _observed() -> bool:
    """Whether someone traces, counts or transforms what is done: they are to see the block."""
    return (
        torch.compiler.is_compiling()
        or torch._C._len_torch_dispatch_stack() > 0
        or torch._C._len_torch_function_stack() > 0
        or torch._C._functorch.peek_interpreter_stack() is not None
    )
