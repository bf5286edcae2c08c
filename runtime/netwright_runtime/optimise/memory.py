"""What nodes of a graph do besides giving a value: draw numbers, write in place, share memory.

The graphs that the compiler lowers hold functions of torch, modules of `torch.nn`, and what users
added. Of a user's module nothing is known, so that it counts as writing to what it is given.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn
from torch.fx import GraphModule, Node

RANDOM = frozenset({
    "alpha_dropout", "bernoulli", "drop_path", "dropout", "gumbel_softmax", "multinomial", "rand",
    "rand_like", "randint", "randn", "randn_like", "randperm",
})  # fmt: skip
"""Functions that draw numbers."""

VIEWS = frozenset({
    "bool", "broadcast_tensors", "broadcast_to", "chunk", "contiguous", "detach", "diagonal",
    "expand", "flatten", "float", "getitem", "imag", "int", "long", "meshgrid", "movedim",
    "narrow", "permute", "pos", "positive", "real", "reshape", "select", "split", "squeeze",
    "swapaxes", "t", "tensor_split", "to", "transpose", "unbind", "unflatten", "unfold",
    "unsqueeze", "view",
})  # fmt: skip
"""Functions whose result may lie in the memory of an argument."""

_VIEW_MODULES = (
    nn.Identity, nn.Flatten, nn.Unflatten, nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d,
    nn.AlphaDropout, nn.FeatureAlphaDropout,
)  # fmt: skip
"""The same for modules, dropout in evaluation."""

_RANDOM_MODULES = (nn.FractionalMaxPool2d, nn.FractionalMaxPool3d)
"""Modules that draw numbers in evaluation too."""

_ABOUT = frozenset({"size", "getattr"})
"""What reads no value of a tensor."""

_OPAQUE = frozenset({"absent", "checkpoint", "walk"})
"""Functions that refuse, or that call a module which they are given."""


@dataclass(frozen=True)
class Memory:
    """Values of a graph whose memory something else may change.

    written     nodes that share memory with what is written to in place
    given_away  nodes that share memory with an output, which belongs to the caller
    """

    written: frozenset[Node]
    given_away: frozenset[Node]


def name_of(node: Node) -> str:
    """The name of a node's function or method, empty for other nodes."""
    if node.op == "call_method":
        return str(node.target)
    return getattr(node.target, "__name__", "") if node.op == "call_function" else ""


def is_pure(graph: GraphModule, node: Node) -> bool:
    """Whether a node gives the same for the same arguments, and does nothing else."""
    if node.op == "call_module":
        module = graph.get_submodule(str(node.target))
        own = type(module).__module__.startswith("torch.nn.modules.")
        return own and not _in_place(module) and not isinstance(module, _RANDOM_MODULES)
    if node.op in ("call_function", "call_method"):
        name = name_of(node)
        return name not in RANDOM and name not in _OPAQUE and not node.kwargs.get("dropout_p")
    return node.op == "get_attr"


def computes(graph: GraphModule, node: Node) -> bool:
    """Whether a node does arithmetic on tensors, rather than tell where its numbers lie."""
    if node.op == "call_module":
        return not isinstance(graph.get_submodule(str(node.target)), _VIEW_MODULES)
    if node.op not in ("call_function", "call_method"):
        return False
    typed = node.meta.get("netwright")
    if typed is None and not any(_is_tensor(source) for source in node.all_input_nodes):
        return False
    return name_of(node) not in VIEWS | _ABOUT | {"absent"}


def _is_tensor(node: Node) -> bool:
    return "netwright" in node.meta or node.op == "get_attr"


def memory_of(graph: GraphModule) -> Memory:
    """Which values of a graph something else may change."""
    groups = _Groups()
    writers: list[Node] = []
    for node in graph.graph.nodes:
        pure = is_pure(graph, node)
        if node.op not in ("placeholder", "output", "get_attr") and not pure:
            writers += [node] if _writes(graph, node) else []
        if _shares(graph, node, pure):
            for source in node.all_input_nodes:
                groups.join(node, source)
    written = {groups.of(source) for node in writers for source in node.all_input_nodes}
    given = {groups.of(s) for node in graph.graph.nodes if node.op == "output"
             for s in node.all_input_nodes}  # fmt: skip
    nodes = list(graph.graph.nodes)
    return Memory(
        frozenset(node for node in nodes if groups.of(node) in written),
        frozenset(node for node in nodes if groups.of(node) in given),
    )


def _writes(graph: GraphModule, node: Node) -> bool:
    """Whether an impure node may write to its arguments."""
    if node.op == "call_module":
        return not isinstance(graph.get_submodule(str(node.target)), _RANDOM_MODULES)
    return name_of(node) in ("checkpoint", "walk")


def _shares(graph: GraphModule, node: Node, pure: bool) -> bool:
    """Whether a node's value may lie in the memory of an argument."""
    if node.op == "call_module":
        return not pure or isinstance(graph.get_submodule(str(node.target)), _VIEW_MODULES)
    name = name_of(node)
    return name in VIEWS or name in ("dropout", "alpha_dropout", "drop_path") or name in _OPAQUE


def _in_place(module: nn.Module) -> bool:
    return bool(getattr(module, "inplace", False))


class _Groups:
    """Nodes that share memory, directly or by way of others."""

    def __init__(self) -> None:
        self._parent: dict[Node, Node] = {}

    def of(self, node: Node) -> Node:
        """The one that stands for a node's group."""
        while node in self._parent:
            node = self._parent[node]
        return node

    def join(self, a: Node, b: Node) -> None:
        a, b = self.of(a), self.of(b)
        if a is not b:
            self._parent[a] = b
