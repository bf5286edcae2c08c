"""What is computed twice from the same values is computed once.

Before::

    causal = arange(T)[:, None]
    angles = arange(T)[:, None]

After::

    causal = arange(T)[:, None]
    angles = causal

Random functions, user's modules, what is written to in place, and two results that both belong to
the caller stay apart.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Any

from torch.fx import GraphModule, Node

from netwright_runtime.optimise.memory import computes, is_pure, memory_of
from netwright_runtime.optimise.rewriting import Change, Pass, path_of


def rewrite(graph: GraphModule) -> Iterator[Change]:
    memory = memory_of(graph)
    first: dict[Hashable, Node] = {}
    for node in list(graph.graph.nodes):
        key = _key(node) if is_pure(graph, node) else None
        if key is None or not memory.written.isdisjoint({node, *node.all_input_nodes}):
            continue
        found = first.setdefault(key, node)
        if found is node or {found, node} <= memory.given_away:
            continue
        node.replace_all_uses_with(found)
        graph.graph.erase_node(node)
        if computes(graph, node):
            yield Change(path_of(node), f"taken from {path_of(found)}")


def _key(node: Node) -> Hashable:
    """What tells a node's value, None where an argument cannot be compared."""
    try:
        key = (node.op, node.target, _frozen(node.args), _frozen(node.kwargs))
        hash(key)
    except TypeError:
        return None
    return key


def _frozen(value: Any) -> Hashable:
    """An argument as a key: `1`, `1.0` and `True` are three, as are `0.0` and `-0.0`."""
    if isinstance(value, list | tuple):
        return (type(value), *map(_frozen, value))
    if isinstance(value, dict):
        return tuple((name, _frozen(item)) for name, item in sorted(value.items()))
    if isinstance(value, slice):
        return (slice, _frozen(value.start), _frozen(value.stop), _frozen(value.step))
    return (type(value), repr(value)) if isinstance(value, float) else (type(value), value)


PASS = Pass("common", 1, rewrite, "what is computed twice is computed once")
