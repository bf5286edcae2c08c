"""Strategies for products, layers, maps and windows."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.ops.strategies_functions import (
    BOOL,
    FLOATS,
    SIZE,
    Case,
    Draw,
    Make,
    Shape,
    against,
    axis,
    exact,
    near,
    often,
    sizes,
    some,
    tensor,
)  # fmt: skip

# Products -----------------------------------------------------------------------------------


def matmul(draw: Draw) -> Case:
    rows, inner, columns = draw(SIZE), draw(SIZE), draw(SIZE)
    batch = sizes(draw, 0, 2)
    left, right = (*batch, rows, inner), (*against(draw, batch), inner, columns)
    left = left[-1:] if draw(st.integers(0, 4)) == 4 else left
    right = right[-2:-1] if draw(st.integers(0, 4)) == 4 else right
    return {"input": tensor(draw, near(draw, left)), "other": tensor(draw, near(draw, right))}


def products(lead: int, first: str, second: str, added: str | None = None) -> Make:
    """Matrices or batches of them, and what is added to the product."""

    def make(draw: Draw) -> Case:
        batch = tuple(draw(SIZE) for _ in range(lead))
        rows, inner, columns = draw(SIZE), draw(SIZE), draw(SIZE)
        case: Case = {
            first: tensor(draw, near(draw, (*batch, rows, inner))),
            second: tensor(draw, near(draw, (*batch, inner, columns))),
        }
        if added is not None:
            case[added] = tensor(draw, against(draw, (*batch, rows, columns)))
        return case

    return make


def vectors(first: str, second: str, rank: int = 1) -> Make:
    def make(draw: Draw) -> Case:
        size = draw(SIZE)
        left = (draw(SIZE), size) if rank == 2 else (size,)
        return {first: tensor(draw, near(draw, left)), second: tensor(draw, near(draw, (size,)))}

    return make


def cross(draw: Draw) -> Case:
    shape = (*sizes(draw, 0, 2), 3)
    x = tensor(draw, shape)
    return {
        "input": x,
        "other": tensor(draw, near(draw, shape)),
        **some(draw, dim=axis(draw, x.rank)),
    }


def diagonal(draw: Draw) -> Case:
    x = tensor(draw, sizes(draw, 1))
    dims = {"dim1": axis(draw, x.rank), "dim2": axis(draw, x.rank), "offset": st.integers(-2, 2)}
    return {"input": x, **some(draw, **dims)}


def tensordot(draw: Draw) -> Case:
    shared = tuple(draw(st.lists(st.integers(2, 5), max_size=2)))
    left, right = (*sizes(draw, 0, 1), *shared), (*shared, *sizes(draw, 0, 1))
    dims: Any = len(shared)
    if draw(BOOL):
        first = tuple(range(len(left) - len(shared), len(left)))
        dims = (first, tuple(range(len(shared))))
    changed = often(draw, right, st.just((7, *right[1:]) if shared else right))
    return {"a": exact(left), "b": exact(changed), "dims": dims}


def cdist(draw: Draw) -> Case:
    width, batch = draw(SIZE), sizes(draw, 0, 2)
    left, right = (*batch, draw(SIZE), width), (*against(draw, batch), draw(SIZE), width)
    return {"x1": tensor(draw, near(draw, left)), "x2": tensor(draw, near(draw, right))}


def similarity(draw: Draw) -> Case:
    x = tensor(draw, sizes(draw, 1))
    other = tensor(draw, against(draw, x.shape))
    return {"x1": x, "x2": other, "dim": axis(draw, x.rank)}


def pairwise(draw: Draw) -> Case:
    x = exact(sizes(draw))
    other = exact(against(draw, x.shape))
    return {"x1": x, "x2": other, **some(draw, keepdim=BOOL)}


MATRIX: dict[str, Make] = {
    "matmul": matmul,
    "mm": products(0, "input", "mat2"),
    "bmm": products(1, "input", "mat2"),
    "mv": vectors("input", "vec", rank=2),
    "dot": vectors("input", "tensor"),
    "addmm": products(0, "mat1", "mat2", "input"),
    "baddbmm": products(1, "batch1", "batch2", "input"),
    "outer": vectors("input", "vec2"),
    "cross": cross,
    "diagonal": diagonal,
    "tensordot": tensordot,
    "cdist": cdist,
    "cosine_similarity": similarity,
    "pairwise_distance": pairwise,
}


# Layers -------------------------------------------------------------------------------------


def scale(draw: Draw, shape: Shape, *names: str) -> Case:
    """Some of the optional weights of a layer."""
    wrong = st.just((*shape[:-1], 7) if shape else (7,))
    return some(draw, **{name: tensor(draw, often(draw, shape, wrong)) for name in names})


def linear(draw: Draw) -> Case:
    inner, outer = draw(SIZE), draw(SIZE)
    x = tensor(draw, near(draw, (*sizes(draw, 0, 2), inner)))
    weight = tensor(draw, (outer, often(draw, inner, SIZE)))
    return {"input": x, "weight": weight, **scale(draw, (outer,), "bias")}


def bilinear(draw: Draw) -> Case:
    batch, a, b, out = sizes(draw, 0, 2), draw(SIZE), draw(SIZE), draw(SIZE)
    return {
        "input1": exact(near(draw, (*batch, a))),
        "input2": tensor(draw, near(draw, (*batch, b))),
        "weight": tensor(draw, near(draw, (out, a, b))),
        **scale(draw, (out,), "bias"),
    }


def embedding(draw: Draw) -> Case:
    weight = exact(near(draw, (5, draw(SIZE))))
    return {"input": tensor(draw, dtype="int"), "weight": weight, **some(draw, padding_idx=1)}


def layer_norm(*names: str) -> Make:
    def make(draw: Draw) -> Case:
        x = tensor(draw)
        tail = tuple(x.shape[draw(st.integers(0, x.rank)) :])
        shape = near(draw, tail)
        return {"input": x, "normalized_shape": shape, **scale(draw, shape, *names)}

    return make


def group_norm(draw: Draw) -> Case:
    groups = draw(st.integers(0, 3))
    channels = often(draw, 2 * max(groups, 1), SIZE)
    x = tensor(draw, near(draw, (2, channels, *sizes(draw, 1, 2))))
    return {"input": x, "num_groups": groups, **scale(draw, (channels,), "weight", "bias")}


def batch_norm(draw: Draw) -> Case:
    channels = draw(SIZE)
    x = tensor(draw, near(draw, (3, channels, *sizes(draw, 0, 2))))
    names = ("running_mean", "running_var")
    statistics = {name: tensor(draw, near(draw, (channels,))) for name in names}
    return {"input": x, **statistics, **scale(draw, (channels,), "weight", "bias")}


def instance_norm(draw: Draw) -> Case:
    channels = draw(SIZE)
    x = tensor(draw, (2, channels, *sizes(draw, 0, 2), 3))
    return {"input": x, **scale(draw, (channels,), "weight", "bias")}


def normalize(draw: Draw) -> Case:
    x = tensor(draw)
    return {"input": x, **some(draw, dim=axis(draw, x.rank), p=st.sampled_from([1.0, 2.0]))}


def response_norm(draw: Draw) -> Case:
    return {"input": exact(sizes(draw, 2)), "size": draw(st.integers(1, 3))}


def glu(draw: Draw) -> Case:
    x = tensor(draw, tuple(2 * size for size in sizes(draw)) if draw(BOOL) else None)
    return {"input": x, **some(draw, dim=axis(draw, x.rank))}


def prelu(draw: Draw) -> Case:
    x = tensor(draw)
    counts = [(), (1,), (x.shape[1] if x.rank > 1 else 2,)]
    return {"input": x, "weight": tensor(draw, near(draw, draw(st.sampled_from(counts))))}


def dropout(draw: Draw) -> Case:
    x = exact(sizes(draw), draw(st.sampled_from(FLOATS)))
    return {"input": x, **some(draw, p=st.sampled_from([0, 0.5, 1.0, 1.5]))}


def gumbel(draw: Draw) -> Case:
    x = tensor(draw)
    return {"logits": x, **some(draw, hard=BOOL, dim=axis(draw, x.rank))}


def attention(draw: Draw) -> Case:
    batch = sizes(draw, 0, 2)
    length, keys, width, out = (draw(SIZE) for _ in range(4))
    case: Case = {
        "query": tensor(draw, near(draw, (*batch, length, width))),
        "key": tensor(draw, near(draw, (*batch, keys, width))),
        "value": tensor(draw, near(draw, (*batch, keys, out))),
    }
    if draw(BOOL):
        scores = against(draw, (*batch, length, keys))
        kind = often(draw, "bool", st.sampled_from(["float", "int"]))
        case["attn_mask"] = exact(scores, kind)
    return {**case, **some(draw, is_causal=BOOL, scale=0.5)}


def grouped_attention(draw: Draw) -> Case:
    groups, length, width = draw(st.integers(1, 3)), draw(SIZE), draw(SIZE)
    heads = often(draw, 2 * groups, SIZE)
    keys = exact((2, groups, 3, width))
    query = exact((2, heads, length, width))
    return {"query": query, "key": keys, "value": keys, "enable_gqa": True}


def any_attention(draw: Draw) -> Case:
    return grouped_attention(draw) if draw(st.integers(0, 3)) == 3 else attention(draw)


def one_hot(draw: Draw) -> Case:
    return {"input": tensor(draw, dtype="int"), "num_classes": draw(st.integers(1, 5))}


def grouped_mm(draw: Draw) -> Case:
    """Widths in multiples of 8, since torch wants rows of 16 bytes."""
    groups, rows, inner, columns = draw(st.integers(1, 3)), 8, 16, 8
    left = draw(st.sampled_from([(rows, inner), (groups, rows, inner)]))
    case: Case = {
        "mat_a": exact(left, "bfloat16"),
        "mat_b": exact((groups, inner, columns), "bfloat16"),
    }
    if draw(st.integers(0, 5)) == 5 or len(left) == 2:
        case["offs"] = exact(near(draw, (groups,)), "int32")
    return case


NN: dict[str, Make] = {
    "linear": linear, "bilinear": bilinear, "embedding": embedding,
    "layer_norm": layer_norm("weight", "bias"), "rms_norm": layer_norm("weight"),
    "group_norm": group_norm, "batch_norm": batch_norm, "instance_norm": instance_norm,
    "normalize": normalize, "local_response_norm": response_norm, "glu": glu, "prelu": prelu,
    "gumbel_softmax": gumbel, "dropout": dropout, "alpha_dropout": dropout,
    "scaled_dot_product_attention": any_attention, "one_hot": one_hot, "grouped_mm": grouped_mm,
}  # fmt: skip


# Maps ---------------------------------------------------------------------------------------


def interpolate(draw: Draw) -> Case:
    count = draw(st.integers(1, 3))
    modes = {1: "linear", 2: "bilinear", 3: "trilinear"}
    mode = draw(st.sampled_from(["nearest", "area", "bicubic", modes[count]]))
    x = tensor(draw, near(draw, (1, 2, *(draw(st.integers(4, 7)) for _ in range(count)))))
    case: Case = {"input": x, "mode": mode, **some(draw, antialias=BOOL)}
    if draw(BOOL):
        case["align_corners"] = draw(BOOL)
    values = tuple(draw(SIZE) for _ in range(count))
    kind = draw(st.integers(0, 5))
    if kind < 3:
        case["size"] = draw(SIZE) if kind == 0 else near(draw, values)
    if kind >= 2:
        case["scale_factor"] = draw(st.sampled_from([2, 2.0, 0.5, 1.5, 0.25]))
    return case


def pixel_shuffle(draw: Draw) -> Case:
    r = draw(st.integers(0, 3))
    channels = often(draw, max(r, 1) ** 2 * draw(st.integers(1, 2)), SIZE)
    return {"input": tensor(draw, (*sizes(draw, 0, 2), channels, 2, 3)), "upscale_factor": r}


def pixel_unshuffle(draw: Draw) -> Case:
    r = draw(st.integers(1, 3))
    height = often(draw, r * draw(SIZE), SIZE)
    x = tensor(draw, (*sizes(draw, 0, 2), 2, height, 2 * r))
    return {"input": x, "downscale_factor": r}


def channel_shuffle(draw: Draw) -> Case:
    groups = draw(st.integers(1, 3))
    channels = often(draw, 2 * groups, SIZE)
    return {"input": tensor(draw, near(draw, (2, channels, 3, 3))), "groups": groups}


def pad(draw: Draw) -> Case:
    mode = draw(st.sampled_from(["constant", "constant", "reflect", "replicate", "circular"]))
    x = tensor(draw)
    count = draw(st.integers(1, 2))
    counts = tuple(draw(st.integers(-2 if mode == "constant" else 0, 3)) for _ in range(2 * count))
    return {"input": x, "pad": near(draw, counts), "mode": mode}


def grid_sample(draw: Draw) -> Case:
    count = draw(st.integers(2, 3))
    x = exact(near(draw, (2, 3, *(draw(SIZE) for _ in range(count)))))
    grid = near(draw, (2, *(draw(SIZE) for _ in range(count)), count))
    mode = draw(st.sampled_from(["bilinear", "nearest", "bicubic"]))
    return {"input": x, "grid": tensor(draw, grid), "mode": mode, "align_corners": False}


def affine_grid(draw: Draw) -> Case:
    count = draw(st.integers(2, 3))
    theta = tensor(draw, near(draw, (2, count, count + 1)))
    size = (2, 3, *(draw(SIZE) for _ in range(count)))
    return {"theta": theta, "size": size, "align_corners": draw(BOOL)}


def sliding(draw: Draw) -> Case:
    pair = st.one_of(st.integers(1, 3), st.tuples(st.integers(1, 3), st.integers(1, 3)))
    case = {"kernel_size": draw(pair)}
    return {
        **case,
        **some(draw, dilation=st.integers(1, 2), padding=st.integers(0, 1), stride=pair),
    }


def unfold(draw: Draw) -> Case:
    shape = (2, 3, draw(st.integers(1, 7)), draw(st.integers(1, 7)))[draw(st.integers(0, 1)) :]
    kind = often(draw, "float", st.sampled_from(["int", "bool"]))
    return {"input": exact(near(draw, shape), kind), **sliding(draw)}


def fold(draw: Draw) -> Case:
    size, kernel, stride = draw(st.integers(2, 6)), draw(st.integers(1, 2)), draw(st.integers(1, 2))
    positions = ((size - kernel) // stride + 1) ** 2
    shape = near(draw, (2, 3 * kernel**2, positions))
    return {
        "input": tensor(draw, shape), "output_size": size, "kernel_size": kernel, "stride": stride
    }  # fmt: skip


MAPS: dict[str, Make] = {
    "interpolate": interpolate, "pixel_shuffle": pixel_shuffle,
    "pixel_unshuffle": pixel_unshuffle, "channel_shuffle": channel_shuffle, "pad": pad,
    "grid_sample": grid_sample, "affine_grid": affine_grid, "unfold": unfold, "fold": fold,
}  # fmt: skip


# Windows ------------------------------------------------------------------------------------


def spatial(draw: Draw, count: int) -> Shape:
    return tuple(draw(st.integers(3, 8)) for _ in range(count))


def conv(count: int, transposed: bool) -> Make:
    def make(draw: Draw) -> Case:
        groups = draw(st.integers(1, 2))
        inner, outer = groups * draw(st.integers(1, 2)), groups * draw(st.integers(1, 2))
        kernel = tuple(draw(st.integers(1, 3)) for _ in range(count))
        channels = (inner, outer // groups) if transposed else (outer, inner // groups)
        x = tensor(draw, near(draw, (2, inner, *spatial(draw, count))[draw(st.integers(0, 1)) :]))
        weight = exact(near(draw, (*channels, *kernel)))
        options = {"stride": st.integers(1, 3), "dilation": st.integers(1, 2)}
        case = {"input": x, "weight": weight, "groups": groups, **some(draw, **options)}
        padding = st.integers(0, 1) if transposed else st.sampled_from([0, 1, 2, "same", "valid"])
        return {**case, **some(draw, padding=padding), **scale(draw, (outer,), "bias")}

    return make


def pool(count: int, dilated: bool) -> Make:
    def make(draw: Draw) -> Case:
        x = exact(near(draw, (2, 3, *spatial(draw, count))[draw(st.integers(0, 1)) :]))
        options: Any = {
            "stride": st.integers(1, 3),
            "padding": st.integers(0, 1),
            "ceil_mode": BOOL,
        }
        if dilated:
            options["dilation"] = st.integers(1, 2)
        return {"input": x, "kernel_size": draw(st.integers(1, 3)), **some(draw, **options)}

    return make


def adaptive(count: int) -> Make:
    def make(draw: Draw) -> Case:
        x = exact((2, 3, *spatial(draw, count))[draw(st.integers(0, 1)) :])
        each = st.tuples(*[st.one_of(SIZE, st.none())] * count)
        return {"input": x, "output_size": draw(st.one_of(SIZE, each))}

    return make


def _windows() -> dict[str, Make]:
    found: dict[str, Make] = {}
    for count in (1, 2, 3):
        found[f"conv{count}d"] = conv(count, transposed=False)
        found[f"conv_transpose{count}d"] = conv(count, transposed=True)
        found[f"max_pool{count}d"] = pool(count, dilated=True)
        found[f"avg_pool{count}d"] = pool(count, dilated=False)
        found[f"adaptive_avg_pool{count}d"] = adaptive(count)
        found[f"adaptive_max_pool{count}d"] = adaptive(count)
    return found


WINDOWS = _windows()
