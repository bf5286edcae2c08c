"""Functions that join tensors, and part them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.strangers.functions.kinds import Arguments, Propose, const_axis
from tests.strangers.hand import Hand, Value


def joined(hand: Hand) -> Arguments:
    """Tensors that agree but for one axis."""
    x = hand.pick(lambda v: v.rank > 0)
    axis = hand.whole(0, x.rank - 1)

    def fits(v: Value) -> bool:
        return v.rank == x.rank and all(
            a == b for k, (a, b) in enumerate(zip(v.dims, x.dims, strict=True)) if k != axis
        )

    items = [x, *(hand.pick(fits) for _ in range(hand.whole(1, 2)))]
    return {"tensors": items, "dim": hand.one([axis, axis - x.rank])}


def stacked(hand: Hand) -> Arguments:
    x = hand.tensor()
    return {"tensors": [x, hand.like(x)], "dim": hand.whole(-x.rank - 1, x.rank)}


def split(receiver: str, name: str) -> Propose:
    def propose(hand: Hand) -> Arguments:
        x, axis, size = const_axis(hand)
        first = hand.whole(1, size - 1)
        return {receiver: x, name: hand.one([[first, size - first], first]), "dim": axis}

    return propose


def parted(name: str, *choices: Any) -> Propose:
    def propose(hand: Hand) -> Arguments:
        found = const_axis(hand)
        return {"input": found[0], name: hand.one(choices), "dim": found[1]}

    return propose


def unbind(hand: Hand) -> Arguments:
    found = const_axis(hand)
    return {"input": found[0], "dim": found[1]}


def narrow(hand: Hand) -> Arguments:
    x = hand.pick(lambda v: v.rank > 0)
    return {"input": x, "dim": hand.whole(0, x.rank - 1), "start": hand.whole(0, 1), "length": 2}


def meshgrid(hand: Hand) -> Arguments:
    items = [hand.ranked(1) for _ in range(2)]
    return {"tensors": items, "indexing": hand.one(["ij", "xy"])}


def broadcast_tensors(hand: Hand) -> Arguments:
    x = hand.real()
    return {"tensors": [x, hand.beside(x)]}


PROPOSALS: Mapping[str, Propose] = {
    "cat": joined, "concat": joined, "stack": stacked,
    "chunk": parted("chunks", 2, 3), "unbind": unbind,
    "split": split("tensor", "split_size_or_sections"),
    "Tensor.split": split("input", "split_size"),
    "tensor_split": parted("indices_or_sections", 2, [1]), "narrow": narrow,
    "meshgrid": meshgrid, "broadcast_tensors": broadcast_tensors,
}  # fmt: skip
