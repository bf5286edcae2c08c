"""What the tensors of a block are in a graph."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from torch.fx import Node

from netwright.ir.instance import Path
from netwright.ir.values import Outputs, Tensor, TensorList, Value


@dataclass(frozen=True)
class Part:
    """One of several results, taken out where it is first needed."""

    source: Node
    place: tuple[int, ...]


@dataclass
class Scope:
    """One call of a block: where it stands below the graph, and what its tensors are there.

    `device_of` is a tensor, or a list of them (then True), on whose device new ones are made.
    """

    prefix: Path
    values: dict[Tensor | TensorList, Node | Part] = field(default_factory=dict)
    device_of: tuple[Node, bool] | None = None


def leaves(theirs: Value, ours: Value) -> Iterator[tuple[Tensor | TensorList, Value]]:
    """The tensors of a block's own input beside the caller's."""
    if isinstance(theirs, Tensor | TensorList):
        yield theirs, ours
    elif isinstance(theirs, tuple):
        for a, b in zip(theirs, ours, strict=True):
            yield from leaves(a, b)
    elif isinstance(theirs, Outputs):
        for name, value in theirs.items.items():
            yield from leaves(value, ours.items[name])
