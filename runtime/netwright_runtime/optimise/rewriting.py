"""What a pass is, how passes are applied, and what they tell of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from torch.fx import GraphModule, Node

from netwright_runtime.optimise.memory import computes, name_of
from netwright_runtime.optimise.weights import drop_unread, held_at


@dataclass(frozen=True)
class Change:
    """One thing that a pass did: at which node of the spec (`layers.0.attn.q`), and what."""

    where: str
    what: str


Rewrite = Callable[[GraphModule], Iterable[Change]]
"""Changes the nodes of a graph in place, and gives each change. What nothing reads afterwards may
stay: it is taken away for all passes alike."""


@dataclass(frozen=True)
class Pass:
    """A rewrite of graphs.

    level  1 where it gives the same numbers, 2 where it may round otherwise
    doc    one line: what it does
    """

    name: str
    level: int
    rewrite: Rewrite
    doc: str


@dataclass(frozen=True)
class Size:
    """How large a graph is.

    nodes       of the graph
    kernels     nodes that do arithmetic on tensors, each at least one kernel
    parameters  numbers in weights and buffers, tied ones once
    flops       of a call at usual sizes, where they were counted (`counting`)
    """

    nodes: int
    kernels: int
    parameters: int
    flops: int | None = None


@dataclass(frozen=True)
class Fired:
    """What one pass did."""

    name: str
    changes: tuple[Change, ...]
    before: Size
    after: Size


def apply(graph: GraphModule, passes: Iterable[Pass]) -> Iterator[Fired]:
    """Run passes one after the other, on the graph and on those in it; gives each that fired."""
    before = size(graph)
    for step in passes:
        changes: list[Change] = []
        for part in graphs(graph):
            changes += step.rewrite(part)
        if changes:
            tidy(graph)
            after = size(graph)
            yield Fired(step.name, tuple(changes), before, after)
            before = after


def graphs(graph: GraphModule) -> list[GraphModule]:
    """The graph, and the bodies of loops that it holds as graphs of their own."""
    found = [graph]
    for node in (*graph.graph.find_nodes(op="get_attr"), *graph.graph.find_nodes(op="call_module")):
        held = held_at(graph, str(node.target))
        if isinstance(held, GraphModule):
            found += [part for part in graphs(held) if part not in found]
    return found


def tidy(graph: GraphModule) -> None:
    """Take away what nothing reads, and write each graph's code anew."""
    for part in graphs(graph):
        sweep(part)
    drop_unread(graph)
    for part in graphs(graph):
        part.graph.lint()
        part.recompile()


def sweep(graph: GraphModule) -> list[str]:
    """Erase the nodes that nothing reads; gives where arithmetic was saved.

    What a node does besides, drawing numbers or writing in place, does not count: the emitted
    source leaves it out too. What refuses an input stays.
    """
    saved: list[str] = []
    for node in reversed(graph.graph.nodes):
        if not node.users and node.op.startswith(("call", "get")) and name_of(node) != "absent":
            if computes(graph, node):
                saved.append(path_of(node))
            graph.graph.erase_node(node)
    return saved


def size(graph: GraphModule) -> Size:
    """How large a graph and those in it are."""
    parts = graphs(graph)
    return Size(
        sum(len(part.graph.nodes) for part in parts),
        sum(computes(part, node) for part in parts for node in part.graph.nodes),
        sum(tensor.numel() for tensor in (*graph.parameters(), *graph.buffers())),
    )


def path_of(node: Node) -> str:
    """The spec's node that a graph's node was made for, by its path."""
    origin = node.meta.get("netwright")
    return str(node) if origin is None else ".".join(origin.path)
