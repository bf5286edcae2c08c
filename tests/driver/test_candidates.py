"""Candidates of a sweep, by checks and counts alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from netwright.diagnostics import SpecError
from netwright.driver.candidates import Candidate, Rejected, candidate, check_space, space
from netwright.driver.failure import CallError
from netwright.driver.recipe import load_recipe
from netwright.recipe.sweep import Sweep

RECIPE = """\
recipe: 1
model: {spec: language/tiny_gpt, params: {dim: 32, depth: 1}}
data: {source: digits}
loss: next_token
metrics: [perplexity]
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "recipe.yaml").write_text(RECIPE)
    return tmp_path / "recipe.yaml"


def _candidate(path: Path, values: dict[str, Any], **sweep: Any) -> Candidate:
    return candidate(path, ["train.epochs=2"], values, Sweep.model_validate(sweep))


def test_values_take_their_place_in_recipe_and_model(path) -> None:
    given = {"model.params.depth": 3, "optimiser.AdamW.lr": 5e-4, "data.batch_size": 8}
    found = _candidate(path, given)
    assert found.recipe.model.params == {"dim": 32, "depth": 3}
    assert found.recipe.optimiser.model_dump()["lr"] == 5e-4
    assert (found.recipe.data.batch_size, found.recipe.train.epochs) == (8, 2)


def test_what_a_candidate_takes_is_counted(path) -> None:
    one, two = (_candidate(path, {"model.params.depth": n}).counts for n in (1, 2))
    assert all(0 < one[name] < two[name] for name in ("parameters", "flops", "memory"))
    longer = _candidate(path, {}, sizes={"T": 200}).counts
    assert longer["parameters"] == one["parameters"]
    assert longer["flops"] > one["flops"]


@pytest.mark.parametrize("name", ["parameters", "flops", "memory"])
def test_bounds_reject(path, name) -> None:
    counts = _candidate(path, {}).counts
    _candidate(path, {}, **{f"max_{name}": counts[name]})
    with pytest.raises(Rejected, match=f"{name}: {counts[name]:,}, and at most"):
        _candidate(path, {}, **{f"max_{name}": counts[name] - 1})


def test_what_does_not_check_is_rejected(path) -> None:
    with pytest.raises(Rejected, match="E0401"):
        _candidate(path, {"model.params.dim": 30})


def _faults(path: Path, over: dict[str, Any], **more: Any) -> list[str]:
    loaded = load_recipe(path)
    sweep = Sweep.model_validate({"over": over, **more})
    with pytest.raises(SpecError) as fault:
        check_space(path, [], loaded, sweep)
    return [d.message for d in fault.value.diagnostics]


def test_a_space_that_no_candidate_fits_is_refused_at_once(path) -> None:
    found = _faults(
        path,
        {
            "model.params.deep": [1, 2],
            "train.epoch": [1],
            "model.params.depth": [1, "two"],
            "optimiser.AdamW.lr": {"low": 1e-4, "high": 1e-2},
        },
        objectives={"perplexity": "min", "accuracy": "max"},
    )
    # They stand at one place where the recipe itself says nothing of a sweep.
    assert any("nothing measures `accuracy`" in message for message in found)


@pytest.mark.parametrize(
    ("over", "message"),
    [
        ({"model.params.deep": [1]}, "`model.params.deep` cannot be 1"),
        ({"train.epoch": [1]}, "`train.epoch` cannot be 1"),
        ({"model.params.depth": [1, "two"]}, '`model.params.depth` cannot be "two"'),
        ({"loss": ["nothing"]}, '`loss` cannot be "nothing"'),
    ],
)
def test_what_is_wrong_with_a_key_or_value(path, over, message) -> None:
    (found,) = _faults(path, over)
    assert found.startswith(message)


def test_a_space_that_only_some_values_break_is_none_of_these(path) -> None:
    sweep = Sweep.model_validate({"over": {"model.params.dim": [30, 32]}})
    check_space(path, [], load_recipe(path), sweep)


def test_spaces_on_the_command_line() -> None:
    assert space("a.b=[1, two]") == ("a.b", [1, "two"])
    assert space("a = {low: 1e-3, high: 1}") == ("a", {"low": 1e-3, "high": 1})


@pytest.mark.parametrize("text", ["a", "a=3", "a="])
def test_what_is_no_space_on_the_command_line(text) -> None:
    with pytest.raises(CallError, match="is not of the form"):
        space(text)
