"""Measured nodes as the rows of a tree."""

from __future__ import annotations

import pytest
import torch
from netwright_runtime.bench.folding import Measured, NodeRow, Peaks, folded
from netwright_runtime.bench.walks import path_of
from netwright_runtime.model import Cost, compiled
from torch.fx import Node

PEAKS = Peaks(flops=100.0, bandwidth=10.0)


def cost(depth: int, name: str, kind: str, repeats: int = 1, flops: int = 0) -> Cost:
    return Cost(depth, name, kind, "", repeats, 0, flops, 0, 0)


def shown(rows: list[NodeRow]) -> list[tuple[int, str, float]]:
    return [(row.depth, row.name, row.measured.seconds) for row in rows]


def test_equal_repeats_are_one_row_that_adds_up_to_the_rows_around_it() -> None:
    costs = [
        cost(0, "layers.0-1", "Layer", 2, flops=60),
        cost(1, "0", "Linear", flops=20),
        cost(1, "1-2", "Linear", 2, flops=40),
        cost(0, "head", "Linear"),
    ]
    nodes = {f"layers.{i}.{j}": Measured(seconds=10**i * (j + 1)) for i in (0, 1) for j in range(3)}
    rows = folded(costs, {**nodes, "head": Measured(0.5)}, PEAKS)
    assert shown(rows) == [(0, "layers.0-1", 66), (1, "0", 11), (1, "1-2", 55), (0, "head", 0.5)]
    assert rows[2].names == ("layers.0.1", "layers.0.2", "layers.1.1", "layers.1.2")
    assert [row.leaf for row in rows] == [False, True, True, True]


def test_a_node_belongs_to_the_nearest_row_around_it() -> None:
    costs = [
        cost(0, "block", "masked_fill"),  # a node whose name is the beginning of another's path
        cost(0, "block.0", "Layer"),
        cost(1, "walk", "scan"),
        cost(2, "inner", "Linear"),  # runs as a part of the scan
        cost(0, "unused", "parameter"),
    ]
    nodes = {"block": Measured(1), "block.0.walk": Measured(2), "block.0.own": Measured(4)}
    rows = folded(costs, nodes, PEAKS)
    assert shown(rows) == [(0, "block", 1), (0, "block.0", 6), (1, "walk", 2)]


def test_a_block_without_a_key_has_no_row() -> None:
    costs = [cost(0, "", "Bert"), cost(1, "embed", "Embedding"), cost(0, "pooled", "mean")]
    rows = folded(costs, {"embed": Measured(1), "pooled": Measured(2)}, PEAKS)
    assert shown(rows) == [(0, "embed", 1), (0, "pooled", 2)]


def test_a_node_of_several_steps_is_one_row() -> None:
    costs = [cost(0, "at", "arange", flops=1), cost(0, "at", "Embedding", flops=2)]
    (row,) = folded(costs, {"at": Measured(1)}, PEAKS)
    assert (row.kind, row.flops) == ("arange, Embedding", 3)


def test_the_roofline_is_of_each_node_by_itself() -> None:
    costs = [
        cost(0, "block", "Block", flops=500),
        cost(1, "product", "Linear", flops=500),
        cost(1, "sum", "+"),
        cost(1, "view", "view"),
    ]
    nodes = {
        "block.product": Measured(seconds=10, moved=20),
        "block.sum": Measured(seconds=6, moved=30),
        "block.view": Measured(seconds=1),
    }
    rows = folded(costs, nodes, PEAKS)
    assert [(row.ideal, row.bound) for row in rows] == [
        (8.0, ""), (5.0, "compute"), (3.0, "memory"), (0.0, ""),
    ]  # fmt: skip
    assert [row.achieved for row in rows] == [8 / 17, 0.5, 0.5, 0.0]


@pytest.mark.parametrize(
    ("spec", "variant"),
    [
        ("language/tiny_gpt", None),
        ("language/llama", "tiny"),
        ("vision/efficientnet", None),
        ("vision/segformer", None),
        ("recurrent/lstm_classifier", None),
    ],
)
def test_every_node_of_a_spec_is_in_one_row_of_the_model(spec: str, variant: str | None) -> None:
    given = {"vocab_size": 50} if spec.startswith("recurrent") else {}
    model = compiled(spec, variant, params=given)
    with torch.device("meta"):
        graph = model.graph()
    paths = [path_of(node) for node in graph.graph.nodes if _computes(node)]
    nodes = {path: Measured(float(paths.count(path))) for path in paths}
    rows = folded(model.compiler.costs({}), nodes, PEAKS)
    total = sum(row.measured.seconds for row in rows if row.depth == 0)
    assert total == len(paths) > 5
    assert {row.name for row in rows} >= {path.rpartition(".")[2] for path in paths[:3]}


def _computes(node: Node) -> bool:
    return node.op.startswith("call_") and path_of(node) != ""
