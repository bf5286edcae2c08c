"""The call that is measured: sizes within the constraints, and inputs."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from netwright_runtime.bench import NotMeasured
from netwright_runtime.bench.example import Examples, sizes_of
from netwright_runtime.model import Compiled, compiled


def gpt(**params: Any) -> Compiled:
    """A small language model."""
    return compiled("language/tiny_gpt", dim=16, depth=1, num_heads=2, **params)


def test_sizes_are_usual_ones_where_the_spec_admits_them() -> None:
    assert sizes_of(gpt(), {}) == {"B": 1, "T": 128}
    assert sizes_of(gpt(), {"B": 3, "T": 5}) == {"B": 3, "T": 5}


def test_a_size_that_the_spec_does_not_admit_gives_way_to_the_nearest() -> None:
    assert sizes_of(gpt(max_len=100), {}) == {"B": 1, "T": 100}


def test_sizes_that_are_given_do_not_give_way() -> None:
    with pytest.raises(NotMeasured, match="T=101 do not meet `T <= max_len`; give others"):
        sizes_of(gpt(max_len=100), {"T": 101})


def test_inputs_are_the_same_at_each_call_and_can_be_looked_up() -> None:
    model = gpt(vocab_size=7)
    examples = Examples(model, torch.device("cpu"))
    first, again = (examples.inputs({"B": 2, "T": 50})["tokens"] for _ in range(2))
    assert torch.equal(first, again)
    assert first.shape == (2, 50)
    assert set(first.unique().tolist()) == set(range(7))
