"""Functions of maps `(B, C, ...)`."""

from __future__ import annotations

from collections.abc import Mapping

from tests.strangers.functions.kinds import Arguments, Propose
from tests.strangers.hand import Hand, Raw, Value


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
    "interpolate": interpolate, "pixel_shuffle": shuffle("upscale_factor"),
    "pixel_unshuffle": shuffle("downscale_factor"), "channel_shuffle": shuffle("groups"),
    "pad": pad, "grid_sample": grid_sample, "affine_grid": affine_grid, "unfold": unfold,
    "fold": fold, **_windows(),
}  # fmt: skip
