"""Which samples make which batch, by seed, epoch and place: there is no sampler's state to save.

A sample is asked for by `(epoch, place in the split)`, so that a worker needs to know nothing else.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch.utils.data import DataLoader, Sampler

from netwright_runtime.train.data.columns import Sample
from netwright_runtime.train.data.prepare import Data, Samples
from netwright_runtime.train.draws import generator

Key = tuple[int, int]
"""Epoch, and place in the split."""


class Shuffled(Sampler[list[Key]]):
    """The batches of an epoch, in an order of its own, from batch `first` on.

    What is left at the end and fills no batch waits for another epoch's order. Each of `world`
    processes takes its part of every batch, so that together they see what one alone would.
    """

    def __init__(self, size: int, batch: int, seed: int, rank: int = 0, world: int = 1) -> None:
        self._size = size
        self._batch = min(batch, size)
        self._seed = seed
        self._rank, self._world = rank, world
        self.epoch = 0
        self.first = 0

    @property
    def batches(self) -> int:
        """Batches of a whole epoch."""
        return self._size // self._batch

    def __len__(self) -> int:
        return self.batches - self.first

    def __iter__(self) -> Iterator[list[Key]]:
        drawn = generator(self._seed, self.epoch, 0, "order")
        order = torch.randperm(self._size, generator=drawn).tolist()
        share = self._batch // self._world
        for number in range(self.first, self.batches):
            start = number * self._batch + self._rank * share
            yield [(self.epoch, place) for place in order[start : start + share]]


class InOrder(Sampler[list[Key]]):
    """All samples once, in order, in batches that differ in size by one at most.

    Each of `world` processes gets the same number of batches.
    """

    def __init__(self, size: int, batch: int, rank: int = 0, world: int = 1) -> None:
        mine = torch.arange(rank, size, world)
        count = math.ceil(math.ceil(size / world) / max(1, batch // world))
        self._parts = torch.tensor_split(mine, count)

    def __len__(self) -> int:
        return len(self._parts)

    def __iter__(self) -> Iterator[list[Key]]:
        for part in self._parts:
            yield [(0, place) for place in part.tolist()]


def loader(
    data: Data, split: Samples, order: Sampler[list[Key]], workers: int
) -> DataLoader[Sample]:
    """Batches of a split in an order, loaded by worker processes or in this one.

    The workers' own generators are seeded by a generator of the loader's, so that making it leaves
    the global one alone.
    """
    return DataLoader(
        split,
        batch_sampler=order,
        num_workers=workers,
        collate_fn=data.collate,
        persistent_workers=workers > 0,
        generator=torch.Generator(),
    )
