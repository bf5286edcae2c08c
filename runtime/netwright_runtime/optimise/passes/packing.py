"""Linear layers of one value become one, whose result is split: q, k and v; gate and up.

Before::

    q = self.q_proj(x)
    k = self.k_proj(x)
    v = self.v_proj(x)

After::

    packed = self.q_proj_k_proj_v_proj(x)
    q, k, v = packed.split([256, 64, 64], dim=-1)

One product of matrices in place of three. The parts are views, so that `view` of them becomes
`reshape`. Layers whose weights something else reads too stay as they are, as a copy would not be
tied any more.
"""

from __future__ import annotations

import operator
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

import torch
from torch import nn
from torch.fx import GraphModule, Node

from netwright_runtime.optimise.memory import VIEWS, memory_of, name_of
from netwright_runtime.optimise.rewriting import Change, Pass, path_of
from netwright_runtime.optimise.weights import add_module, held_at

Layers = list[tuple[Node, nn.Linear]]


def rewrite(graph: GraphModule) -> Iterator[Change]:
    written = memory_of(graph).written
    for source, layers in list(_alike(graph).items()):
        if len(layers) > 1 and source not in written:
            yield _pack(graph, source, layers)


def _alike(graph: GraphModule) -> dict[Node, Layers]:
    """The linear layers by the value that they read; those of one dtype, with weights untied."""
    counts = _readers(graph)
    found: dict[tuple[Node, torch.dtype], Layers] = defaultdict(list)
    for node in graph.graph.find_nodes(op="call_module"):
        layer = graph.get_submodule(str(node.target))
        if type(layer) is nn.Linear and all(counts[p] == 1 for p in layer.parameters()):
            found[node.all_input_nodes[0], layer.weight.dtype].append((node, layer))
    return {source: layers for (source, _), layers in found.items()}


def _readers(graph: GraphModule) -> Counter[torch.Tensor]:
    """How many nodes read each parameter."""
    found: Counter[torch.Tensor] = Counter()
    for node in graph.graph.nodes:
        if node.op in ("call_module", "get_attr"):
            held = held_at(graph, str(node.target))
            found.update([held] if isinstance(held, torch.Tensor) else held.parameters())
    return found


def _pack(graph: GraphModule, source: Node, layers: Layers) -> Change:
    first = layers[0][0]
    names = [str(node.target).rpartition(".")[2] for node, _ in layers]
    owner = str(first.target).rpartition(".")[0]
    path = f"{owner}.{'_'.join(names)}" if owner else "_".join(names)
    target = add_module(graph, path, _joined([layer for _, layer in layers]))
    with graph.graph.inserting_before(first):
        packed = graph.graph.call_module(target, (source,))
        sizes = [layer.out_features for _, layer in layers]
        parts = graph.graph.call_function(torch.split, (packed, sizes), {"dim": -1})
    for place, (node, _) in enumerate(layers):
        with graph.graph.inserting_before(first):
            part = graph.graph.call_function(operator.getitem, (parts, place))
        part.meta = dict(node.meta)
        _reshape_views(node)
        node.replace_all_uses_with(part)
    origin = first.meta.get("netwright")
    if origin is not None:
        packed.meta["netwright"] = parts.meta["netwright"] = origin._replace(type=None)
    return Change(path_of(first), f"one layer with {', '.join(names[1:])}")


def _joined(layers: Sequence[nn.Linear]) -> nn.Linear:
    """One layer that gives the results of all side by side."""
    first, biased = layers[0], any(layer.bias is not None for layer in layers)
    with torch.device("meta"):
        made = nn.Linear(first.in_features, sum(layer.out_features for layer in layers), biased)
    weight = torch.cat([layer.weight for layer in layers])
    made.weight = nn.Parameter(weight, requires_grad=False)
    if biased:
        biases = (
            layer.weight.new_zeros(layer.out_features) if layer.bias is None else layer.bias
            for layer in layers
        )  # fmt: skip
        made.bias = nn.Parameter(torch.cat(list(biases)), requires_grad=False)
    return made.eval()


def _reshape_views(node: Node) -> None:
    """Let `view` be `reshape` wherever it shows the memory of `node`, which has gaps now."""
    waiting = [node]
    while waiting:
        for user in list(waiting.pop().users):
            if user.op == "call_method" and user.target == "view":
                user.target, user.kwargs = (
                    "reshape",
                    {"shape" if name == "size" else name: v for name, v in user.kwargs.items()},
                )
            if name_of(user) in VIEWS:
                waiting.append(user)


PASS = Pass("packing", 2, rewrite, "linear layers of one value become one")
