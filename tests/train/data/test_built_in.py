"""Sources that come with netwright or with a library: nothing is downloaded."""

from __future__ import annotations

import pytest
import torch
from netwright.recipe.loss import IGNORED
from netwright.recipe.sources import SOURCES
from netwright_runtime.train.data.sources import OPENERS

from tests.train.data.sections import holds_what_it_says, same, source

SIZES = {
    "digits": 1797,
    "breast_cancer": 569,
    "wine": 178,
    "diabetes": 442,
    "sonnets": 77,
    "seasonal": 941,
    "sunspots": 250,
    "co2": 2225,
    "karate": 3,
    "digit_scenes": 500,
    "moving_squares": 500,
    "interactions": 2400,
}

MADE = ("seasonal", "karate", "digit_scenes", "moving_squares", "interactions")


def test_every_source_of_the_recipe_can_be_opened() -> None:
    assert OPENERS.keys() == set(SOURCES.values())


@pytest.mark.parametrize("name", SIZES)
def test_holds_what_it_says(name: str) -> None:
    found = source(name)
    assert len(found) == SIZES[name]
    holds_what_it_says(found)
    assert found.target


@pytest.mark.parametrize("name", SIZES)
def test_is_the_same_each_time(name: str) -> None:
    first, second = source(name), source(name)
    assert same(first, second)
    assert first.fingerprint() == second.fingerprint()


@pytest.mark.parametrize("name", MADE)
def test_made_ones_follow_their_seed(name: str) -> None:
    first, second = source({name: {"seed": 1}}), source({name: {"seed": 2}})
    assert not same(first, second)
    assert first.fingerprint() != second.fingerprint()


def test_digits_can_be_made_larger_and_grey_in_three_channels() -> None:
    found = source({"digits": {"size": 32, "channels": 3}})
    image = found[0]["image"]
    assert image.shape == (3, 32, 32)
    assert torch.equal(image[0], image[1]) and torch.equal(image[0], image[2])
    assert image.min() >= 0 and image.max() <= 1


def test_each_member_of_the_karate_club_is_labelled_in_one_split() -> None:
    found = source({"karate": {"labelled": 3}})
    labels = torch.stack([found[part]["label"] for part in range(3)])
    assert ((labels != IGNORED).sum(0) == 1).all()
    assert [(labels[0] == club).sum() for club in (0, 1)] == [3, 3]
    assert found.splits is not None and [list(s) for s in found.splits.values()] == [[0], [1], [2]]


def test_ties_of_the_karate_club_go_both_ways() -> None:
    edges = source("karate")[0]["edge_index"].T.tolist()
    assert len(edges) == 2 * 78
    assert all([b, a] in edges for a, b in edges)


def test_masks_of_scenes_cover_their_digits() -> None:
    found = source({"digit_scenes": {"count": 5, "size": 32}})
    for index in range(5):
        sample = found[index]
        assert torch.equal(sample["image"][0] > 0, sample["mask"] > 0)
        assert sample["mask"].max() > 0


def test_squares_move_as_their_label_says() -> None:
    found = source({"moving_squares": {"count": 20, "size": 8}})
    moves = {"up": (-1, 0), "down": (1, 0), "left": (0, -1), "right": (0, 1)}
    seen = set()
    for index in range(20):
        frames, label = found[index]["frames"], int(found[index]["label"])
        name = found.columns["label"].classes[label]
        assert torch.equal(frames[0].roll(moves[name], (1, 2)), frames[1])
        seen.add(name)
    assert seen == moves.keys()


def test_users_choose_different_items_and_the_last_two_are_held_out() -> None:
    found = source({"interactions": {"users": 20, "items": 30, "each": 5}})
    assert found.splits is not None
    users = found.values("user", torch.arange(100)).reshape(20, 5)
    items = found.values("item", torch.arange(100)).reshape(20, 5)
    assert all(len(set(row)) == 5 for row in items.tolist())
    assert (users == torch.arange(20)[:, None]).all()
    assert [len(part) for part in found.splits.values()] == [60, 20, 20]
    assert list(found.splits["test"]) == [4 + 5 * user for user in range(20)]


def test_popular_items_are_chosen_more_often() -> None:
    found = source("interactions")
    chosen = found.values("item", torch.arange(len(found)))
    counts = torch.bincount(chosen, minlength=100).sort().values
    assert counts[-10:].sum() > 3 * counts[:10].sum()
