"""torch's modules for those of an instance."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call

from netwright.backends.fx.dtypes import torch_dtype
from netwright.ir.dims import Dim, known
from netwright.ir.instance import ModuleChild
from netwright.ir.types import DType
from netwright.ir.values import Value
from netwright.ops.entry import Arg, ModuleOp
from netwright.ops.plugin import CLASSES

RESULTS = {
    "LSTM": ((0,), (1, 0), (1, 1)),
    "MultiheadAttention": ((0,), (1,)),
}
"""Where results stand in what a module returns, unless they stand there in a row."""


def build(child: ModuleChild) -> nn.Module:
    """The module, on the current default device and in the current default dtype."""
    op: ModuleOp = child.op
    args = {arg.name: constant(child.args[arg.name]) for arg in op.args if differs(arg, child.args)}
    module: nn.Module = class_of(op)(**args)
    return module.requires_grad_(False) if child.frozen else module


def class_of(op: ModuleOp) -> Callable[..., Any]:
    """The class of an entry of the table: a user's, or one of `torch.nn`."""
    if op.path in CLASSES:
        return CLASSES[op.path]
    found: Callable[..., Any] = getattr(nn, op.path.removeprefix("nn."))
    return found


def differs(arg: Arg, given: Mapping[str, Value]) -> bool:
    """Whether an argument has another value than its default."""
    return given[arg.name] is not arg.default and (
        type(given[arg.name]) is not type(arg.default) or bool(given[arg.name] != arg.default)
    )


def constant(value: Value) -> Any:
    """An argument of a constructor as torch takes it."""
    if isinstance(value, Dim):
        return known(value)
    if isinstance(value, DType):
        return torch_dtype(value.name, torch.get_default_dtype())
    if isinstance(value, tuple):
        return tuple(constant(v) for v in value)
    return value


def places(op: ModuleOp, count: int) -> tuple[tuple[int, ...], ...]:
    """The index path of each of `count` results."""
    if op.name in RESULTS:
        return RESULTS[op.name][:count]
    return ((),) if count == 1 else tuple((k,) for k in range(count))


class Bare(nn.Module):
    """A module without weights of its own: it is given them with every call.

    For modules whose weights lie where no module can: on a level of other nodes (`key: ""`), or
    below a path that belongs to another graph. `template` lies on the meta device.
    """

    def __init__(self, template: nn.Module) -> None:
        super().__init__()
        self._template = [template.to("meta")]  # in a list, so that its weights are not ours

    def forward(self, weights: Mapping[str, Tensor], *args: Any, **kwargs: Any) -> Any:
        return functional_call(self._template[0], dict(weights), args, kwargs)

    def train(self, mode: bool = True) -> Bare:
        self._template[0].train(mode)
        return super().train(mode)


__all__ = ["Bare", "build", "class_of", "constant", "differs", "places"]
