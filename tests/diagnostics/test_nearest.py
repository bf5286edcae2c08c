"""What a misspelt name was meant to be."""

from __future__ import annotations

from difflib import get_close_matches

import pytest
from hypothesis import given
from hypothesis import strategies as st
from netwright.diagnostics import nearest

WORDS = st.text("abcde_", min_size=1, max_size=8)


@pytest.mark.parametrize(
    ("name", "found"),
    [("Liner", "Linear"), ("conv2d", "Conv2d"), ("zzz", None), ("Linear", "Linear"), ("", None)],
)
def test_names(name: str, found: str | None) -> None:
    assert nearest(name, ["Conv2d", "Linear", "ReLU"]) == found


@given(WORDS, st.lists(WORDS, max_size=25), st.sampled_from([0.6, 0.7, 0.9]))
def test_what_is_left_out_of_the_comparison_is_too_different(
    name: str, known: list[str], cutoff: float
) -> None:
    """Up to the number of names that is compared, the answer is that of comparing them all."""
    all_compared = get_close_matches(name, known, 1, cutoff)
    assert nearest(name, known, cutoff) == (all_compared[0] if all_compared else None)


def test_of_many_names_the_likely_ones_are_compared() -> None:
    others = [f"layer_{k:04}" for k in range(1500)]
    assert nearest("enbedding", [*others, "embedding"]) == "embedding"
    assert nearest("layer_0_700", others) in others


def test_names_of_any_length_are_answered() -> None:
    assert nearest("n" * 100_000, ["n" * 99_999]) is None
    assert nearest("norm", ["n" * 100_000, "norms"]) == "norms"
