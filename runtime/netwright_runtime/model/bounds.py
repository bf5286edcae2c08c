"""How large the integers of an input may be: what they index says so."""

from __future__ import annotations

import operator
from collections.abc import Iterator
from typing import Any

import torch
from torch import nn
from torch.fx import GraphModule, Node
from torch.nn import functional as F

from netwright_runtime.model.compiled import Compiled, size_text

_KEEPS = frozenset({
    "reshape", "view", "flatten", "unsqueeze", "squeeze", "transpose", "permute", "to", "int",
    "long", "expand", "contiguous", "unbind", "chunk", "split", "t", "repeat", "repeat_interleave",
    "roll", "flip", "clone", "cat", "stack", "getitem", "unflatten", "narrow", "select",
})  # fmt: skip
"""Functions and methods whose results hold values of their first argument, and no others."""

_PARTS = frozenset({"unbind", "chunk", "split", "getitem", "narrow", "select"})
"""Those whose results hold some of the values."""

_INDEXED = {
    "gather": (0, 1, 2), "index_select": (0, 1, 2), "index_add": (0, 1, 2), "scatter": (0, 1, 2),
    "scatter_reduce": (0, 1, 2), "index_copy": (0, 1, 2), "scatter_add": (0, 1, 2),
}  # fmt: skip
"""Functions that index: where they take what is indexed, the dim, and the indices."""


def bounds(graph: GraphModule, follows: frozenset[str] = _KEEPS) -> dict[str, int | str]:
    """For each integer input that indexes something, what its values stay below.

    The bound is a number or an expression over the dims. An input that indexes nothing has none.
    Where parts of an input index tables of several sizes, the smallest bounds them all.

    Args:
        follows: the functions behind which an input's values are still looked for.
    """
    found: dict[str, int | str] = {}
    for node in graph.graph.find_nodes(op="placeholder"):
        limits = list(_limits(graph, node, follows))
        numbers = [limit for limit in limits if isinstance(limit, int)]
        texts = [limit for limit in limits if isinstance(limit, str)]
        if texts:
            found[str(node.target)] = f"min({', '.join([*texts, *map(str, numbers)])})"
        elif numbers:
            found[str(node.target)] = min(numbers)
    return found


def bounds_of(compiled: Compiled, given: frozenset[str] = frozenset()) -> dict[str, int | str]:
    """What all values of an input have to stay below: of inputs that index as a whole.

    No weight of the model is made.

    Args:
        given: the optional inputs that the model gets.
    """
    with torch.device("meta"):
        graph = compiled.graph(given if given in compiled.cases else frozenset())
    return bounds(graph, _KEEPS - _PARTS)


def _limits(graph: GraphModule, source: Node, follows: frozenset[str]) -> Iterator[int | str]:
    """The bound that each use of `source`'s values sets."""
    seen, waiting = {source}, [source]
    while waiting:
        node = waiting.pop()
        for user in node.users:
            limit = _limit(graph, user, node)
            if limit is not None:
                yield limit
            elif _name(user) in follows and user not in seen:
                seen.add(user)
                waiting.append(user)


def _name(node: Node) -> str:
    target = node.target
    return target if isinstance(target, str) else getattr(target, "__name__", "")


def _limit(graph: GraphModule, user: Node, index: Node) -> int | str | None:
    """What `user` allows of `index`, None where it does not index with it."""
    if user.op == "call_module":
        module = graph.get_submodule(str(user.target))
        if isinstance(module, nn.Embedding | nn.EmbeddingBag) and user.args[0] is index:
            return int(module.num_embeddings)
        return None
    if user.target in (F.embedding, torch.embedding):
        return _size(graph, user.args[1], 0)
    if user.target is operator.getitem:
        return _subscript(graph, user, index)
    if _name(user) == "one_hot":
        classes = user.kwargs.get("num_classes", user.args[1] if len(user.args) > 1 else -1)
        return classes if isinstance(classes, int) and classes > 0 else None
    return _named(graph, user, index)


def _named(graph: GraphModule, user: Node, index: Node) -> int | str | None:
    places = _INDEXED.get(_name(user))
    if places is None:
        return None
    names = ("input", "dim", "index")
    given = [_argument(user, place, name) for place, name in zip(places, names, strict=True)]
    if given[2] is not index or not isinstance(given[1], int):
        return None
    return _size(graph, given[0], given[1])


def _argument(node: Node, place: int, name: str) -> Any:
    return node.args[place] if place < len(node.args) else node.kwargs.get(name)


def _subscript(graph: GraphModule, user: Node, index: Node) -> int | str | None:
    """`table[index]`, where `index` stands among plain slices."""
    items = user.args[1] if isinstance(user.args[1], tuple) else (user.args[1],)
    if index not in items:
        return None
    axis = 0
    for item in items:
        if item is index:
            return _size(graph, user.args[0], axis)
        axis += item is not None
    return None


def _size(graph: GraphModule, node: Any, axis: int) -> int | str | None:
    """The size of a value along an axis, from its inferred type or from the weight itself."""
    if not isinstance(node, Node):
        return None
    if node.op == "get_attr":
        owner, _, name = str(node.target).rpartition(".")
        return int(getattr(graph.get_submodule(owner), name).shape[axis])
    origin = node.meta.get("netwright")
    if origin is None or origin.type is None:
        return None
    return size_text(origin.type.shape[axis])
