"""Retrieval over a whole evaluation: every query against every candidate that occurred."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F
from torchmetrics import Metric
from torchmetrics.functional.retrieval import retrieval_normalized_dcg, retrieval_recall
from torchmetrics.utilities import dim_zero_cat


class Pairs(Metric):
    """Gathers pairs of embeddings; the mean over queries of recall or nDCG at `k`.

    A query's or candidate's embedding is that of the first sample that has its id. What belongs to
    a query is what it was paired with anywhere in the evaluation. All similarities are computed,
    one query at a time.

    gains  nDCG rather than recall
    named  whether queries and candidates have ids; those that have none all differ
    """

    first: list[Tensor]
    second: list[Tensor]
    first_id: list[Tensor]
    second_id: list[Tensor]

    def __init__(self, k: int, gains: bool, named: tuple[bool, bool]) -> None:
        super().__init__()
        self._k, self._gains, self._named = k, gains, named
        for state in ("first", "second", "first_id", "second_id"):
            self.add_state(state, [], dist_reduce_fx="cat")

    def update(self, first: Tensor, second: Tensor, *ids: Tensor) -> None:
        """A batch of pairs, each side (B, D), and the ids (B) of the sides that have them."""
        self.first.append(first)
        self.second.append(second)
        given = iter(ids)
        if self._named[0]:
            self.first_id.append(next(given).flatten())
        if self._named[1]:
            self.second_id.append(next(given).flatten())

    def compute(self) -> Tensor:
        first = F.normalize(dim_zero_cat(self.first), dim=1)
        second = F.normalize(dim_zero_cat(self.second), dim=1)
        queries, query = _distinct(self.first_id, len(first))
        candidates, candidate = _distinct(self.second_id, len(second))
        score = retrieval_normalized_dcg if self._gains else retrieval_recall
        found = []
        for number, row in enumerate(queries.tolist()):
            relevant = torch.zeros(len(candidates), dtype=torch.bool)
            relevant[candidate[query == number]] = True
            similar = second[candidates] @ first[row]
            found.append(score(similar, relevant.to(similar.device), top_k=self._k))
        return torch.stack(found).mean()


def _distinct(ids: list[Tensor], count: int) -> tuple[Tensor, Tensor]:
    """The first row of each distinct id, and for each row which of these it is."""
    if not ids:
        return torch.arange(count), torch.arange(count)
    values, which = torch.unique(dim_zero_cat(ids).cpu(), return_inverse=True)
    rows = torch.full((len(values),), count).scatter_reduce(0, which, torch.arange(count), "amin")
    return rows, which
