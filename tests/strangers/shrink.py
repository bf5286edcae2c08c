"""A failing spec made small: parts are left out while the same thing still fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from tests.strangers.grammar import Drawn
from tests.strangers.syntax import Block, Expression, Graph, Inline, Module, Node, Spec, pruned

ROUNDS = 400
"""Attempts; each runs the whole comparison."""


def shrunk(drawn: Drawn, fails: Callable[[Drawn], bool]) -> Drawn:
    """The smallest spec found for which `fails` still holds."""
    left = ROUNDS
    while left > 0:
        for spec in smaller(drawn.spec):
            left -= 1
            candidate = replace(drawn, spec=pruned(spec))
            if fails(candidate):
                drawn = candidate
                break
            if left <= 0:
                return drawn
        else:
            return drawn
    return drawn


def smaller(spec: Spec) -> Iterator[Spec]:
    """Specs with one part less, large parts first."""
    for block in _smaller_block(spec.model):
        yield replace(spec, model=block)
    for k, own in enumerate(spec.blocks):
        for block in _smaller_block(own):
            yield replace(spec, blocks=(*spec.blocks[:k], block, *spec.blocks[k + 1 :]))
    for beside in ("variants", "init", "tie", "methods", "library"):
        if getattr(spec, beside):
            yield replace(spec, **{beside: type(getattr(spec, beside))()})


def _smaller_block(block: Block) -> Iterator[Block]:
    for graph in _smaller_graph(block.graph):
        yield replace(block, graph=graph)
    for name in block.inputs:
        if len(block.inputs) > 1 and name != "x":
            yield replace(block, inputs={n: i for n, i in block.inputs.items() if n != name})
    for name in block.params:
        yield replace(block, params={n: p for n, p in block.params.items() if n != name})
    if block.where:
        yield replace(block, where=())


def _smaller_graph(graph: Graph) -> Iterator[Graph]:
    for name in graph.outputs:
        if len(graph.outputs) > 1:
            yield replace(graph, outputs={n: t for n, t in graph.outputs.items() if n != name})
    for k in reversed(range(len(graph.nodes))):
        rest = (graph.nodes[:k], graph.nodes[k + 1 :])
        if len(graph.nodes) > 1:
            yield replace(graph, nodes=(*rest[0], *rest[1]))
    for k in reversed(range(len(graph.nodes))):
        rest = (graph.nodes[:k], graph.nodes[k + 1 :])
        for node in _smaller_node(graph.nodes[k]):
            yield replace(graph, nodes=(*rest[0], node, *rest[1]))


def _smaller_node(node: Node) -> Iterator[Node]:
    match node:
        case Module():
            for text in node.inputs or ():
                yield Expression(node.name, text)
            for name in node.args:
                yield replace(node, args={n: t for n, t in node.args.items() if n != name})
            for name in node.control:
                yield replace(node, control={n: t for n, t in node.control.items() if n != name})
        case Inline():
            for text in node.given.values():
                yield Expression(node.name, text)
            for name in node.control:
                yield replace(node, control={n: t for n, t in node.control.items() if n != name})
            for graph in _smaller_graph(node.graph):
                yield replace(node, graph=graph)
        case Expression() if "," not in node.name and not node.text.isidentifier():
            yield Expression(node.name, "x")
            yield Expression(node.name, "x * 2")
