"""A graph whose nodes are classified: a sample is the whole graph."""

from __future__ import annotations

from pathlib import Path

import torch
from netwright.recipe.loss import IGNORED
from netwright.recipe.sources import Karate
from torch import Tensor

from netwright_runtime.data.errors import library
from netwright_runtime.train.data.columns import Column
from netwright_runtime.train.data.holding import Described, Held
from netwright_runtime.train.draws import generator

CLUBS = ("Mr. Hi", "Officer")


def karate(arguments: Karate, root: Path) -> Held:
    """W. W. Zachary 1977, "An information flow model for conflict and fission in small groups".

    Each split has one sample, the graph with the labels of that split's members and -100 for all
    others. `x`: float (N, N), the identity; `edge_index`: int (2, E); `label`: int (N).
    """
    graph = library("networkx", "networkx").karate_club_graph()
    members = graph.number_of_nodes()
    ties = torch.tensor(list(graph.edges), dtype=torch.int64).T
    edges = torch.cat([ties, ties.flip(0)], dim=1)
    clubs = torch.tensor([CLUBS.index(graph.nodes[node]["club"]) for node in range(members)])
    labels = _labels(clubs, arguments)
    about = Described(
        {
            "x": Column("float", (members, members), "one row for each member"),
            "edge_index": Column("int", tuple(edges.shape), "ties, both ways", below=members),
            "label": Column("int", (members,), "the club", classes=CLUBS, below=len(CLUBS)),
        },
        ("label",),
        "classification",
        {"train": range(1), "validation": range(1, 2), "test": range(2, 3)},
        batched=True,
    )
    held = {
        "x": torch.eye(members).expand(3, -1, -1),
        "edge_index": edges.expand(3, -1, -1),
        "label": labels,
    }
    return Held(about, held)


def _labels(clubs: Tensor, arguments: Karate) -> Tensor:
    """The known labels of each split, `int (3, N)`."""
    labels = torch.full((3, len(clubs)), IGNORED)
    for club in range(len(CLUBS)):
        members = (clubs == club).nonzero().flatten()
        random = generator(arguments.seed, 0, club, "karate")
        members = members[torch.randperm(len(members), generator=random)]
        middle = (arguments.labelled + len(members)) // 2
        ends = (0, arguments.labelled, middle, len(members))
        for part in range(3):
            labels[part, members[ends[part] : ends[part + 1]]] = club
    return labels
