"""Where a node of a graph comes from: what `node.meta["netwright"]` holds."""

from __future__ import annotations

from typing import NamedTuple

from torch.fx import Node

from netwright.ir.instance import Path
from netwright.ir.types import TensorType
from netwright.source import Span

KEY = "netwright"


class Origin(NamedTuple):
    """The spec's node that a graph's node was made for.

    path  the node below the model, with the loops' indices: `("layers", "0", "attn", "q")`
    span  its place in the spec
    type  what the checker inferred, None where the graph's node is a step on the way to a value
    many  of an input: it is a list, and every item has the type
    """

    path: Path
    span: Span
    type: TensorType | None = None
    many: bool = False


def mark(node: Node, path: Path, span: Span, many: bool = False) -> None:
    """Note where `node` comes from."""
    node.meta[KEY] = Origin(path, span, many=many)


def infer(node: Node, type: TensorType) -> None:
    """Note the type that the checker inferred for what `node` gives."""
    found = node.meta.get(KEY)
    if found is not None and found.type is None:
        node.meta[KEY] = found._replace(type=type)
