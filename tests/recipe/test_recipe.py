"""Sound recipes: what they hold, and values put over those of the file."""

from __future__ import annotations

from pathlib import Path

import pytest
from netwright.diagnostics import SpecError
from netwright.driver.failure import CallError
from netwright.driver.recipe import Loaded, load_recipe, load_recipe_text
from netwright.recipe import Recipe
from netwright.recipe.optimiser import SGD, AdamW
from netwright.recipe.schedule import Constant, Cosine

TEXT = """recipe: 1
model: {spec: vision/resnet, variant: resnet18, params: {num_classes: 10}}
data: {source: {digits: {channels: 3}}, split: {train: 0.8, test: 0.2}}
loss: {cross_entropy: {label_smoothing: 0.1}}
metrics: [accuracy, {top_k: {k: 2}}]
schedule: {cosine: {warmup: 10}}
"""


def loaded(text: str = TEXT, *assignments: str) -> Loaded:
    return load_recipe_text(text, "recipe.yaml", Path(), assignments)


def recipe(*assignments: str) -> Recipe:
    return loaded(TEXT, *assignments).sound()[0]


def test_a_name_and_a_key_with_arguments_are_alike() -> None:
    assert recipe("schedule=constant").schedule == recipe("schedule={constant: {}}").schedule
    assert recipe().schedule == Cosine(warmup=10)


def test_what_is_left_out_has_a_value() -> None:
    found = Recipe.model_validate(
        {"model": {"spec": "a"}, "data": {"source": "digits"}, "loss": "cross_entropy"}
    )
    assert (found.optimiser, found.schedule) == (AdamW(), Constant())
    assert (found.train.epochs, found.train.precision) == (10, "32-true")


def test_what_is_written_down_reads_as_the_same_recipe() -> None:
    assert Recipe.model_validate_json(recipe().model_dump_json()) == recipe()
    assert Recipe.model_validate(recipe().model_dump()) == recipe()


@pytest.mark.parametrize(
    ("assignment", "found"),
    [
        ("train.epochs=3", lambda r: r.train.epochs == 3),
        ("schedule.cosine.warmup=4", lambda r: r.schedule == Cosine(warmup=4)),
        ("optimiser={SGD: {lr: 1e-2}}", lambda r: r.optimiser == SGD(lr=0.01)),
        ("model.params.num_classes=7", lambda r: r.model.params == {"num_classes": 7}),
        ("train.clip = 1.5", lambda r: r.train.clip == 1.5),
        ("metrics=[f1]", lambda r: len(r.metrics) == 1),
        ("train.clip=null", lambda r: r.train.clip is None),
    ],
)
def test_a_value_can_be_put_over_that_of_the_file(assignment: str, found: object) -> None:
    assert callable(found)
    assert found(recipe(assignment))


def test_a_fault_of_a_given_value_is_told_there() -> None:
    with pytest.raises(
        SpecError, match=r"expected greater than or equal to 1\n +--> <--set train.ep"
    ):
        recipe("train.epochs=0")


@pytest.mark.parametrize("assignment", ["train.epochs", "=3"])
def test_a_given_value_has_a_key(assignment: str) -> None:
    with pytest.raises(CallError, match="is not of the form KEY=VALUE"):
        loaded(TEXT, assignment)


def test_paths_are_relative_to_the_recipe(tmp_path: Path) -> None:
    head = 'netwright: 1\nmodel: Net\ninputs: {image: "float[B, 64]"}\n'
    (tmp_path / "net.yaml").write_text(f"{head}graph:\n  fc: Linear(out_features=10)\n")
    (tmp_path / "r.yaml").write_text(
        "recipe: 1\nmodel: {spec: net.yaml}\ndata: {source: digits}\nloss: cross_entropy\n"
    )
    _, model = load_recipe(tmp_path / "r.yaml").sound()
    assert model.name == "Net"


def test_a_recipe_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CallError, match=r"no.yaml`: the file cannot be read: no such file"):
        load_recipe(tmp_path / "no.yaml")


def test_nothing_in_a_recipe_changes() -> None:
    with pytest.raises(ValueError, match="frozen"):
        recipe().train.epochs = 3  # type: ignore[misc]
