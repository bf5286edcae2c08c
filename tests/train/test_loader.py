"""Which samples make which batch."""

from __future__ import annotations

from itertools import chain

import pytest
from netwright_runtime.train.loader import InOrder, Key, Shuffled


def keys(order: Shuffled, epoch: int = 0, first: int = 0) -> list[list[Key]]:
    order.epoch, order.first = epoch, first
    found = list(order)
    assert len(found) == len(order)
    return found


def test_an_epoch_has_each_sample_at_most_once() -> None:
    batches = keys(Shuffled(100, 32, seed=0))
    assert [len(batch) for batch in batches] == [32, 32, 32]
    assert len({key for batch in batches for key in batch}) == 96


def test_epochs_and_seeds_have_orders_of_their_own() -> None:
    order = Shuffled(50, 10, seed=0)
    orders = [keys(order), keys(order, epoch=1), keys(Shuffled(50, 10, seed=1))]
    assert len({tuple(place for batch in found for _, place in batch) for found in orders}) == 3


def test_the_rest_of_an_epoch_is_what_was_left() -> None:
    order = Shuffled(64, 8, seed=3)
    assert keys(order, epoch=2, first=5) == keys(order, epoch=2)[5:]


@pytest.mark.parametrize("world", [1, 2, 4])
def test_processes_share_each_batch(world: int) -> None:
    alone = keys(Shuffled(50, 8, seed=0))
    parts = [keys(Shuffled(50, 8, seed=0, rank=rank, world=world)) for rank in range(world)]
    assert [list(chain(*batch)) for batch in zip(*parts, strict=True)] == alone


def test_a_split_smaller_than_a_batch_is_one() -> None:
    assert [len(batch) for batch in keys(Shuffled(5, 8, seed=0))] == [5]


@pytest.mark.parametrize(("size", "batch", "world"), [(10, 4, 1), (9, 4, 2), (7, 8, 2), (64, 8, 4)])
def test_an_evaluation_has_each_sample_once(size: int, batch: int, world: int) -> None:
    parts = [list(InOrder(size, batch, rank, world)) for rank in range(world)]
    assert len({len(part) for part in parts}) == 1  # or sharded processes wait for one another
    places = [place for part in parts for keys in part for _, place in keys]
    assert sorted(places) == list(range(size))
    assert all(0 < len(keys) <= -(-batch // world) for part in parts for keys in part)
