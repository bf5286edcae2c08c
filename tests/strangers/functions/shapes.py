"""Functions that give the same values another shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.strangers.functions.kinds import Arguments, Propose
from tests.strangers.hand import Hand, Raw, Value


def regrouped(hand: Hand, value: Value) -> list[Any]:
    """Sizes for as many items: neighbours joined, numbers split, rarely a -1."""
    parts: list[Any] = []
    k = 0
    while k < value.rank:
        const = value.const(k)
        if k + 1 < value.rank and hand.chance(0.3):
            pair = [hand.size(value.dim(k)), hand.size(value.dim(k + 1))]
            parts.append(Raw(f"({pair[0]}) * ({pair[1]})"))
            k += 2
            continue
        if const is not None and const % 2 == 0 and hand.chance(0.4):
            parts += [2, const // 2]
        else:
            parts.append(Raw(hand.size(value.dim(k))))
        k += 1
    if parts and hand.chance(0.4):
        parts[hand.whole(0, len(parts) - 1)] = Raw("-1")
    return parts


def view(name: str) -> Propose:
    def propose(hand: Hand) -> Arguments:
        x = hand.tensor()
        return {"input": x, name: regrouped(hand, x)}

    return propose


def view_as(hand: Hand) -> Arguments:
    x = hand.real()
    return {"input": x, "other": hand.like(x)}


def unflatten(hand: Hand) -> Arguments:
    x = hand.pick(lambda v: any((v.const(k) or 1) % 2 == 0 for k in range(v.rank)))
    at = next(k for k in range(x.rank) if (x.const(k) or 1) % 2 == 0)
    dim = at if hand.chance(0.5) else at - x.rank
    return {"input": x, "dim": dim, "sizes": hand.one([[2, Raw("-1")], [Raw("-1"), 2]])}


def permute(hand: Hand) -> Arguments:
    x = hand.real(1)
    return {"input": x, "dims": hand.rng.sample(range(x.rank), x.rank)}


def squeeze(hand: Hand) -> Arguments:
    """Of an axis that is a number: of others, whether they are 1 is not known."""
    ones = hand.chance(0.7)
    x = hand.pick(lambda v: any(v.const(k) == 1 if ones else v.const(k) for k in range(v.rank)))
    fitting = [k for k in range(x.rank) if (x.const(k) == 1 if ones else x.const(k))]
    return {"input": x, "dim": Raw(str(hand.one(fitting)))}  # no counter, which takes other values


def transposed(hand: Hand) -> Arguments:
    x = hand.pick(lambda v: v.rank <= 2)
    return {"input": x}


def movedim(hand: Hand) -> Arguments:
    x = hand.real(1)
    axis = hand.whole(-x.rank, x.rank - 1)
    return {"input": x, "source": axis, "destination": hand.whole(0, x.rank - 1)}


def expand(hand: Hand) -> Arguments:
    x = hand.real(0, 4)
    sizes: list[Any] = [
        hand.whole(2, 4) if x.const(k) == 1 else Raw(hand.one([hand.size(x.dim(k)), "-1"]))
        for k in range(x.rank)
    ]
    return {"input": x, "size": [2, *sizes] if hand.chance(0.5) else sizes}


def expand_as(hand: Hand) -> Arguments:
    other = hand.real(1)
    x = hand.value(f"{other.text}[..., :1]")
    return {"input": x, "other": other}


def repeat(name: str) -> Propose:
    def propose(hand: Hand) -> Arguments:
        x = hand.real(0, 3)
        counts = [hand.whole(1, 2) for _ in range(x.rank + hand.whole(0, 1))]
        return {"input": x, name: counts or [2]}

    return propose


def repeat_interleave(hand: Hand) -> Arguments:
    x = hand.real(1, 4)
    return {"input": x, "repeats": hand.whole(1, 3), "dim": hand.whole(0, x.rank - 1)}


PROPOSALS: Mapping[str, Propose] = {
    "view": view("size"), "reshape": view("shape"), "view_as": view_as, "reshape_as": view_as,
    "unflatten": unflatten, "permute": permute, "squeeze": squeeze,
    "t": transposed, "movedim": movedim,
    "expand": expand, "broadcast_to": expand, "expand_as": expand_as,
    "repeat": repeat("repeats"), "tile": repeat("dims"), "repeat_interleave": repeat_interleave,
}  # fmt: skip
