"""Strategies for functions that reshape, join, part, index and create."""

from __future__ import annotations

from math import prod
from typing import Any

from hypothesis import strategies as st
from netwright.ir.types import TensorType

from tests.ops.strategies_functions import (
    ANY,
    BOOL,
    DTYPE,
    FLOAT_DTYPE,
    SIZE,
    Case,
    Draw,
    Make,
    Shape,
    against,
    axes,
    axis,
    exact,
    near,
    often,
    sizes,
    some,
    tensor,
)  # fmt: skip

# Shapes -------------------------------------------------------------------------------------


def regrouped(draw: Draw, shape: Shape) -> Shape:
    """Other sizes for as many items, often with one -1."""
    left, found = prod(shape), []
    while left > 1 and draw(BOOL):
        divisor = draw(st.sampled_from([d for d in range(1, left + 1) if left % d == 0]))
        found.append(divisor)
        left //= divisor
    found.append(left)
    if draw(BOOL):
        found[draw(st.integers(0, len(found) - 1))] = -1
    return tuple(near(draw, tuple(found)))


def view(name: str) -> Make:
    def make(draw: Draw) -> Case:
        x = tensor(draw)
        return {"input": x, name: regrouped(draw, x.shape)}

    return make


def flatten(draw: Draw) -> Case:
    x = tensor(draw)
    dims = {"start_dim": axis(draw, x.rank), "end_dim": axis(draw, x.rank)}
    return {"input": x, **some(draw, **dims)}


def unflatten(draw: Draw) -> Case:
    x = tensor(draw, sizes(draw, 1))
    dim = axis(draw, x.rank)
    size: Any = x.shape[dim] if -x.rank <= dim < x.rank else 2
    return {"input": x, "dim": dim, "sizes": regrouped(draw, (size,))}


def squeeze(draw: Draw) -> Case:
    x = tensor(draw, tuple(draw(st.lists(st.sampled_from([1, 1, 2, 3]), max_size=4))))
    return {"input": x, **some(draw, dim=axes(draw, x.rank))}


def unsqueeze(draw: Draw) -> Case:
    x = tensor(draw)
    return {"input": x, "dim": axis(draw, x.rank + 1)}


def permute(draw: Draw) -> Case:
    x = tensor(draw)
    order = tuple(draw(st.permutations(range(x.rank))))
    return {"input": x, "dims": near(draw, order)}


def swap(first: str, second: str) -> Make:
    def make(draw: Draw) -> Case:
        x = tensor(draw)
        return {"input": x, first: axis(draw, x.rank), second: axis(draw, x.rank)}

    return make


def movedim(draw: Draw) -> Case:
    x = tensor(draw)
    return {"input": x, "source": axes(draw, x.rank), "destination": axes(draw, x.rank)}


def expanded(draw: Draw) -> tuple[TensorType, tuple[int, ...]]:
    target = sizes(draw)
    own = tuple(1 if draw(BOOL) else size for size in target)[draw(st.integers(0, len(target))) :]
    kept = tuple(-1 if draw(st.integers(0, 4)) == 4 else size for size in target)
    return tensor(draw, own), near(draw, kept)


def expand(draw: Draw) -> Case:
    x, size = expanded(draw)
    return {"input": x, "size": size}


def expand_as(draw: Draw) -> Case:
    x, size = expanded(draw)
    return {"input": x, "other": exact(tuple(abs(s) for s in size))}


def view_as(draw: Draw) -> Case:
    case = view("size")(draw)
    return {"input": case["input"], "other": exact(tuple(abs(s) for s in case["size"]))}


def repeat(name: str) -> Make:
    def make(draw: Draw) -> Case:
        x = tensor(draw)
        counts = tuple(draw(st.lists(st.integers(0, 3), min_size=x.rank, max_size=x.rank + 2)))
        return {"input": x, name: near(draw, counts)}

    return make


def repeat_interleave(draw: Draw) -> Case:
    x = tensor(draw)
    return {"input": x, "repeats": draw(st.integers(-1, 3)), **some(draw, dim=axis(draw, x.rank))}


def only(draw: Draw) -> Case:
    return {"input": tensor(draw)}


SHAPE: dict[str, Make] = {
    "view": view("size"), "reshape": view("shape"), "view_as": view_as, "reshape_as": view_as,
    "flatten": flatten, "unflatten": unflatten, "squeeze": squeeze, "unsqueeze": unsqueeze,
    "permute": permute, "transpose": swap("dim0", "dim1"), "swapaxes": swap("axis0", "axis1"),
    "t": only, "movedim": movedim, "expand": expand, "expand_as": expand_as,
    "broadcast_to": expand, "repeat": repeat("repeats"), "tile": repeat("dims"),
    "repeat_interleave": repeat_interleave, "contiguous": only, "clone": only, "detach": only,
}  # fmt: skip


# Joining and parting ------------------------------------------------------------------------


def cat(draw: Draw) -> Case:
    shape = sizes(draw, 1)
    dim = axis(draw, len(shape))
    at = dim % len(shape)
    count = draw(st.integers(1, 3))
    shapes = [(*shape[:at], draw(SIZE), *shape[at + 1 :]) for _ in range(count)]
    return {"tensors": tuple(tensor(draw, near(draw, s)) for s in shapes), "dim": dim}


def stack(draw: Draw) -> Case:
    shape = sizes(draw)
    items = tuple(tensor(draw, near(draw, shape)) for _ in range(draw(st.integers(1, 3))))
    return {"tensors": items, **some(draw, dim=axis(draw, len(shape) + 1))}


def chunk(draw: Draw) -> Case:
    x = tensor(draw)
    return {"input": x, "chunks": draw(st.integers(0, 4)), **some(draw, dim=axis(draw, x.rank))}


def split(receiver: str, name: str) -> Make:
    def make(draw: Draw) -> Case:
        x = tensor(draw)
        dim = axis(draw, x.rank)
        whole: Any = x.shape[dim] if -x.rank <= dim < x.rank else 3
        first = draw(st.integers(0, whole))
        step = draw(st.integers(-1, 5)) if draw(BOOL) else near(draw, (first, whole - first))
        return {receiver: x, name: step, "dim": dim}

    return make


def tensor_split(draw: Draw) -> Case:
    x = tensor(draw)
    parts = st.one_of(
        st.integers(0, 4), st.lists(st.integers(0, 6), min_size=1, max_size=3).map(tuple)
    )
    return {"input": x, "indices_or_sections": draw(parts), **some(draw, dim=axis(draw, x.rank))}


def unbind(draw: Draw) -> Case:
    x = tensor(draw)
    return {"input": x, **some(draw, dim=axis(draw, x.rank))}


def narrow(draw: Draw) -> Case:
    x = tensor(draw)
    start, length = draw(st.integers(-3, 5)), draw(st.integers(-1, 5))
    return {"input": x, "dim": axis(draw, x.rank), "start": start, "length": length}


def select(draw: Draw) -> Case:
    x = tensor(draw)
    return {"input": x, "dim": axis(draw, x.rank), "index": draw(st.integers(-6, 5))}


def meshgrid(draw: Draw) -> Case:
    items = tuple(exact(sizes(draw, 0, 1)) for _ in range(draw(st.integers(1, 3))))
    return {"tensors": items, "indexing": draw(st.sampled_from(["ij", "xy"]))}


def broadcast_tensors(draw: Draw) -> Case:
    shape = sizes(draw)
    return {"tensors": tuple(tensor(draw, against(draw, shape)) for _ in range(2))}


JOIN: dict[str, Make] = {
    "cat": cat, "concat": cat, "stack": stack, "chunk": chunk,
    "split": split("tensor", "split_size_or_sections"),
    "Tensor.split": split("input", "split_size"), "tensor_split": tensor_split,
    "unbind": unbind, "narrow": narrow, "select": select, "meshgrid": meshgrid,
    "broadcast_tensors": broadcast_tensors,
}  # fmt: skip


# Indices ------------------------------------------------------------------------------------


def smaller(draw: Draw, shape: tuple[Any, ...], high: int = 0) -> Shape:
    """Sizes up to those of `shape`, rarely beyond."""
    return near(draw, tuple(draw(st.integers(1, size + high)) for size in shape))


def index(draw: Draw, shape: Shape) -> TensorType:
    return TensorType(often(draw, "int", st.sampled_from(["int32", "float", "bool"])), shape)


def gather(draw: Draw) -> Case:
    x = tensor(draw)
    return {"input": x, "dim": axis(draw, x.rank), "index": index(draw, smaller(draw, x.shape))}


def take_along_dim(draw: Draw) -> Case:
    x = tensor(draw)
    at = index(draw, against(draw, x.shape))
    return {"input": x, "indices": at, **some(draw, dim=axis(draw, x.rank))}


def index_select(draw: Draw) -> Case:
    x = tensor(draw)
    return {"input": x, "dim": axis(draw, x.rank), "index": index(draw, sizes(draw, 0, 2))}


def take(draw: Draw) -> Case:
    return {"input": tensor(draw), "index": index(draw, sizes(draw))}


def index_add(draw: Draw) -> Case:
    x = tensor(draw, sizes(draw, 1))
    dim, count = axis(draw, x.rank), draw(SIZE)
    at = dim % x.rank
    source = near(draw, (*x.shape[:at], count, *x.shape[at + 1 :]))
    return {"input": x, "dim": dim, "index": index(draw, (count,)), "source": tensor(draw, source)}


def index_fill(draw: Draw) -> Case:
    return {**index_select(draw), "value": 2}


def scatter(draw: Draw) -> Case:
    x = tensor(draw)
    at = smaller(draw, x.shape)
    source = tensor(draw, tuple(size + draw(st.integers(0, 1)) for size in at))
    if not x.rank and draw(BOOL):  # what has no dims counts as one of 1
        at, source = (draw(st.integers(1, 2)),), tensor(draw, ())
    return {"input": x, "dim": axis(draw, x.rank), "index": index(draw, at), "src": source}


def scatter_reduce(draw: Draw) -> Case:
    reduce = draw(st.sampled_from(["sum", "prod", "mean", "amax", "amin"]))
    return {**scatter(draw), "reduce": reduce, **some(draw, include_self=BOOL)}


def roll(draw: Draw) -> Case:
    x = tensor(draw)
    count = draw(st.integers(1, 2))
    shifts = tuple(draw(st.integers(-3, 3)) for _ in range(count))
    return {"input": x, "shifts": shifts, **some(draw, dims=axes(draw, x.rank))}


def flip(draw: Draw) -> Case:
    x = tensor(draw, sizes(draw, 1))
    dims = axes(draw, x.rank)
    return {"input": x, "dims": dims if isinstance(dims, tuple) else (dims,)}


def rot90(draw: Draw) -> Case:
    x = tensor(draw, sizes(draw, 2))
    dims = often(draw, (0, 1), st.sampled_from([(1, 0), (0, 0), (-1, 0), (0, 3)]))
    return {"input": x, "k": draw(st.integers(-1, 3)), "dims": dims}


def windows(draw: Draw) -> Case:
    x = tensor(draw)
    size, step = draw(st.integers(0, 5)), draw(st.integers(0, 3))
    return {"input": x, "dimension": axis(draw, x.rank), "size": size, "step": step}


def bucketize(draw: Draw) -> Case:
    return {"input": exact(sizes(draw)), "boundaries": exact(near(draw, (3,)))}


def searchsorted(draw: Draw) -> Case:
    sequence = sizes(draw, 1, 3)
    values = near(draw, (*sequence[:-1], draw(SIZE)))
    return {"sorted_sequence": exact(sequence), "input": tensor(draw, values)}


def multinomial(draw: Draw) -> Case:
    shape = near(draw, sizes(draw, 1, 2))
    count = draw(st.integers(1, 5))
    return {"input": exact(shape), "num_samples": count, **some(draw, replacement=BOOL)}


INDEX: dict[str, Make] = {
    "gather": gather, "take_along_dim": take_along_dim, "index_select": index_select,
    "take": take, "index_add": index_add, "index_copy": index_add, "index_fill": index_fill,
    "scatter": scatter, "scatter_add": scatter, "scatter_reduce": scatter_reduce,
    "roll": roll, "flip": flip, "rot90": rot90, "Tensor.unfold": windows,
    "bucketize": bucketize, "searchsorted": searchsorted, "multinomial": multinomial,
}  # fmt: skip


# Creation and casts -------------------------------------------------------------------------


def filled(draw: Draw) -> Case:
    return {"size": sizes(draw), **some(draw, dtype=DTYPE)}


def random(draw: Draw) -> Case:
    return {"size": sizes(draw), **some(draw, dtype=DTYPE)}


def full(draw: Draw) -> Case:
    return {**filled(draw), "fill_value": draw(st.sampled_from([1, 1.5, True]))}


def randint(draw: Draw) -> Case:
    return {"low": draw(st.integers(0, 2)), "high": draw(st.integers(1, 4)), "size": sizes(draw)}


def eye(draw: Draw) -> Case:
    return {"n": draw(SIZE), **some(draw, m=SIZE, dtype=DTYPE)}


def arange(draw: Draw) -> Case:
    numbers = st.one_of(st.integers(-4, 9), st.sampled_from([0.5, 2.5, 7.0]))
    start, end = draw(numbers), draw(numbers)
    step = draw(st.sampled_from([1, 2, 3, -1, -2, 0.5, 0]))
    return {"start": start, "end": end, "step": step, **some(draw, dtype=DTYPE)}


def literal(draw: Draw) -> Case:
    numbers = st.one_of(st.integers(0, 3), st.floats(0, 1, width=16), BOOL)
    row = st.lists(numbers, min_size=1, max_size=3)
    data = draw(st.one_of(numbers, row, st.lists(row, max_size=3)))
    return {"data": data, **some(draw, dtype=DTYPE)}


def like(draw: Draw) -> Case:
    return {"input": tensor(draw), **some(draw, dtype=DTYPE)}


def like_filled(draw: Draw) -> Case:
    return {"input": tensor(draw), "fill_value": 2, **some(draw, dtype=DTYPE)}


def new(draw: Draw) -> Case:
    return {"input": tensor(draw), "size": sizes(draw), **some(draw, dtype=DTYPE)}


def triangle(draw: Draw) -> Case:
    return {"input": tensor(draw), **some(draw, diagonal=st.integers(-2, 2))}


def window(draw: Draw) -> Case:
    return {"window_length": draw(SIZE), **some(draw, periodic=BOOL, dtype=FLOAT_DTYPE)}


def to(draw: Draw) -> Case:
    return {"input": tensor(draw), "dtype": draw(DTYPE)}


CREATE: dict[str, Make] = {
    "zeros": filled, "ones": filled, "rand": random, "randn": random, "full": full,
    "randint": randint, "randperm": lambda draw: {"n": draw(SIZE)}, "eye": eye,
    "arange": arange, "tensor": literal, "hann_window": window, "hamming_window": window,
    "zeros_like": like, "ones_like": like, "full_like": like_filled, "rand_like": like,
    "randn_like": like, "new_zeros": new, "new_ones": new,
    "new_full": lambda draw: {**new(draw), "fill_value": 2}, "tril": triangle, "triu": triangle,
    "bernoulli": only,
}  # fmt: skip

CAST: dict[str, Make] = {
    **dict.fromkeys(["float", "int", "long", "bool", "half", "bfloat16", "double"], only),
    "to": to,
    "type_as": lambda draw: {
        "input": tensor(draw),
        "other": tensor(draw, (), draw(st.sampled_from(ANY))),
    },
}
