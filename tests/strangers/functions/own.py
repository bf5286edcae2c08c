"""Functions that torch lacks or writes otherwise, and those that draw."""

from __future__ import annotations

from collections.abc import Mapping

from tests.strangers.functions.kinds import Arguments, Propose
from tests.strangers.hand import Hand, Raw


def rearrange(hand: Hand) -> Arguments:
    x = hand.real(2, 4)
    names = ["b", "c", "h", "w"][: x.rank]
    kind = hand.whole(0, 2)
    if kind == 0:
        right = hand.rng.sample(names, len(names))
        return {"input": x, "pattern": f"{' '.join(names)} -> {' '.join(right)}"}
    if kind == 1:
        right = [names[0], f"({' '.join(names[1:])})"]
        return {"input": x, "pattern": f"{' '.join(names)} -> {' '.join(right)}"}
    if (x.const(1) or 1) % 2:
        return {"input": x, "pattern": f"... {names[-1]} -> {names[-1]} ..."}
    left = [names[0], "(k c)", *names[2:]]
    return {"input": x, "pattern": f"{' '.join(left)} -> k {' '.join(names)}", "k": 2}


def reduce(hand: Hand) -> Arguments:
    x = hand.real(2, 4)
    names = ["b", "c", "h", "w"][: x.rank]
    right = hand.rng.sample(names, hand.whole(1, len(names) - 1))
    how = hand.one(["mean", "sum", "max", "min"])
    return {"input": x, "pattern": f"{' '.join(names)} -> {' '.join(right)}", "reduction": how}


def einsum(hand: Hand) -> Arguments:
    x = hand.real(2, 3)
    head = "b " * (x.rank - 2)
    text = (
        f"{head}n d, {head}m d -> {head}n m"
        if hand.chance(0.7)
        else f"{head}n d, {head}n d -> {head}n"
    )
    return {"equation": text, "operands": [x, hand.like(x) if head or hand.chance(0.5) else x]}


def linear_scan(hand: Hand) -> Arguments:
    x = hand.real(1, 4)
    return {"a": Raw(f"sigmoid({x.text})"), "b": hand.like(x), "dim": hand.whole(0, x.rank - 1)}


def dropout(hand: Hand) -> Arguments:
    x = hand.real()
    return {"input": x, "p": hand.one([0.0, 0.2, 0.5])}


def drop_path(hand: Hand) -> Arguments:
    x = hand.real(1)
    return {"input": x, "p": hand.one([0.0, 0.2])}


PROPOSALS: Mapping[str, Propose] = {
    **dict.fromkeys(("dropout", "alpha_dropout"), dropout),
    "rearrange": rearrange, "reduce": reduce, "einsum": einsum,
    "linear_scan": linear_scan, "drop_path": drop_path,
}  # fmt: skip
