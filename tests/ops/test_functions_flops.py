"""FLOPs of functions as `torch.utils.flop_counter` counts them."""

from __future__ import annotations

import pytest
import torch
from netwright.ir.types import TensorType
from netwright.ops.binding import bind
from netwright.ops.table import FUNCTIONS
from torch.utils.flop_counter import FlopCounterMode

from tests.ops.test_functions_rules import call

CALLS = [
    ("matmul", {"input": (5, 2, 3), "other": (3, 4)}),
    ("matmul", {"input": (5, 2, 3), "other": (5, 3, 4)}),
    ("matmul", {"input": (6, 5, 2, 3), "other": (5, 3, 4)}),
    ("matmul", {"input": (3,), "other": (3, 4)}),
    ("matmul", {"input": (3,), "other": (5, 3, 4)}),
    ("matmul", {"input": (2, 3), "other": (3,)}),
    ("matmul", {"input": (5, 2, 3), "other": (3,)}),
    ("mm", {"input": (2, 3), "mat2": (3, 4)}),
    ("bmm", {"input": (5, 2, 3), "mat2": (5, 3, 4)}),
    ("mv", {"input": (2, 3), "vec": (3,)}),
    ("dot", {"input": (3,), "tensor": (3,)}),
    ("addmm", {"input": (4,), "mat1": (2, 3), "mat2": (3, 4)}),
    ("baddbmm", {"input": (2, 4), "batch1": (5, 2, 3), "batch2": (5, 3, 4)}),
    ("tensordot", {"a": (2, 3, 4), "b": (3, 4, 5)}),
    ("linear", {"input": (5, 2, 3), "weight": (4, 3), "bias": (4,)}),
    ("linear", {"input": (3,), "weight": (4, 3)}),
    ("conv1d", {"input": (2, 4, 9), "weight": (6, 4, 3)}),
    ("conv2d", {"input": (2, 4, 9, 8), "weight": (6, 2, 3, 3), "groups": 2, "stride": 2}),
    ("conv3d", {"input": (1, 2, 5, 5, 5), "weight": (3, 2, 2, 2, 2)}),
    ("conv_transpose2d", {"input": (2, 4, 5, 5), "weight": (4, 3, 2, 2), "stride": 2}),
    ("relu", {"input": (3, 4)}),
]
ATTENTION = {"query": (2, 3, 5, 8), "key": (2, 3, 7, 8), "value": (2, 3, 7, 4)}
EQUATIONS = [
    ("bhid,bhjd->bhij", [(2, 3, 4, 5), (2, 3, 6, 5)]),
    ("b h i j, b h j d -> b h i d", [(2, 3, 4, 6), (2, 3, 6, 5)]),
    ("...ij,jk->...ik", [(2, 7, 3, 4), (4, 5)]),
    ("ij,ij->ij", [(3, 4), (3, 4)]),
    ("bi,bi->b", [(3, 4), (3, 4)]),
    ("i,j->ij", [(3,), (4,)]),
    ("ij,jk,kl->il", [(2, 3), (3, 4), (4, 5)]),
    ("bij->bj", [(2, 3, 4)]),
    ("ijk,jil->kl", [(2, 3, 4), (3, 2, 5)]),
]


def typed(value: object) -> object:
    return TensorType("float", value) if isinstance(value, tuple) else value


def counted(name: str, case: dict[str, object]) -> tuple[object, int]:
    """What the entry says and what torch counts."""
    op = FUNCTIONS[name]
    assert op.rule is not None
    bound = bind(name, op.args, (), case)
    ours = op.flops(bound, op.rule(bound))
    with FlopCounterMode(display=False) as counter:
        call(op, case, "meta")
    return ours, counter.get_total_flops()


@pytest.mark.parametrize(("name", "arguments"), CALLS)
def test_flops(name: str, arguments: dict[str, object]) -> None:
    ours, theirs = counted(name, {key: typed(value) for key, value in arguments.items()})
    assert ours == theirs


def test_attention_flops() -> None:
    """On meta tensors torch composes attention from products, which count as the fused kernel."""
    ours, theirs = counted(
        "scaled_dot_product_attention", {key: typed(value) for key, value in ATTENTION.items()}
    )
    assert ours == theirs


@pytest.mark.parametrize(("equation", "shapes"), EQUATIONS)
def test_einsum_flops(equation: str, shapes: list[tuple[int, ...]]) -> None:
    from netwright.ops.einsum import einsum_flops, letters

    ours = einsum_flops(equation, [TensorType("float", shape) for shape in shapes])
    tensors = [torch.zeros(shape, device="meta") for shape in shapes]
    with FlopCounterMode(display=False) as counter:
        torch.einsum(letters(equation), *tensors)
    assert ours == counter.get_total_flops()
