"""Runs of a graph, node by node."""

from __future__ import annotations

from itertools import count

import torch
from netwright_runtime.bench.walks import Watch, weighed
from torch import Tensor, nn
from torch.fx import symbolic_trace

CPU = torch.device("cpu")


class Model(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Embedding(1000, 4)
        self.linear = nn.Linear(4, 2)
        self.act = nn.ReLU(inplace=True)

    def forward(self, tokens: Tensor) -> Tensor:
        found = self.table(tokens)
        flat = found.view(6, 4)
        out = self.act(self.linear(flat))
        return out + out


def test_what_a_node_moves_and_allocates() -> None:
    graph = symbolic_trace(Model()).eval()
    inputs = {"tokens": torch.zeros(2, 3, dtype=torch.int64)}
    nodes, peak = weighed(graph, inputs, CPU)
    found, out = 4 * 2 * 3 * 4, 4 * 6 * 2
    assert {name: held.moved for name, held in nodes.items()} == {
        "tokens": 0,
        "table": 2 * found,  # not the table
        "view": 0,
        "linear": found + 4 * (4 * 2 + 2) + out,
        "act": 2 * out,  # in place
        "add": 2 * out,  # one tensor, read twice, and the result
        "output": 0,
    }
    allocated = {name: held.allocated for name, held in nodes.items() if held.allocated}
    assert allocated == {"table": found, "linear": out, "add": out}
    assert peak == found + out
    assert {n: held.at_peak for n, held in nodes.items() if held.at_peak} == {
        "table": found, "linear": out,
    }  # fmt: skip


def test_the_time_of_a_node_is_between_two_marks() -> None:
    graph = symbolic_trace(Model()).eval()
    ticks = (float(n * n) for n in count())
    found = Watch(graph, CPU, lambda: next(ticks)).timed({"tokens": torch.zeros(2, 3).long()})
    assert list(found.nodes) == [node.name for node in graph.graph.nodes]
    assert list(found.nodes.values()) == [(2 * k + 2) ** 2 - (2 * k + 1) ** 2 for k in range(7)]
    assert found.whole == 15**2
