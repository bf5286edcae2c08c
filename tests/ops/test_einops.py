"""Einops patterns: what they are lowered to, the values that this computes, and their faults."""

from __future__ import annotations

from math import prod
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from netwright.ir.dims import symbol
from netwright.ir.types import TensorType
from netwright.ops.binding import bind
from netwright.ops.einops import Step, plan
from netwright.ops.entry import OpError
from netwright.ops.pattern import PatternError
from netwright.ops.table import FUNCTIONS

B, T, H = symbol("B"), symbol("T"), symbol("H")
Cells = list[list[str]]


def written(steps: tuple[Step, ...]) -> str:
    return "x" + "".join(f".{s.name}({', '.join(map(str, s.args))})" for s in steps)


@pytest.mark.parametrize(
    ("pattern", "shape", "lengths", "expected"),
    [
        ("b t (h d) -> b h t d", (B, T, 64), {"h": 8}, "x.unflatten(-1, (8, -1)).transpose(1, 2)"),
        ("b h t d -> b t (h d)", (B, 8, T, 8), {}, "x.transpose(1, 2).flatten(2)"),
        ("b c h w -> b (h w) c", (B, 3, H, T), {}, "x.flatten(2).transpose(1, 2)"),
        ("b (h w) c -> b c h w", (B, 64, 3), {"h": 8}, "x.transpose(1, 2).unflatten(-1, (8, -1))"),
        ("b c h w -> b h w c", (B, 3, H, T), {}, "x.permute(0, 2, 3, 1)"),
        ("b c h w -> (b h) w c", (B, 3, H, T), {}, "x.permute(0, 2, 3, 1).flatten(0, 1)"),
        (
            "b n (t h d) -> t b h n d", (B, T, 192), {"t": 3, "h": 8},
            "x.unflatten(-1, (3, 8, -1)).permute(2, 0, 3, 1, 4)",
        ),
        (
            "b (n h d) -> n b (h d)", (B, 12), {"n": 3, "h": 2},
            "x.unflatten(-1, (3, -1)).transpose(0, 1)",
        ),
        (
            "... t (h d) -> ... h t d", (B, T, 64), {"h": 8},
            "x.unflatten(-1, (8, -1)).transpose(-3, -2)",
        ),
        ("... c h w -> ... h w c", (B, 3, H, T), {}, "x.movedim(-3, -1)"),
        ("b c ... -> b ... c", (B, 3, H, T), {}, "x.movedim(1, -1)"),
        ("b c ... -> b (...) c", (B, 3, H, T), {}, "x.flatten(2).movedim(1, -1)"),
        ("b c 1 1 -> b c", (B, 3, 1, 1), {}, "x.squeeze((2, 3))"),
        ("b c -> b c 1", (B, 3), {}, "x.unsqueeze(-1)"),
        ("b c -> b c", (B, 3), {}, "x"),
        ("(a b) c -> a (b c)", (12, 5), {"a": 3}, "x.unflatten(0, (3, -1)).flatten(1)"),
    ],
)  # fmt: skip
def test_rearrange_is_written_as_a_person_would(
    pattern: str, shape: Any, lengths: dict[str, Any], expected: str
) -> None:
    assert written(plan("rearrange", [TensorType("float", shape), pattern], lengths)) == expected


@pytest.mark.parametrize(
    ("pattern", "reduction", "expected"),
    [
        ("b c h w -> b c", "mean", "x.mean((2, 3))"),
        ("b c h w -> b c 1 1", "mean", "x.mean((2, 3), True)"),
        ("b c h w -> b h w", "max", "x.amax(1)"),
        ("b c h w -> b c", "prod", "x.prod(3).prod(2)"),
        ("b ... -> b", "sum", "x.sum((1, 2, 3))"),
        ("b c (h 2) (w 2) -> b c h w", "max",
         "x.unflatten(-1, (-1, 2)).unflatten(2, (-1, 2)).amax((3, 5))"),
    ],
)  # fmt: skip
def test_reduce_is_written_as_a_person_would(pattern: str, reduction: str, expected: str) -> None:
    x = TensorType("float", (B, 3, 8, 8))
    assert written(plan("reduce", [x, pattern, reduction], {})) == expected


def test_a_list_counts_as_its_stack() -> None:
    x = TensorType("float", (B, 4))
    assert written(plan("rearrange", [(x, x, x), "n b d -> b n d"], {})) == "x.transpose(0, 1)"
    op = FUNCTIONS["rearrange"]
    assert op.rule is not None
    result = op.rule(bind("rearrange", op.args, [(x, x, x), "n b (h d) -> b n h d"], {"h": 2}))
    assert str(result) == "float[B, 3, 2, 2]"


# Values -------------------------------------------------------------------------------------


def groups(draw: Any, names: list[str]) -> Cells:
    """`names` in groups of one to three, sometimes with a dim of 1 between."""
    found: Cells = []
    while names:
        count = draw(st.sampled_from([1, 1, 1, 2, 3]))
        found.append(names[:count])
        names = names[count:]
        if draw(st.integers(0, 7)) == 7:
            found.append([])
    return found


def text(cells: Cells, dots: str) -> str:
    words = [f"({' '.join(cell)})" if len(cell) > 1 else "".join(cell) or "1" for cell in cells]
    return " ".join("..." if word == dots else word for word in words)


def expected(
    x: torch.Tensor, left: Cells, right: Cells, sizes: dict[str, int], reduction: str
) -> torch.Tensor:
    """The same by one reshape, one reduction, one permutation and one reshape."""
    names = [name for cell in left for name in cell]
    order = [name for cell in right for name in cell]
    y = x.reshape([sizes[name] for name in names])
    gone = [i for i, name in enumerate(names) if name not in order]
    if gone:
        y = getattr(y, {"max": "amax"}.get(reduction, reduction))(gone)
    kept = [name for name in names if name in order]
    y = y.permute([kept.index(name) for name in order])
    return y.reshape([prod(sizes[name] for name in cell) for cell in right])


@settings(max_examples=500, deadline=None, derandomize=True, database=None)
@given(st.data())
def test_steps_compute_what_the_pattern_says(data: st.DataObject) -> None:
    draw = data.draw
    names = list("abcdef")[: draw(st.integers(1, 6))]
    sizes = {name: draw(st.integers(1, 4)) for name in names}
    order = list(draw(st.permutations(names))) if draw(st.booleans()) else names
    reducing = draw(st.integers(0, 2)) == 2
    order = order[: draw(st.integers(0, len(order)))] if reducing else order
    left, right = groups(draw, names), groups(draw, order)
    bare = [name for name in names if [name] in left and [name] in right]
    dots = draw(st.sampled_from(bare)) if bare and draw(st.integers(0, 2)) == 2 else ""
    lengths = {name: sizes[name] for cell in left for name in cell[1:]}
    reduction = draw(st.sampled_from(["sum", "max", "mean"]))

    x = torch.rand([prod(sizes[name] for name in cell) for cell in left], dtype=torch.float64)
    typed = TensorType("float64", tuple(x.shape))
    pattern = f"{text(left, dots)} -> {text(right, dots)}"
    steps = plan(*(
        ("reduce", [typed, pattern, reduction], lengths) if reducing
        else ("rearrange", [typed, pattern], lengths)
    ))  # fmt: skip
    found: Any = x
    for step in steps:
        found = getattr(found, step.name)(*step.args)
        rule = FUNCTIONS[step.name].rule
        assert rule is not None
        typed = rule(bind(step.name, FUNCTIONS[step.name].args, [typed, *step.args], {}))  # type: ignore[assignment]
        assert typed.shape == tuple(found.shape)
    torch.testing.assert_close(found, expected(x, left, right, sizes, reduction))


# Faults -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "offset", "length", "message"),
    [
        ("b t d", 0, 5, "`b t d` has no `->`"),
        ("b -> b -> b", 7, 2, "a second `->`"),
        ("b (t (h d)) -> b t", 5, 1, "brackets inside brackets"),
        ("b t) d -> b t d", 3, 1, "`)` without `(`"),
        ("b t d -> b (t d", 11, 1, "`(` without `)`"),
        ("b t b -> b t", 4, 1, "`b` twice on one side"),
        ("b t $ -> b t", 4, 1, "`$` is no axis"),
        ("b t d -> b time d", 11, 4, "`time` stands on the right only"),
        ("b time d -> b d", 2, 4, "`time` stands on the left only"),
        ("b (...) -> b (...)", 3, 3, "`...` in brackets on the left"),
        ("b t (h d) -> b h t d", 7, 1, "the lengths of `h` and `d` do not both follow from 12"),
        ("b t 0 -> b t", 4, 1, "`0` is no axis"),
    ],
)
def test_faults_of_a_pattern(pattern: str, offset: int, length: int, message: str) -> None:
    with pytest.raises(PatternError) as caught:
        plan("rearrange", [TensorType("float", (B, T, 12)), pattern], {})
    found = caught.value
    assert (found.code, found.offset, found.length, found.message) == (
        "E0308", offset, length, message
    )  # fmt: skip


@pytest.mark.parametrize(
    ("pattern", "lengths", "code", "message"),
    [
        ("b t c d -> b t d c", {}, "E0302",
         "`b t c d -> b t d c` wants 4 dims, the input is float[B, T, 12]"),
        ("b t (h d) -> b h t d", {"h": 5}, "E0301",
         "5 does not divide the dim 12 of float[B, T, 12]"),
        ("b (g t) d -> b g t d", {"g": 5}, "E0306",
         "5 is not known to divide the dim T of float[B, T, 12]"),
        ("b t (h d) -> b h t d", {"h": 5, "d": 2}, "E0301",
         "a dim of 12 of float[B, T, 12] cannot be 10"),
        ("b t d -> b d t", {"h": 5}, "E0202", "the pattern has no axis `h`"),
        ("b t d -> b d t", {"d": "a"}, "E0212", "`d` wants a size"),
    ],
)  # fmt: skip
def test_faults_of_lengths(pattern: str, lengths: dict[str, Any], code: str, message: str) -> None:
    with pytest.raises(OpError) as caught:
        plan("rearrange", [TensorType("float", (B, T, 12)), pattern], lengths)
    assert (caught.value.code, caught.value.message) == (code, message)
