"""The type of `x[...]` against torch, and bounds of symbolic sizes."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from netwright.ir.dims import Size, evaluate, show, substitute, symbol
from netwright.ir.types import TensorType
from netwright.ops.entry import OpError
from netwright.ops.indexing import SliceItem, index_type

EXAMPLES = settings(max_examples=600, deadline=None, derandomize=True, database=None)
B, T, N = symbol("B"), symbol("T"), symbol("N")

BOUND = st.one_of(st.none(), st.integers(-6, 6))
SHAPES = st.sampled_from([(), (3,), (1, 3), (2, 1)])
ITEMS = st.one_of(
    st.integers(-5, 4),
    st.none(),
    st.just(...),
    st.builds(SliceItem, BOUND, BOUND, st.one_of(st.none(), st.integers(1, 3))),
    st.builds(TensorType, st.sampled_from(["int", "int", "int32", "float"]), SHAPES),
)


def to_torch(item: Any) -> Any:
    if isinstance(item, SliceItem):
        return slice(item.lower, item.upper, item.step)
    if isinstance(item, TensorType):
        dtype = {"int": torch.int64, "int32": torch.int32, "float": torch.float32}[item.dtype]
        return torch.zeros([int(str(d)) for d in item.shape], dtype=dtype)
    return item


@EXAMPLES
@given(st.lists(st.integers(1, 5), max_size=4), st.lists(ITEMS, max_size=5))
def test_index(shape: list[int], items: list[Any]) -> None:
    if items.count(...) > 1:
        return  # torch lets it pass where nothing is left to cover
    try:
        expected = tuple(torch.zeros(shape)[tuple(to_torch(item) for item in items)].shape)
    except (IndexError, RuntimeError, TypeError):
        expected = None
    try:
        found = index_type(TensorType("float", tuple(shape)), items).shape
    except OpError:
        found = None
    assert found == expected, (shape, items)
    witnessed = tuple(symbol(f"s{i}", witness=size) for i, size in enumerate(shape))
    try:
        again = index_type(TensorType("float", witnessed), items).shape
    except OpError:
        assert expected is None
    else:
        assert tuple(evaluate(d, {}) for d in again) == expected


@pytest.mark.parametrize(
    ("size", "item", "expected"),
    [
        (T, SliceItem(1), "T - 1"),
        (T, SliceItem(None, -1), "T - 1"),
        (T, SliceItem(None, 4), "4"),
        (T, SliceItem(-1), "1"),
        (T, SliceItem(-4, None), "4"),
        (T, SliceItem(1, -1), "T - 2"),
        (T, SliceItem(None, None, 2), "(T + 1) // 2"),
        (T, SliceItem(1, None, 2), "T // 2"),
        (T, SliceItem(None, N), "N"),
        (T, SliceItem(N), "-N + T"),
        (T, SliceItem(-1 * N), "N"),
        (256, SliceItem(None, T), "T"),
        (T + N, SliceItem(None, T), "T"),
        (T + 1, SliceItem(None, 1), "1"),
        (2 * T, SliceItem(T), "T"),
        (T, SliceItem(None, T + 1), "T"),
    ],
)
def test_slices_of_symbolic_sizes(size: Size, item: SliceItem, expected: str) -> None:
    assert show(index_type(TensorType("float", (size,)), [item]).shape[0]) == expected


@given(st.integers(6, 40), BOUND, BOUND, st.integers(1, 3))
@settings(max_examples=200, deadline=None, derandomize=True, database=None)
def test_a_slice_that_lies_within_is_what_torch_makes(
    size: int, lower: int | None, upper: int | None, step: int
) -> None:
    """Bounds of at most 6 lie within sizes from 6 on, where upper does not precede lower."""
    expected = len(range(size)[lower:upper:step])
    found = index_type(TensorType("float", (T,)), [SliceItem(lower, upper, step)]).shape[0]
    ordered = len(range(size)[lower:upper]) > 0
    if ordered:
        assert substitute(found, {"T": size}) == expected


@pytest.mark.parametrize(
    ("items", "code", "message"),
    [
        ([0, 0, 0], "E0302", "3 indices for float[B, 4], which has 2 dims"),
        ([..., ...], "E0308", "an index has one `...` at most"),
        ([..., 4], "E0308", "index 4 is out of range for size 4 of float[B, 4]"),
        ([..., -5], "E0308", "index -5 is out of range for size 4 of float[B, 4]"),
        ([B], "E0308", "index B is out of range for size B of float[B, 4]"),
        ([SliceItem(None, None, -1)], "E0308", "the step of a slice is -1"),
        ([SliceItem(None, None, T)], "E0306", "the step of a slice must be known at build"),
        (
            [TensorType("bool", (B,))], "E0307",
            "the size of a selection by a mask depends on data",
        ),
        ([TensorType("float", (B,))], "E0304", "an index is an integer tensor, found float[B]"),
    ],
)  # fmt: skip
def test_refusals(items: list[Any], code: str, message: str) -> None:
    with pytest.raises(OpError) as caught:
        index_type(TensorType("float", (B, 4)), items)
    assert (caught.value.code, caught.value.message) == (code, message)
