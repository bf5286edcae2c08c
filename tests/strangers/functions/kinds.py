"""Arguments by what the table of ops says of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from netwright.ops.entry import Arg, FunctionOp

from tests.strangers.hand import Hand, Raw, Value

Arguments = dict[str, Any]
Propose = Callable[[Hand], Arguments]


def drawn(hand: Hand, arg: Arg, first: Value) -> Any:
    """An argument by what the table says of it; `first` is the tensor that it goes with."""
    rank = max(first.rank, 1)
    if arg.choices:
        return hand.one(arg.choices)
    match arg.kind:
        case "tensor":
            return hand.beside(first)
        case "operand":
            return hand.one([2, 0.5, -1, 3]) if hand.chance(0.4) else hand.beside(first)
        case "axis":
            return hand.whole(-rank, rank - 1)
        case "axes":
            return axes(hand, rank)
        case "bool":
            return hand.chance(0.5)
        case "float":
            return hand.one([0.1, 0.5, 1.0])
        case "number":
            return hand.one([1, 2, 0.5])
        case "dtype":
            return Raw(hand.one(["float64", "float", "int"]))
    return hand.whole(1, 3)


def axes(hand: Hand, rank: int) -> Any:
    """One axis, or several."""
    if hand.chance(0.6):
        return hand.whole(-rank, rank - 1)
    return hand.rng.sample(range(rank), hand.whole(1, min(rank, 2)))


def by_kind(hand: Hand, op: FunctionOp, first: Value) -> Arguments:
    """A call whose arguments are drawn one by one."""
    found: Arguments = {op.args[0].name: first}
    for arg in op.args[1:]:
        if arg.required or (hand.chance(0.35) and arg.name not in ("training", "unbiased")):
            found[arg.name] = drawn(hand, arg, first)
    return found


def whole(value: Value) -> bool:
    return value.dtype in (torch.int64, torch.bool)


def integers(hand: Hand) -> Value:
    return hand.pick(whole) if hand.has(whole) else hand.value(f"{hand.real().text} > 0")


def condition(hand: Hand, value: Value) -> Value:
    def fits(v: Value) -> bool:
        return v.dtype == torch.bool and v.dims == value.dims

    return hand.pick(fits) if hand.has(fits) else hand.value(f"{value.text} > 0")


def const_axis(hand: Hand, least: int = 2) -> tuple[Value, int, int]:
    """A value and an axis whose size is a number."""
    x = hand.pick(lambda v: any((v.const(k) or 0) >= least for k in range(v.rank)))
    axis = hand.one([k for k in range(x.rank) if (x.const(k) or 0) >= least])
    return x, axis, x.const(axis) or 0
