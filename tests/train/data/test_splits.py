"""Splits: disjoint, by their seed, in the shares that were asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from netwright.recipe.data import Split
from netwright_runtime.train.data import Column, DataError
from netwright_runtime.train.data.holding import Described, Held
from netwright_runtime.train.data.splits import divided
from pydantic import ValidationError


def held(size: int, **about: Any) -> Held:
    """A source with a rare class and groups of three."""
    columns = {"label": Column("int", ()), "group": Column("int", ()), "x": Column("float", ())}
    numbers = torch.arange(size)
    tensors = {"label": (numbers % 10 == 0).long(), "group": numbers // 3, "x": numbers.float()}
    return Held(Described(columns, **about), tensors)


def sizes(parts: Mapping[str, Sequence[int]]) -> dict[str, int]:
    return {name: len(part) for name, part in parts.items()}


def parts(source: Held, split: Split | None) -> dict[str, list[int]]:
    return {name: part.tolist() for name, part in divided(source, split).items()}


def refused(source: Held, split: Split | None) -> DataError:
    with pytest.raises(DataError) as fault:
        divided(source, split)
    assert fault.value.where[:2] == ("data", "split") and fault.value.help
    return fault.value


def test_the_default_is_eight_one_one() -> None:
    found = parts(held(100), None)
    assert sizes(found) == {"train": 80, "validation": 10, "test": 10}
    assert sorted(number for part in found.values() for number in part) == list(range(100))


@given(st.integers(20, 300), st.floats(0.1, 0.8), st.floats(0.1, 0.2), st.integers(0, 5))
def test_no_sample_is_in_two(size: int, train: float, rest: float, seed: int) -> None:
    split = Split(train=train, validation=rest, seed=seed)
    found = parts(held(size), split)
    both = found["train"] + found["validation"]
    assert len(set(both)) == len(both)
    assert abs(len(found["train"]) - train * size) <= 1
    assert abs(len(found["validation"]) - rest * size) <= 1


def test_the_seed_decides() -> None:
    first = parts(held(100), Split(train=0.5, test=0.5, seed=3))
    assert first == parts(held(100), Split(train=0.5, test=0.5, seed=3))
    assert first != parts(held(100), Split(train=0.5, test=0.5, seed=4))
    assert first["train"] != list(range(50))


def test_classes_keep_their_proportion() -> None:
    split = Split(train=0.8, validation=0.1, test=0.1, stratify="label")
    found = parts(held(200), split)
    rare = {name: sum(number % 10 == 0 for number in part) for name, part in found.items()}
    assert rare == {"train": 16, "validation": 2, "test": 2}
    assert sizes(found) == {"train": 160, "validation": 20, "test": 20}


def test_groups_stay_together() -> None:
    found = parts(held(90), Split(train=0.6, test=0.4, group="group"))
    groups = {name: {number // 3 for number in part} for name, part in found.items()}
    assert not groups["train"] & groups["test"]
    assert sizes(found) == {"train": 54, "test": 36}


def test_what_follows_in_time_is_divided_in_order() -> None:
    found = parts(held(100, gap=4), None)
    assert found["train"] == list(range(76))
    assert found["validation"] == list(range(80, 86))
    assert found["test"] == list(range(90, 100))


def test_the_sources_own_are_kept() -> None:
    own = {"train": range(60), "test": range(60, 100)}
    assert parts(held(100, splits=own), None) == {n: list(part) for n, part in own.items()}


def test_a_part_can_be_taken_out_of_the_sources_training_split() -> None:
    source = held(100, splits={"train": range(60), "test": range(60, 100)})
    found = parts(source, Split(validation=0.25))
    assert sizes(found) == {"train": 45, "test": 40, "validation": 15}
    assert sorted(found["train"] + found["validation"]) == list(range(60))


def test_the_sources_own_can_be_overruled() -> None:
    source = held(100, splits={"train": range(60), "test": range(60, 100)})
    found = parts(source, Split(train=0.9, validation=0.1))
    assert sizes(found) == {"train": 90, "validation": 10}


@pytest.mark.parametrize(
    ("own", "message"),
    [
        (
            {"train": range(60), "test": range(50, 100)},
            "the splits `train` and `test` have 10 samples in common",
        ),
        ({"train": [1, 1, 2]}, "the split `train` holds a sample twice"),
        ({"train": [1, 100]}, "the split `train` names samples beyond 100"),
        ({"train": [-1, 1]}, "the split `train` names samples beyond 100"),
        ({"train": [1], "test": []}, "the split `test` has no sample out of 100"),
    ],
)
def test_splits_of_a_source_are_checked(own: Any, message: str) -> None:
    assert refused(held(100, splits=own), None).message == message


def test_shares_that_leave_nothing_are_refused() -> None:
    fault = refused(held(4), None)
    assert fault.message == "the split `test` has no sample out of 4"


def test_columns_of_a_split_have_to_be_whole_numbers() -> None:
    fault = refused(held(100), Split(train=0.5, test=0.5, stratify="lable"))
    assert fault.where == ("data", "split", "stratify")
    assert (fault.message, fault.help) == ("there is no column `lable`", "did you mean `label`?")
    fault = refused(held(100), Split(train=0.5, test=0.5, group="x"))
    assert fault.message == "`x` is float[], no column of whole numbers"


def test_without_train_the_source_has_to_divide_itself() -> None:
    assert "without `train`" in refused(held(100), Split(test=0.5)).message
    source = held(100, splits={"train": range(60), "test": range(60, 100)})
    assert refused(source, Split(test=0.5)).where == ("data", "split", "test")


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ({"train": 0.9, "test": 0.2}, "at most 1"),
        ({}, "at least one"),
        ({"train": 0.5, "stratify": "a", "group": "b"}, "either"),
        ({"train": 0.0}, "greater than 0"),
    ],
)
def test_shares_that_cannot_be(written: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Split.model_validate(written)
