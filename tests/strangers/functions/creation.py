"""Functions that make a tensor from numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.strangers.functions.kinds import Arguments, Propose
from tests.strangers.hand import Hand, Raw


def shape_at_hand(hand: Hand) -> list[Any]:
    x = hand.pick(lambda v: v.rank <= 3)
    return [Raw(hand.size(d)) for d in x.dims] or [2]


def filled(hand: Hand) -> Arguments:
    found: Arguments = {"size": shape_at_hand(hand)}
    if hand.chance(0.3):
        found["dtype"] = Raw(hand.one(["float64", "float"]))
    return found


def full(hand: Hand) -> Arguments:
    return {"size": shape_at_hand(hand), "fill_value": hand.one([1, 0.5])}


def randint(hand: Hand) -> Arguments:
    return {"low": 0, "high": hand.whole(2, 4), "size": shape_at_hand(hand)}


def some_size(hand: Hand) -> Any:
    x = hand.real(1)
    return 3 if hand.chance(0.3) else Raw(hand.size(x.dim(hand.whole(0, x.rank - 1))))


def new(hand: Hand) -> Arguments:
    x = hand.tensor()
    return {"input": x, "size": shape_at_hand(hand)}


def to(hand: Hand) -> Arguments:
    x = hand.pick()
    return {"input": x, "dtype": Raw(hand.one(["float64", "float", "int", "bool"]))}


def arange(hand: Hand) -> Arguments:
    return hand.one([
        {"start": some_size(hand)}, {"start": 1, "end": some_size(hand)},
        {"start": 0, "end": 6, "step": 2}, {"start": 0.0, "end": 1.0, "step": 0.25},
    ])  # fmt: skip


PROPOSALS: Mapping[str, Propose] = {
    **dict.fromkeys(("zeros", "ones", "rand", "randn"), filled), "full": full,
    "randint": randint, "randperm": lambda hand: {"n": some_size(hand)},
    "eye": lambda hand: {"n": some_size(hand)}, "arange": arange,
    "tensor": lambda hand: {"data": hand.one([[1, 2], [0.5, 1.5], [[1, 2], [3, 4]]])},
    **dict.fromkeys(
        ("hann_window", "hamming_window"), lambda hand: {"window_length": some_size(hand)}
    ),
    "new_zeros": new, "new_ones": new,
    "new_full": lambda hand: {**new(hand), "fill_value": 2},
    "to": to,
}  # fmt: skip
