"""Products of tensors, and the functions behind layers."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from tests.strangers.functions.kinds import Arguments, Propose
from tests.strangers.hand import Hand, Raw, Value


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


PROPOSALS: Mapping[str, Propose] = {
    "matmul": matmul, "mm": product(2, "input", "mat2"), "bmm": product(3, "input", "mat2"),
    "addmm": product(2, "mat1", "mat2", True), "baddbmm": product(3, "batch1", "batch2", True),
    "mv": mv, "dot": vectors("input", "tensor"), "outer": vectors("input", "vec2"),
    "cross": cross, "diagonal": diagonal, "tensordot": tensordot,
    "linear": linear, "bilinear": bilinear, "embedding": embedding,
    "layer_norm": layer_norm("weight", "bias"), "rms_norm": layer_norm("weight"),
    "group_norm": group_norm, "batch_norm": batch_norm, "instance_norm": instance_norm,
    "prelu": prelu, "local_response_norm": local_response_norm,
    "scaled_dot_product_attention": attention, "one_hot": one_hot, "grouped_mm": grouped_mm,
}  # fmt: skip
