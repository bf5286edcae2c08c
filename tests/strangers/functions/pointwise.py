"""Functions item by item, and along a dim."""

from __future__ import annotations

from collections.abc import Mapping

from tests.strangers.functions.kinds import (
    Arguments,
    Propose,
    axes,
    condition,
    integers,
)
from tests.strangers.hand import Hand, Raw


def bitwise(hand: Hand) -> Arguments:
    x = integers(hand)
    return {"input": x, "other": hand.like(x)}


def where(hand: Hand) -> Arguments:
    x = hand.real()
    other = hand.beside(x) if hand.chance(0.5) else 0.0
    return {"condition": condition(hand, x), "input": x, "other": other}


def where_method(hand: Hand) -> Arguments:
    found = where(hand)
    return {"input": found["input"], **found}


def masked_fill(hand: Hand) -> Arguments:
    x = hand.real()
    return {"input": x, "mask": condition(hand, x), "value": hand.one([0.0, -1.5, 2])}


def norm(hand: Hand) -> Arguments:
    x = hand.real(1)
    return {"input": x, "p": hand.one([1, 2, 2.0]), "dim": axes(hand, x.rank)}


def kth(hand: Hand) -> Arguments:
    x = hand.real(1)
    return {"input": x, "k": hand.whole(1, 2), "dim": hand.whole(-x.rank, x.rank - 1)}


PROPOSALS: Mapping[str, Propose] = {
    **dict.fromkeys(("bitwise_and", "bitwise_or", "bitwise_xor"), bitwise),
    "bitwise_not": lambda hand: {"input": integers(hand)},
    "where": where, "Tensor.where": where_method, "masked_fill": masked_fill, "norm": norm,
    "topk": kth, "kthvalue": kth,
    "bernoulli": lambda hand: {"input": Raw(f"sigmoid({hand.real().text})")},
}  # fmt: skip
