"""Functions that read and write by index."""

from __future__ import annotations

from collections.abc import Mapping

from tests.strangers.functions.kinds import Arguments, Propose
from tests.strangers.hand import Hand, Raw, Value


def pointed(hand: Hand) -> tuple[Value, int, Value]:
    """A value, an axis, and indices of its own rank into that axis."""
    x = hand.real(1, 4)
    axis = hand.whole(0, x.rank - 1)
    return x, axis, hand.indices(min(x.dim(axis)), x.dims)


def gather(hand: Hand) -> Arguments:
    found = pointed(hand)
    return {"input": found[0], "dim": found[1], "index": found[2]}


def take_along_dim(hand: Hand) -> Arguments:
    found = pointed(hand)
    return {"input": found[0], "indices": found[2], "dim": found[1]}


def scattered(hand: Hand) -> Arguments:
    found = pointed(hand)
    return {**(gather_of(found)), "src": hand.like(found[0])}


def gather_of(found: tuple[Value, int, Value]) -> Arguments:
    return {"input": found[0], "dim": found[1], "index": found[2]}


def scatter_reduce(hand: Hand) -> Arguments:
    found = scattered(hand)
    return {**found, "reduce": hand.one(["sum", "prod", "mean", "amax", "amin"])}


def index_select(hand: Hand) -> Arguments:
    x = hand.real(1, 4)
    axis = hand.whole(0, x.rank - 1)
    return {
        "input": x,
        "dim": axis,
        "index": hand.indices(min(x.dim(axis)), [(2,) * hand.world.draws]),
    }


def index_fill(hand: Hand) -> Arguments:
    found = index_select(hand)
    return {**found, "value": hand.one([2, 0.5])}


def index_add(hand: Hand) -> Arguments:
    x = hand.real(1, 4)
    axis = hand.whole(0, x.rank - 1)
    index = hand.indices(min(x.dim(axis)), [x.dim(axis)])
    return {"input": x, "dim": axis, "index": index, "source": hand.like(x)}


def take(hand: Hand) -> Arguments:
    x = hand.real(1)
    index = hand.indices(2, x.dims[:1])
    return {"input": x, "index": index}


def roll(hand: Hand) -> Arguments:
    x = hand.real(1)
    return {"input": x, "shifts": hand.whole(-2, 2), "dims": hand.whole(-x.rank, x.rank - 1)}


def flip(hand: Hand) -> Arguments:
    x = hand.real(1)
    return {"input": x, "dims": hand.rng.sample(range(x.rank), hand.whole(1, x.rank))}


def rot90(hand: Hand) -> Arguments:
    x = hand.real(2)
    return {"input": x, "k": hand.whole(1, 3), "dims": hand.rng.sample(range(x.rank), 2)}


def windows(hand: Hand) -> Arguments:
    x = hand.real(1, 4)
    axis = hand.whole(-x.rank, x.rank - 1)
    return {"input": x, "dimension": axis, "size": hand.whole(1, 3), "step": hand.whole(1, 2)}


def bucketize(hand: Hand) -> Arguments:
    x = hand.real()
    return {"input": x, "boundaries": Raw("arange(4).float()")}


def searchsorted(hand: Hand) -> Arguments:
    x = hand.real(1)
    return {"sorted_sequence": Raw(f"sort({x.text})[0]"), "input": hand.like(x)}


def multinomial(hand: Hand) -> Arguments:
    x = hand.ranked(2)
    return {"input": Raw(f"softmax({x.text}, dim=-1)"), "num_samples": 2, "replacement": True}


PROPOSALS: Mapping[str, Propose] = {
    "gather": gather, "take_along_dim": take_along_dim, "index_select": index_select,
    "take": take, "index_add": index_add, "index_copy": index_add, "index_fill": index_fill,
    "scatter": scattered, "scatter_add": scattered, "scatter_reduce": scatter_reduce,
    "roll": roll, "flip": flip, "rot90": rot90, "Tensor.unfold": windows,
    "bucketize": bucketize, "searchsorted": searchsorted, "multinomial": multinomial,
}  # fmt: skip
