"""The ways of running a model that level 3 compares."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.fx import GraphModule
from torch.utils import _pytree as pytree

from netwright_runtime.optimise.weights import lent

EAGER = "eager"
"""The model as it is, which every other way is compared with."""


@dataclass(frozen=True)
class Candidate:
    """A way of running a model; `make` may take long, and may fail with RuntimeError."""

    name: str
    make: Callable[[], nn.Module]


def candidates(
    model: nn.Module, exact: GraphModule, folded: GraphModule, mode: str, dynamic: bool
) -> Iterator[Candidate]:
    """What there is to try, the cheap first.

    Args:
        model: in evaluation.
        exact: the graph after the passes of level 1.
        folded: the graph after those of level 2.
        mode: how to compile, as in `torch.compile`.
        dynamic: compile for all sizes at once.
    """
    from netwright_runtime.optimise import regional  # with torch's compiler, which takes a second

    kept = True if dynamic else None
    yield Candidate("exact", lambda: exact)
    yield Candidate("folded", lambda: folded)
    if _has_maps(folded):
        yield Candidate("channels_last", lambda: ChannelsLast(folded))
    if regional.choice(model).regional:
        yield Candidate("regional", lambda: regional.compile(lent(model), mode=mode, dynamic=kept))
    yield Candidate("compiled", partial(_compiled, folded, mode, kept))
    yield Candidate("frozen", lambda: Frozen(folded, mode, kept))


def _compiled(graph: GraphModule, mode: str, dynamic: bool | None) -> nn.Module:
    """The same graph over the same weights, with code of its own for the compiler to replace."""
    made = GraphModule(graph, graph.graph)
    made.compile(mode=mode, dynamic=dynamic)
    return made


class Frozen(nn.Module):
    """A compiled graph whose weights are constants, laid out for the kernels.

    Dynamo asks a setting of the whole process whether weights are frozen, so that it is set
    whenever sizes come in that may need new code, and not for longer.
    """

    def __init__(self, graph: GraphModule, mode: str, dynamic: bool | None) -> None:
        super().__init__()
        self.graph = _compiled(graph, mode, dynamic)
        self._seen: set[tuple[object, ...]] = set()

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        sizes = tuple(_size(value) for value in (*args, *kwargs.values()))
        if sizes in self._seen:
            return self.graph(*args, **kwargs)
        self._seen.add(sizes)
        import torch._inductor.config as inductor

        with inductor.patch(freezing=True):
            return self.graph(*args, **kwargs)


def _size(value: Any) -> object:
    return value.shape if isinstance(value, Tensor) else tuple(map(_size, value or ()))


def _has_maps(graph: GraphModule) -> bool:
    """Whether images are convolved; other layouts there are of no more than four axes."""
    found = any(isinstance(m, nn.Conv2d | nn.ConvTranspose2d) for m in graph.modules())
    return found and all(weight.ndim <= 4 for weight in graph.parameters())


class ChannelsLast(nn.Module):
    """A graph whose images and kernels lie in memory with their channels next to one another."""

    def __init__(self, graph: GraphModule) -> None:
        super().__init__()
        self.graph = lent(graph)
        for weight in self.graph.parameters():
            weight.data = _last(weight.data)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        args, kwargs = pytree.tree_map_only(Tensor, _last, (args, kwargs))
        return self.graph(*args, **kwargs)


def _last(tensor: Tensor) -> Tensor:
    fits = tensor.ndim == 4 and tensor.is_floating_point()
    return tensor.contiguous(memory_format=torch.channels_last) if fits else tensor
