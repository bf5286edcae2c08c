"""Augmentation: random by seed, epoch and sample, and by nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from netwright.recipe.loss import IGNORED
from netwright_runtime.train.data import Column, DataError, Sample
from netwright_runtime.train.data.augment import AUGMENTATIONS, Reach, augmented, check, reach
from netwright_runtime.train.data.holding import Described, Held
from netwright_runtime.train.draws import generator

from tests.train.data.sections import section

REACH = Reach(("image", "mask"), ("image",), ("image", "x"))


def sample() -> Sample:
    image = torch.arange(1.0, 31).reshape(1, 5, 6)
    return {"image": image, "mask": image[0].long(), "x": torch.ones(3), "label": torch.tensor(1)}


def done(step: Any, index: int = 0) -> Sample:
    steps = section("digits", augment=[step]).augment
    return augmented(sample(), steps, REACH, generator(0, 0, index, "test"))


def test_every_augmentation_of_the_recipe_is_there() -> None:
    from netwright.recipe.augmentations import AUGMENTATIONS as NAMED

    assert AUGMENTATIONS.keys() == set(NAMED.values())


@pytest.mark.parametrize(("step", "axis"), [("horizontal_flip", -1), ("vertical_flip", -2)])
def test_flips_exchange_two_sides(step: str, axis: int) -> None:
    before, after = sample(), done({step: {"share": 1.0}})
    assert torch.equal(after["image"], before["image"].flip(axis))
    assert torch.equal(after["mask"], before["mask"].flip(axis))
    assert torch.equal(after["x"], before["x"])


def test_the_share_says_how_often() -> None:
    flips = sum(
        not torch.equal(done({"horizontal_flip": {"share": 0.25}}, i)["image"], sample()["image"])
        for i in range(400)
    )
    assert 70 < flips < 130


def test_a_crop_moves_image_and_mask_alike() -> None:
    seen = set()
    for index in range(60):
        after = done({"random_crop": {"padding": 1}}, index)
        image, mask = after["image"][0], after["mask"]
        assert image.shape == (5, 6)
        assert torch.equal(image.long()[image > 0], mask[mask > 0])
        assert (mask[image == 0] == IGNORED).all()
        seen.add(float(image[2, 2]))
    assert len(seen) == 9


def test_cutout_blanks_a_square_of_the_image_alone() -> None:
    for index in range(40):
        after = done({"cutout": {"size": 2}}, index)
        blank = after["image"][0] == 0
        assert 1 <= blank.sum() <= 4
        rows, columns = blank.nonzero().T
        assert blank[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1].all()
        assert torch.equal(after["mask"], sample()["mask"])


def test_a_large_cutout_stays_in_the_image() -> None:
    after = done({"cutout": {"size": 50}})
    assert (after["image"] == 0).all()


def test_noise_is_normal() -> None:
    steps = section("digits", augment=[{"noise": {"deviation": 0.5}}]).augment
    before = {"image": torch.zeros(1, 100, 100), "x": torch.zeros(3)}
    after = augmented(before, steps, REACH, generator(0, 0, 0, "test"))
    assert abs(float(after["image"].std()) - 0.5) < 0.02
    assert not torch.equal(after["x"], before["x"])


def test_noise_can_be_for_some_columns() -> None:
    after = done({"noise": {"deviation": 0.5, "columns": ["x"]}})
    assert torch.equal(after["image"], sample()["image"])
    assert not torch.equal(after["x"], sample()["x"])


def test_the_source_is_left_as_it_is() -> None:
    held = sample()
    steps = section("digits", augment=[{"cutout": {"size": 3}}, "vertical_flip"]).augment
    augmented(held, steps, REACH, generator(0, 0, 0, "test"))
    assert all(torch.equal(held[name], sample()[name]) for name in held)


TABLE = Held(
    Described({"x": Column("float", (3,)), "y": Column("int", ())}),
    {"x": torch.zeros(2, 3), "y": torch.zeros(2).long()},
)


@pytest.mark.parametrize(
    ("step", "where", "message"),
    [
        ("horizontal_flip", (1,), "the source has no images to augment"),
        (
            {"noise": {"deviation": 1.0, "columns": ["y"]}},
            (1, "noise", "columns"),
            "there is no column of floats `y`",
        ),
    ],
)
def test_faults_are_located(step: Any, where: tuple[Any, ...], message: str) -> None:
    steps = section("digits", augment=[{"noise": {"deviation": 1.0}}, step]).augment
    check(steps[0], 0, TABLE)
    with pytest.raises(DataError) as fault:
        check(steps[1], 1, TABLE)
    assert fault.value.where == ("data", "augment", *where)
    assert fault.value.message == message


def test_the_reach_follows_from_the_source(tmp_path: Path) -> None:
    from tests.train.data.sections import source

    scenes = source({"digit_scenes": {"count": 1}})
    assert reach(scenes, ["image"]) == Reach(("image", "mask"), ("image",), ("image",))
    assert reach(TABLE, ["x", "y"]) == Reach((), (), ("x",))
