"""Between two linear layers stands something that is not linear.

Proves that a layer counts. Two linear maps in a row are one, with the product of their weights: the
second adds parameters and nothing that the model could not compute before. It is what is left where
an activation was forgotten, and such a model trains, worse. A narrower layer between is meant, as
in low-rank factors: there the pair is less than one layer, and cheaper. We know of no one who tests
for it. It does not apply to a model in which no linear layer feeds another.
"""

from __future__ import annotations

from collections.abc import Iterator

from torch import nn
from torch.fx import GraphModule, Node

from netwright_runtime.verify.property import Finding, Property, Trial
from netwright_runtime.verify.recording import path_of, place_of
from netwright_runtime.verify.subject import Subject

_PASSES = (nn.Identity, nn.Dropout)
"""Modules that leave a linear map one."""


def unfit(subject: Subject) -> str:
    return "" if any(_pairs(subject.graph())) else "no linear layer feeds another"


def check(subject: Subject, trial: Trial) -> Iterator[Finding]:
    graph = subject.graph()
    for way in _pairs(graph):
        first, last = _linear(graph, way[0]), _linear(graph, way[-1])
        if first.out_features < min(first.in_features, last.out_features):
            continue
        at = way[1]
        names = f"`{path_of(way[0])}` and `{path_of(way[-1])}`"
        yield Finding(
            f"{names} are one linear map: nothing between them is not linear",
            path_of(at),
            place_of(at),
            "put an activation between them, or a narrower layer first",
        )
        return


def _pairs(graph: GraphModule) -> Iterator[list[Node]]:
    """The nodes from one linear layer to the next that it alone feeds."""
    for node in graph.graph.nodes:
        if _is(graph, node, nn.Linear):
            way = [node]
            while len(way[-1].users) == 1:
                way.append(next(iter(way[-1].users)))
                if not _is(graph, way[-1], _PASSES):
                    break
            if len(way) > 1 and _is(graph, way[-1], nn.Linear):
                yield way


def _is(graph: GraphModule, node: Node, kinds: type | tuple[type, ...]) -> bool:
    return node.op == "call_module" and isinstance(graph.get_submodule(str(node.target)), kinds)


def _linear(graph: GraphModule, node: Node) -> nn.Linear:
    found = graph.get_submodule(str(node.target))
    assert isinstance(found, nn.Linear)
    return found


PROPERTY = Property("linear_pairs", check, __doc__ or "", unfit, varies=False)
