"""What depends on weights alone is computed once, and becomes a weight.

Before::

    table = self.cls_token + self.position_enc[:1]
    return table.expand(B, -1, -1)

After::

    table = self.table                       # a buffer
    return table.expand(B, -1, -1)

Only where arithmetic is saved: a view of a weight costs nothing. Not for what is larger than both a
megabyte and the weights that it is made of, and not for what belongs to the caller.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor
from torch.fx import GraphModule, Node
from torch.fx.node import map_arg

from netwright_runtime.optimise.memory import Memory, computes, is_pure, memory_of, name_of
from netwright_runtime.optimise.rewriting import Change, Pass, path_of
from netwright_runtime.optimise.weights import add_buffer, device_of, held_at

_LARGEST = 2**20
"""Bytes that a constant may have, whatever it is made of."""


def rewrite(graph: GraphModule) -> Iterator[Change]:
    device = device_of(graph)
    if device is None or device.type == "meta":
        return
    found = _constant(graph, memory_of(graph))
    for node in list(graph.graph.nodes):
        if node in found and any(user not in found for user in node.users):
            value = _worthwhile(graph, node, found, device)
            if value is not None:
                _replace(graph, node, value)
                yield Change(path_of(node), f"a constant of shape {list(value.shape)}")


def _constant(graph: GraphModule, memory: Memory) -> set[Node]:
    """The nodes whose values depend on weights and the device alone."""
    held = memory.written | memory.given_away
    found: set[Node] = set()
    for node in graph.graph.nodes:
        reads_device = name_of(node) == "getattr" and node.args[1:] == ("device",)
        pure = is_pure(graph, node) and node.op != "call_module"
        if reads_device or (pure and node not in held and found.issuperset(node.all_input_nodes)):
            found.add(node)
    return found


def _worthwhile(
    graph: GraphModule, node: Node, found: set[Node], device: torch.device
) -> Tensor | None:
    """The value of a node, None where nothing is saved by keeping it."""
    cone = _cone(node, found)
    if not any(computes(graph, part) for part in cone):
        return None
    values: dict[Node, Any] = {}
    with torch.no_grad():
        for part in cone:
            values[part] = _value(graph, part, values, device)
    made = values[node]
    weights = (v for p, v in values.items() if p.op == "get_attr")
    allowed = max(_LARGEST, sum(weight.nbytes for weight in weights))
    fits = isinstance(made, Tensor) and made.numel() * made.itemsize <= allowed
    return made.clone(memory_format=torch.contiguous_format) if fits else None


def _cone(node: Node, found: set[Node]) -> list[Node]:
    """The nodes that a constant is computed from, in order; a device that is read comes alone."""
    seen, waiting = {node}, [node]
    while waiting:
        for source in waiting.pop().all_input_nodes:
            if source in found and source not in seen:
                seen.add(source)
                waiting.append(source)
    return [part for part in node.graph.nodes if part in seen]


def _value(graph: GraphModule, node: Node, values: dict[Node, Any], device: torch.device) -> Any:
    if node.op == "get_attr":
        return held_at(graph, str(node.target))
    if name_of(node) == "getattr":
        return device
    args: Any = map_arg(node.args, values.__getitem__)
    kwargs: Any = map_arg(node.kwargs, values.__getitem__)
    if node.op == "call_method":
        return getattr(args[0], str(node.target))(*args[1:], **kwargs)
    assert callable(node.target)
    return node.target(*args, **kwargs)


def _replace(graph: GraphModule, node: Node, value: Tensor) -> None:
    name = add_buffer(graph, path_of(node).replace(".", "_"), value)
    with graph.graph.inserting_before(node):
        constant = graph.graph.get_attr(name)
    constant.meta = dict(node.meta)
    node.replace_all_uses_with(constant)


PASS = Pass("constants", 1, rewrite, "what depends on weights alone is computed once")
