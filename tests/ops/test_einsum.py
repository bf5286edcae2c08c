"""Einstein sums: types against torch, names as in einops, faults."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from netwright.ir.dims import evaluate, symbol
from netwright.ir.types import TensorType
from netwright.ops.einsum import einsum_type, letters
from netwright.ops.entry import OpError
from netwright.ops.pattern import PatternError

from tests.ops.test_functions_rules import VALUES, witnessed

B, T, S = symbol("B"), symbol("T"), symbol("S")
EXAMPLES = settings(max_examples=500, deadline=None, derandomize=True, database=None)


@pytest.mark.parametrize(
    ("equation", "expected"),
    [
        ("bhid,bhjd->bhij", "bhid,bhjd->bhij"),
        ("b h i d, b h j d -> b h i j", "bhid,bhjd->bhij"),
        ("ij, jk -> ik", "ij,jk->ik"),
        ("ij,jk", "ij,jk->ik"),
        ("batch time dim, dim out -> batch time out", "btd,do->bto"),
        ("head h, h hidden -> head hidden", "ha,ab->hb"),
        ("... i d, ... j d -> ... i j", "...id,...jd->...ij"),
    ],
)
def test_letters(equation: str, expected: str) -> None:
    assert letters(equation) == expected


@EXAMPLES
@given(st.data())
def test_type(data: st.DataObject) -> None:
    draw = data.draw
    sizes = {label: draw(st.integers(1, 3)) for label in "ijkl"}
    label_lists = [
        draw(st.lists(st.sampled_from("ijkl"), max_size=3)) for _ in range(draw(st.integers(1, 3)))
    ]
    dots = [draw(st.lists(st.sampled_from([1, 4]), max_size=2)) for _ in label_lists]
    shapes, words = [], []
    for labels, covered in zip(label_lists, dots, strict=True):
        own = [1 if draw(st.integers(0, 9)) == 9 else sizes[label] for label in labels]
        shapes.append((*covered, *own))
        words.append(("..." if covered else "") + "".join(labels))
    every = sorted({label for labels in label_lists for label in labels})
    equation = ",".join(words)
    if draw(st.booleans()):
        result = "".join(draw(st.lists(st.sampled_from(every), unique=True))) if every else ""
        equation += "->" + ("..." if any(dots) and draw(st.integers(0, 5)) < 5 else "") + result
    try:
        tensors = [torch.zeros(shape, device="meta") for shape in shapes]
        expected = tuple(torch.einsum(equation, *tensors).shape)
    except RuntimeError:
        expected = None
    for change in (int, witnessed):
        typed = [TensorType("float", tuple(change(d) for d in shape)) for shape in shapes]
        try:
            found = tuple(evaluate(d, VALUES) for d in einsum_type(equation, typed).shape)
        except OpError:
            found = None
        assert found == expected, (equation, shapes)


def test_symbolic_sizes() -> None:
    q, k = TensorType("float", (B, 8, T, 64)), TensorType("float", (B, 8, S, 64))
    assert str(einsum_type("b h i d, b h j d -> b h i j", [q, k])) == "float[B, 8, T, S]"
    with pytest.raises(OpError) as caught:
        einsum_type("bhid,bhid->bh", [q, k])
    assert caught.value.message == "`i` is T and S"
    assert caught.value.help.startswith("if they are equal")


@pytest.mark.parametrize(
    ("equation", "offset", "message"),
    [
        ("ij,j1->i", 4, "`1` is no axis"),
        ("ij,jk->iz", 8, "`z` stands on the right only"),
        ("ij,jk->ii", 8, "`i` twice on the right"),
        ("...i...->i", 4, "a second `...`"),
        ("a b, b c", 0, "an equation with names needs `->`"),
    ],
)
def test_faults(equation: str, offset: int, message: str) -> None:
    with pytest.raises(PatternError) as caught:
        letters(equation)
    assert (caught.value.offset, caught.value.message) == (offset, message)


def test_operands_must_match() -> None:
    x = TensorType("float", (2, 3))
    for operands, code in (([x], "E0302"), ([x, TensorType("int", (3, 4))], "E0304")):
        with pytest.raises(OpError) as caught:
            einsum_type("ij,jk->ik", operands)
        assert caught.value.code == code
