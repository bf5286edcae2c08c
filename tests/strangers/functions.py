"""How a call of each function is proposed. Torch decides whether it is taken.

A proposal is the arguments by name. What the table of ops says of kinds is enough for most
functions; `PROPOSALS` has those whose arguments have to fit one another.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import torch
from netwright.ops.entry import Arg, FunctionOp
from netwright.ops.table import FUNCTIONS

from tests.strangers.hand import Hand, Raw, Value

Arguments = dict[str, Any]
Propose = Callable[[Hand], Arguments]


# By kind ------------------------------------------------------------------------------------


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


# Pointwise and along a dim ------------------------------------------------------------------


def whole(value: Value) -> bool:
    return value.dtype in (torch.int64, torch.bool)


def integers(hand: Hand) -> Value:
    return hand.pick(whole) if hand.has(whole) else hand.value(f"{hand.real().text} > 0")


def condition(hand: Hand, value: Value) -> Value:
    def fits(v: Value) -> bool:
        return v.dtype == torch.bool and v.dims == value.dims

    return hand.pick(fits) if hand.has(fits) else hand.value(f"{value.text} > 0")


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


# Shapes -------------------------------------------------------------------------------------


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


# Joining and parting ------------------------------------------------------------------------


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


def const_axis(hand: Hand, least: int = 2) -> tuple[Value, int, int]:
    """A value and an axis whose size is a number."""
    x = hand.pick(lambda v: any((v.const(k) or 0) >= least for k in range(v.rank)))
    axis = hand.one([k for k in range(x.rank) if (x.const(k) or 0) >= least])
    return x, axis, x.const(axis) or 0


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


# Indices ------------------------------------------------------------------------------------


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


# Creation -----------------------------------------------------------------------------------


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


# Products and layers ------------------------------------------------------------------------


def matmul(hand: Hand) -> Arguments:
    """With its own transpose, a weight, or whatever fits."""
    x = hand.real(1)
    width = x.const(-1)
    if width is not None and hand.chance(0.4):
        return {"input": x, "other": hand.weight(width, hand.whole(2, 6))}
    if x.rank > 1 and hand.chance(0.6):
        return {"input": x, "other": Raw(f"{x.text}.transpose(-1, -2)")}
    fits = hand.pick(lambda v: v.floating and v.rank > 1 and v.dim(-2) == x.dim(-1))
    return {"input": x, "other": fits}


def product(rank: int, first: str, second: str, added: bool = False) -> Propose:
    def propose(hand: Hand) -> Arguments:
        x = hand.ranked(rank)
        found: Arguments = {first: x, second: Raw(f"{x.text}.transpose(-1, -2)")}
        sizes = ", ".join(hand.size(d) for d in x.dims[:-1])
        if added:
            found["input"] = Raw(f"ones([{sizes}, {hand.size(x.dim(-2))}])")
        return found

    return propose


def mv(hand: Hand) -> Arguments:
    x = hand.ranked(2)
    return {"input": x, "vec": Raw(f"{x.text}[0]")}


def vectors(first: str, second: str) -> Propose:
    def propose(hand: Hand) -> Arguments:
        x = hand.ranked(1)
        return {first: x, second: hand.like(x)}

    return propose


def cross(hand: Hand) -> Arguments:
    x = hand.pick(lambda v: v.floating and any(v.const(k) == 3 for k in range(v.rank)))
    axis = next(k for k in range(x.rank) if x.const(k) == 3)
    return {"input": x, "other": hand.like(x), "dim": axis}


def diagonal(hand: Hand) -> Arguments:
    """Of two axes of one size: of others, which one ends the diagonal is not known."""
    x = hand.pick(lambda v: v.rank > 1 and len(set(v.dims)) < v.rank)
    first = next(k for k in range(x.rank) if x.dims.count(x.dim(k)) > 1)
    second = next(k for k in range(first + 1, x.rank) if x.dim(k) == x.dim(first))
    return {"input": x, "offset": hand.whole(-1, 1), "dim1": first, "dim2": second}


def tensordot(hand: Hand) -> Arguments:
    x = hand.real(1, 3)
    return {"a": x, "b": hand.like(x), "dims": x.rank}


def linear(hand: Hand) -> Arguments:
    x = hand.pick(lambda v: v.floating and v.rank > 0 and v.const(-1) is not None)
    out = hand.whole(1, 6)
    bias = {"bias": hand.weight(out)} if hand.chance(0.5) else {}
    return {"input": x, "weight": hand.weight(out, x.const(-1) or 1), **bias}


def bilinear(hand: Hand) -> Arguments:
    x: Value = linear(hand)["input"]
    width = x.const(-1) or 1
    return {"input1": x, "input2": hand.like(x), "weight": hand.weight(2, width, width)}


def embedding(hand: Hand) -> Arguments:
    x = hand.pick(lambda v: v.dtype == torch.int64)
    return {"input": x, "weight": hand.weight(hand.whole(5, 8), hand.whole(2, 6))}


def layer_norm(*names: str) -> Propose:
    def propose(hand: Hand) -> Arguments:
        x = hand.pick(lambda v: v.floating and v.rank > 1)
        width = x.const(-1)
        if width is None:
            return {"input": x, "normalized_shape": [Raw(hand.size(x.dim(-1)))]}
        weights = {name: hand.weight(width) for name in names if hand.chance(0.5)}
        return {"input": x, "normalized_shape": [width], **weights}

    return propose


def channels(hand: Hand, least: int = 2, most: int = 5) -> Value:
    """A float whose axis 1 is a number."""
    return hand.pick(lambda v: v.floating and least <= v.rank <= most and v.const(1) is not None)


def group_norm(hand: Hand) -> Arguments:
    x = channels(hand)
    count = x.const(1) or 1
    groups = hand.one([g for g in (1, 2, 3, 4) if count % g == 0])
    return {"input": x, "num_groups": groups, "weight": hand.weight(count)}


def batch_norm(hand: Hand) -> Arguments:
    x = channels(hand)
    count = x.const(1) or 1
    mean = Raw(f"zeros([{count}])")
    return {"input": x, "running_mean": mean, "running_var": Raw(f"ones([{count}])")}


def instance_norm(hand: Hand) -> Arguments:
    x = channels(hand, 3)
    return {"input": x, "weight": hand.weight(x.const(1) or 1)}


def prelu(hand: Hand) -> Arguments:
    x = channels(hand)
    return {"input": x, "weight": hand.weight(hand.one([1, x.const(1) or 1]))}


def local_response_norm(hand: Hand) -> Arguments:
    x = hand.real(3)
    return {"input": x, "size": hand.whole(1, 3)}


def attention(hand: Hand) -> Arguments:
    x = hand.real(2, 4)
    other = hand.like(x)
    found: Arguments = {"query": x, "key": other, "value": hand.one([other, x])}
    kind = hand.whole(0, 2)
    if kind == 1:
        found["is_causal"] = True
    if kind == 2:
        size = hand.size(x.dim(-2))
        found["attn_mask"] = Raw(f"ones([{size}, {size}]).tril().bool()")
    if hand.chance(0.3):
        found |= {"dropout_p": 0.1, "scale": 0.5}
    return found


def one_hot(hand: Hand) -> Arguments:
    x = hand.pick(lambda v: v.dtype == torch.int64 and int(v.data[0].min()) >= 0)
    return {"input": x, "num_classes": hand.whole(5, 8)}


def grouped_mm(hand: Hand) -> Arguments:
    left = Raw("ones([2, 8, 16], dtype=bfloat16)")
    return {"mat_a": left, "mat_b": Raw("ones([2, 16, 8], dtype=bfloat16)")}


# Maps ---------------------------------------------------------------------------------------


def interpolate(hand: Hand) -> Arguments:
    x = hand.real(3, 5)
    modes = {3: "linear", 4: hand.one(["bilinear", "bicubic"]), 5: "trilinear"}
    mode = hand.one(["nearest", "nearest-exact", "area", modes[x.rank]])
    found: Arguments = {"input": x, "mode": mode}
    if hand.chance(0.5):
        found["scale_factor"] = hand.one([2, 2.0, 0.5, 1.5])
    else:
        found["size"] = [hand.whole(2, 7) for _ in range(x.rank - 2)]
    if mode in modes.values():
        found["align_corners"] = hand.chance(0.5)
    return found


def shuffle(name: str) -> Propose:
    def propose(hand: Hand) -> Arguments:
        x = hand.ranked(4)
        return {"input": x, name: hand.one([1, 2, 2])}

    return propose


def pad(hand: Hand) -> Arguments:
    x = hand.real(1)
    mode = hand.one(["constant", "constant", "reflect", "replicate", "circular"])
    count = 1 if mode == "constant" else max(1, min(x.rank - 2, 3))
    sizes = [hand.whole(0, 2) for _ in range(2 * count)]
    return {"input": x, "pad": sizes, "mode": mode}


def grid_sample(hand: Hand) -> Arguments:
    x = hand.ranked(4)
    grid = Raw(f"rand([{hand.size(x.dim(0))}, 3, 4, 2])")
    return {
        "input": x,
        "grid": grid,
        "mode": hand.one(["bilinear", "nearest"]),
        "align_corners": False,
    }


def affine_grid(hand: Hand) -> Arguments:
    x = hand.ranked(4)
    theta = Raw(f"ones([{hand.size(x.dim(0))}, 2, 3])")
    return {"theta": theta, "size": [Raw(hand.size(d)) for d in x.dims], "align_corners": False}


def unfold(hand: Hand) -> Arguments:
    x = hand.ranked(4)
    return {"input": x, "kernel_size": hand.whole(1, 3), "padding": hand.whole(0, 1)}


def fold(hand: Hand) -> Arguments:
    x = hand.ranked(2)
    text = f"ones([{hand.size(x.dim(0))}, 8, 9])"
    return {"input": Raw(text), "output_size": [4, 4], "kernel_size": 2}


def window(hand: Hand, x: Value) -> Arguments:
    """Some of the arguments of a convolution or a pool."""
    options = {
        "stride": hand.whole(1, 2),
        "padding": hand.whole(0, 1),
        "dilation": hand.whole(1, 2),
    }
    return {name: value for name, value in options.items() if hand.chance(0.4)}


def conv(count: int, transposed: bool) -> Propose:
    def propose(hand: Hand) -> Arguments:
        x = hand.pick(lambda v: v.floating and v.rank == count + 2 and v.const(1) is not None)
        inner, outer = x.const(1) or 1, hand.whole(1, 6)
        sizes = (inner, outer) if transposed else (outer, inner)
        kernel = [hand.whole(1, 3) for _ in range(count)]
        bias = {"bias": hand.weight(outer)} if hand.chance(0.5) else {}
        return {"input": x, "weight": hand.weight(*sizes, *kernel), **bias, **window(hand, x)}

    return propose


def pool(count: int, dilated: bool) -> Propose:
    def propose(hand: Hand) -> Arguments:
        x = hand.ranked(count + 2)
        options = window(hand, x)
        if not dilated:
            options.pop("dilation", None)
        return {
            "input": x,
            "kernel_size": hand.whole(2, 3),
            **options,
            "ceil_mode": hand.chance(0.3),
        }

    return propose


def adaptive(count: int) -> Propose:
    def propose(hand: Hand) -> Arguments:
        x = hand.ranked(count + 2)
        return {"input": x, "output_size": hand.one([2, [2] * count])}

    return propose


# Own functions ------------------------------------------------------------------------------


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


def _windows() -> dict[str, Propose]:
    found: dict[str, Propose] = {}
    for count in (1, 2, 3):
        found[f"conv{count}d"] = conv(count, False)
        found[f"conv_transpose{count}d"] = conv(count, True)
        found[f"max_pool{count}d"] = pool(count, True)
        found[f"avg_pool{count}d"] = pool(count, False)
        found[f"adaptive_avg_pool{count}d"] = adaptive(count)
        found[f"adaptive_max_pool{count}d"] = adaptive(count)
    return found


PROPOSALS: Mapping[str, Propose] = {
    **dict.fromkeys(("dropout", "alpha_dropout"), dropout),
    **dict.fromkeys(("bitwise_and", "bitwise_or", "bitwise_xor"), bitwise),
    "bitwise_not": lambda hand: {"input": integers(hand)},
    "where": where, "Tensor.where": where_method, "masked_fill": masked_fill, "norm": norm,
    "topk": kth, "kthvalue": kth,
    "bernoulli": lambda hand: {"input": Raw(f"sigmoid({hand.real().text})")},
    "view": view("size"), "reshape": view("shape"), "view_as": view_as, "reshape_as": view_as,
    "unflatten": unflatten, "permute": permute, "squeeze": squeeze,
    "t": transposed, "movedim": movedim,
    "expand": expand, "broadcast_to": expand, "expand_as": expand_as,
    "repeat": repeat("repeats"), "tile": repeat("dims"), "repeat_interleave": repeat_interleave,
    "cat": joined, "concat": joined, "stack": stacked,
    "chunk": parted("chunks", 2, 3), "unbind": unbind,
    "split": split("tensor", "split_size_or_sections"),
    "Tensor.split": split("input", "split_size"),
    "tensor_split": parted("indices_or_sections", 2, [1]), "narrow": narrow,
    "meshgrid": meshgrid, "broadcast_tensors": broadcast_tensors,
    "gather": gather, "take_along_dim": take_along_dim, "index_select": index_select,
    "take": take, "index_add": index_add, "index_copy": index_add, "index_fill": index_fill,
    "scatter": scattered, "scatter_add": scattered, "scatter_reduce": scatter_reduce,
    "roll": roll, "flip": flip, "rot90": rot90, "Tensor.unfold": windows,
    "bucketize": bucketize, "searchsorted": searchsorted, "multinomial": multinomial,
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
    "matmul": matmul, "mm": product(2, "input", "mat2"), "bmm": product(3, "input", "mat2"),
    "addmm": product(2, "mat1", "mat2", True), "baddbmm": product(3, "batch1", "batch2", True),
    "mv": mv, "dot": vectors("input", "tensor"), "outer": vectors("input", "vec2"),
    "cross": cross, "diagonal": diagonal, "tensordot": tensordot,
    "linear": linear, "bilinear": bilinear, "embedding": embedding,
    "layer_norm": layer_norm("weight", "bias"), "rms_norm": layer_norm("weight"),
    "group_norm": group_norm, "batch_norm": batch_norm, "instance_norm": instance_norm,
    "prelu": prelu, "local_response_norm": local_response_norm,
    "scaled_dot_product_attention": attention, "one_hot": one_hot, "grouped_mm": grouped_mm,
    "interpolate": interpolate, "pixel_shuffle": shuffle("upscale_factor"),
    "pixel_unshuffle": shuffle("downscale_factor"), "channel_shuffle": shuffle("groups"),
    "pad": pad, "grid_sample": grid_sample, "affine_grid": affine_grid, "unfold": unfold,
    "fold": fold, "rearrange": rearrange, "reduce": reduce, "einsum": einsum,
    "linear_scan": linear_scan, "drop_path": drop_path, **_windows(),
}  # fmt: skip


# Writing ------------------------------------------------------------------------------------


def call(hand: Hand, name: str) -> str:
    """A proposed call of a function, as function or method; NothingFits where nothing does."""
    op = FUNCTIONS[name]
    propose = PROPOSALS.get(name)
    if propose is not None:
        return written(hand, op, propose(hand))
    logical = name.startswith(("logical", "all", "any", "count"))
    first = integers(hand) if logical and hand.chance(0.7) else hand.tensor()
    return written(hand, op, by_kind(hand, op, first))


def written(hand: Hand, op: FunctionOp, found: Arguments) -> str:
    """The call's text: some arguments by position, some by name."""
    order = [arg.name for arg in op.args]
    texts = {name: hand.written(value) for name, value in found.items()}
    leading = 0
    while leading < len(order) and order[leading] in texts and not op.args[leading].keyword:
        leading += 1
    if op.name == "einsum":
        equation, operands = texts["equation"], texts["operands"]
        return f"einsum({equation}, {operands[1:-1]})"
    required = [arg.name for arg in op.args if arg.required]
    count = hand.whole(min(len(required), leading), leading) if leading else 0
    as_method = op.method is not None and (op.function is None or hand.chance(0.5))
    if as_method and op.args[0].kind == "tensor":
        receiver = texts.pop(order[0])
        order, count = order[1:], max(count - 1, 0)
        head = f"{_bracketed(receiver)}.{op.method}"
    else:
        head = op.name
    positional = [texts.pop(name) for name in order[:count]]
    if op.args[0].variadic and op.args[0].kind == "tensors" and positional:
        positional[0] = positional[0][1:-1]
    named = [f"{name}={text}" for name, text in texts.items()]
    return f"{head}({', '.join([*positional, *named])})"


def _bracketed(text: str) -> str:
    """`text` as what a method is called on."""
    return text if re.fullmatch(r"[\w.]+", text) or text[-1] in ")]" else f"({text})"
