"""Blocks that are computed again in the backward pass are called plainly: there is none.

Before::

    block = self.layers_0_block                              # a graph of its own
    made = checkpoint(block, x, use_reentrant=False)
    out = made[0]

After::

    out = self.layers_0_block.fc(x)                          # its nodes, in place
"""

from __future__ import annotations

import operator
from collections.abc import Iterator
from typing import Any

from torch.fx import GraphModule, Node
from torch.fx.node import Argument, map_arg

from netwright_runtime.optimise.memory import name_of
from netwright_runtime.optimise.rewriting import Change, Pass, path_of
from netwright_runtime.optimise.weights import held_at


def rewrite(graph: GraphModule) -> Iterator[Change]:
    for node in list(graph.graph.nodes):
        if name_of(node) == "checkpoint":
            callee, *args = node.args
            assert isinstance(callee, Node)
            _replace(graph, node, str(callee.target), args)
            yield Change(path_of(node), "computed once, not again in a backward pass")


def _replace(graph: GraphModule, node: Node, target: str, args: list[Argument]) -> None:
    body = held_at(graph, target)
    with graph.graph.inserting_before(node):
        if isinstance(body, GraphModule):
            _take_parts(graph, node, _inlined(graph, node, target, body, args))
        else:
            called = graph.graph.call_module(target, tuple(args))
            called.meta = dict(node.meta)
            node.replace_all_uses_with(called)
    graph.graph.erase_node(node)


def _inlined(
    graph: GraphModule, call: Node, target: str, body: GraphModule, args: list[Argument]
) -> Any:
    """The body's nodes before the call; gives what the body returns."""
    taken = body.graph.find_nodes(op="placeholder")
    values: dict[Node, Any] = dict(zip(taken, args, strict=True))
    for inner in body.graph.nodes:
        if inner.op == "output":
            return map_arg(inner.args[0], values.__getitem__)
        if inner.op != "placeholder":
            values[inner] = made = graph.graph.node_copy(inner, values.__getitem__)
            _move(made, call, target)
    raise AssertionError("a graph ends with its output")


def _move(made: Node, call: Node, target: str) -> None:
    """A node of a body, as one of the graph around it."""
    if made.op in ("get_attr", "call_module"):
        made.target = f"{target}.{made.target}"
    origin = made.meta.get("netwright")
    if origin is not None:
        path = (*call.meta["netwright"].path, *origin.path)
        made.meta["netwright"] = origin._replace(path=path)


def _take_parts(graph: GraphModule, node: Node, results: Any) -> None:
    """Let what the readers take out of a call's results be the results themselves."""
    for user in list(node.users):
        assert user.target is operator.getitem
        user.replace_all_uses_with(results[user.args[1]])
        graph.graph.erase_node(user)


PASS = Pass("inlining", 1, rewrite, "recomputed blocks are called plainly")
