"""The inputs that candidates are measured with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch.fx import GraphModule, Node

from netwright_runtime.model import Compiled
from netwright_runtime.model.bounds import bounds
from netwright_runtime.model.compiled import slots
from netwright_runtime.model.domains import smallest
from netwright_runtime.model.inputs import drawn
from netwright_runtime.optimise.weights import device_of, dtype_of


def drawn_inputs(
    found: Compiled, graph: GraphModule, given: Mapping[str, int], seed: int = 0
) -> dict[str, Any]:
    """Inputs of the sizes that are given, of usual ones for the others."""
    sizes = {**smallest(found.manifest), **found.compiler.sizes({}), **given}
    made = drawn(slots(graph), sizes, bounds(graph), seed, dtype_of(graph))
    device = device_of(graph) or torch.device("cpu")
    return {
        name: [item.to(device) for item in value] if isinstance(value, list) else value.to(device)
        for name, value in made.items()
    }


def dynamic_inputs(graph: GraphModule, called: Mapping[str, Any]) -> dict[str, Any]:
    """The same inputs, whose open dims a compiler is told to keep open."""
    types = {node.target: node for node in graph.graph.find_nodes(op="placeholder")}
    return {name: _open(types[name], value) for name, value in called.items()}


def _open(node: Node, value: Any) -> Any:
    if isinstance(value, list):
        return [_open(node, item) for item in value]
    marked = value.detach().clone()
    origin = node.meta.get("netwright")
    for axis, size in enumerate(origin.type.shape if origin else ()):
        if not isinstance(size, int):
            torch._dynamo.maybe_mark_dynamic(marked, axis)
    return marked
