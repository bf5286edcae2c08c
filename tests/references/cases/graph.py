"""Graph networks: torch_geometric."""

from typing import Any

from .case import Case, Inputs, Outputs, call, drawn, listed

EDGES = listed([[0, 1, 2, 3, 4, 0, 2, 5], [1, 0, 3, 2, 0, 4, 0, 2]])
"""Some one way, some both; node 6 stands alone."""
EDGES_WITH_LOOPS = listed([[0, 1, 2, 2, 4, 5, 3], [1, 0, 2, 3, 4, 2, 1]])
"""Nodes 2 and 4 bring loops of their own."""


def convolve(model: Any, inputs: Inputs) -> Outputs:
    """Node features out."""
    return {"": model(**inputs)}


def gcn(*inputs: dict[str, Any], names: bool = False, **params: int) -> Case:
    """A graph convolutional network; parameters left out are the spec's defaults."""
    sizes = {"hidden": 64, "depth": 2} | params
    reference = call(
        "torch_geometric.nn.models.GCN",
        sizes["in_channels"],
        sizes["hidden"],
        sizes["depth"],
        sizes["out_channels"],
        dropout=0.5,
    )
    return Case(params=params, reference=reference, run=convolve, inputs=inputs, names=names)


def gnn(name: str, *inputs: dict[str, Any], names: bool = False, **params: Any) -> Case:
    """Another network of torch_geometric; `params` are all of the spec's sizes."""
    sizes = dict(params)
    order = [sizes.pop(name) for name in ("in_channels", "hidden", "depth", "out_channels")]
    options: dict[str, Any] = {"act": "elu"} if name == "GAT" else {}
    reference = call(f"torch_geometric.nn.models.{name}", *order, **sizes, **options)
    return Case(params=params, reference=reference, run=convolve, inputs=inputs, names=names)


def graph(edges: Any, weights: int = 0) -> dict[str, Any]:
    """Seven nodes of five features; `weights` weighted edges."""
    given = {"edge_weight": drawn("uniform", weights)} if weights else {}
    return {"x": drawn("normal", 7, 5), "edge_index": edges, **given}


SMALL: dict[str, Any] = {"in_channels": 5, "hidden": 8, "out_channels": 3}
CORA: dict[str, Any] = {"in_channels": 1433, "out_channels": 7}

CASES = {
    "graph/gcn": (
        gcn(graph(EDGES), graph(EDGES_WITH_LOOPS), in_channels=5, out_channels=3, names=True),
        gcn(graph(EDGES, 8), in_channels=5, out_channels=3, hidden=8, depth=3),
        gcn(graph(EDGES_WITH_LOOPS, 7), in_channels=5, out_channels=3, hidden=8, depth=3),
        gcn(graph(EDGES), in_channels=5, out_channels=3, depth=1),
        gcn(in_channels=1433, out_channels=7, hidden=16),
    ),
    "graph/graphsage": (
        gnn("GraphSAGE", graph(EDGES), graph(EDGES_WITH_LOOPS), names=True, **SMALL, depth=3),
        gnn("GraphSAGE", graph(EDGES), **SMALL, depth=1),
        gnn("GraphSAGE", **CORA, hidden=64, depth=2),
    ),
    "graph/gin": (
        gnn("GIN", graph(EDGES), graph(EDGES_WITH_LOOPS), names=True, **SMALL, depth=3),
        gnn("GIN", **CORA, hidden=64, depth=2),
    ),
    "graph/gat": (
        gnn("GAT", graph(EDGES), graph(EDGES_WITH_LOOPS), names=True, **SMALL, depth=3, heads=2),
        gnn("GAT", graph(EDGES), **SMALL, depth=1, heads=4),
        gnn("GAT", **CORA, hidden=64, depth=2, heads=8),
    ),
}
