"""Identity and dropout, which change nothing in evaluation, go.

Before::

    conv = self.conv(x)
    drop = self.drop(conv)                   # nn.Dropout
    path = drop_path(drop, 0.1, False)
    return x + path

After::

    conv = self.conv(x)
    return x + conv

Dropout that a spec asks for in evaluation too (`training=True`) stays.
"""

from __future__ import annotations

from collections.abc import Iterator

from torch import nn
from torch.fx import GraphModule, Node

from netwright_runtime.optimise.memory import name_of
from netwright_runtime.optimise.rewriting import Change, Pass, path_of

_MODULES = (
    nn.Identity, nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d, nn.AlphaDropout,
    nn.FeatureAlphaDropout,
)  # fmt: skip

_TRAINS = {"dropout": True, "alpha_dropout": False}
"""Functions that drop values, and whether they do where the call does not say."""


def rewrite(graph: GraphModule) -> Iterator[Change]:
    for node in list(graph.graph.nodes):
        what = _idle(graph, node)
        if what:
            node.replace_all_uses_with(node.all_input_nodes[0])
            graph.graph.erase_node(node)
            yield Change(path_of(node), f"{what} removed")


def _idle(graph: GraphModule, node: Node) -> str:
    """What a node is that gives its argument unchanged, empty for one that does not."""
    if node.op == "call_module":
        module = graph.get_submodule(str(node.target))
        idle = isinstance(module, _MODULES) and not module.training
        return type(module).__name__ if idle else ""
    name = name_of(node)
    if name == "drop_path":
        return "" if node.args[2] and node.args[1] else name
    acts = name in _TRAINS and node.kwargs.get("training", _TRAINS[name])
    return "" if name not in _TRAINS or acts else name


PASS = Pass("identities", 1, rewrite, "identity and dropout go")
