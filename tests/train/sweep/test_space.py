"""The space of a sweep."""

from __future__ import annotations

import pytest
from netwright.recipe.sweep import Sweep
from netwright_runtime.train.sweep.space import distribution, drawn, values
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import FixedTrial
from pydantic import ValidationError

SPACE = {
    "depth": {"low": 1, "high": 4},
    "width": {"low": 16, "high": 128, "step": 16},
    "rate": {"low": 1e-4, "high": 1e-2, "log": True},
    "share": {"low": 0, "high": 0.5, "step": 0.1},
    "widths": [[8, 16], [16, 32]],
    "norm": ["batch", None, True],
}


def test_ranges_are_whole_where_both_ends_are() -> None:
    sweep = Sweep.model_validate({"over": SPACE})
    found = {key: distribution(space) for key, space in sweep.over.items()}
    assert found == {
        "depth": IntDistribution(1, 4),
        "width": IntDistribution(16, 128, step=16),
        "rate": FloatDistribution(1e-4, 1e-2, log=True),
        "share": FloatDistribution(0.0, 0.5, step=0.1),
        "widths": CategoricalDistribution(["[8, 16]", "[16, 32]"]),
        "norm": CategoricalDistribution(['"batch"', "null", "true"]),
    }


def test_choices_may_be_lists() -> None:
    sweep = Sweep.model_validate({"over": SPACE})
    params = {
        "depth": 2, "width": 32, "rate": 1e-3, "share": 0.2, "widths": "[16, 32]", "norm": "null"
    }  # fmt: skip
    expected = params | {"widths": [16, 32], "norm": None}
    assert drawn(FixedTrial(params), sweep) == expected  # type: ignore[arg-type]
    assert values(sweep, params) == expected


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ({"over": {"x": {"low": 2, "high": 2}}}, "a `low` that is less than `high`"),
        (
            {"over": {"x": {"low": 0, "high": 2, "log": True}}},
            "a positive `low` and no `step` with `log`",
        ),
        ({"over": {"x": []}}, "a list of at least one value, or a mapping"),
        ({"over": {"x": {"low": 0}}}, "Field required"),
        (
            {"objectives": {"loss": "min", "flops": "min"}, "prune": "median"},
            "one objective with `prune: median`",
        ),
    ],
)
def test_what_is_no_space(written, message) -> None:
    with pytest.raises(ValidationError, match=message):
        Sweep.model_validate(written)


@pytest.mark.parametrize(
    ("written", "pruned"),
    [
        ({}, True),
        ({"prune": "none"}, False),
        ({"objectives": {"loss": "min", "flops": "min"}}, False),
        ({"objectives": {"flops": "min"}}, False),
    ],
)
def test_what_is_pruned(written, pruned) -> None:
    assert Sweep.model_validate(written).pruned is pruned
