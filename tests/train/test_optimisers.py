from __future__ import annotations

import inspect

import pytest
import torch
from netwright.recipe.named import Section
from netwright.recipe.optimiser import OPTIMISERS, SGD, AdamW, Group, Optimiser
from netwright_runtime.train.optimisers import UnusedGroup, groups, optimiser, set_rate
from torch import nn


def module() -> nn.Module:
    return nn.Sequential(nn.Embedding(5, 4), nn.Linear(4, 4), nn.LayerNorm(4), nn.Linear(4, 2))


def settings(recipe: Optimiser) -> dict[str, tuple[float, float]]:
    """Rate and decay by the names of the parameters."""
    model = module()
    names = {id(p): name for name, p in model.named_parameters()}
    return {
        names[id(p)]: (group["lr"], group["weight_decay"])
        for group in groups(recipe, model)
        for p in group["params"]
    }


def test_without_groups_all_parameters_are_alike() -> None:
    assert set(settings(AdamW(lr=0.5, weight_decay=0.25)).values()) == {(0.5, 0.25)}


def test_norms_biases_and_embeddings_can_go_without_decay() -> None:
    found = settings(AdamW(weight_decay=0.5, no_decay=["norms", "biases", "embeddings"]))
    decayed = {name for name, (_, decay) in found.items() if decay}
    assert decayed == {"1.weight", "3.weight"}


def test_the_first_group_that_matches_counts() -> None:
    first, second = Group(match="3.*", lr=0.5), Group(match="*.bias", lr=0.25, weight_decay=0.0)
    found = settings(SGD(lr=1.0, weight_decay=0.125, groups=[first, second]))
    assert found["3.bias"] == (0.5, 0.125)
    assert found["1.bias"] == (0.25, 0.0)
    assert found["1.weight"] == (1.0, 0.125)


def test_a_group_that_matches_nothing_is_refused() -> None:
    with pytest.raises(UnusedGroup, match=r"no parameter of the model is left for `head\.\*`"):
        groups(SGD(groups=[Group(match="head.*")]), module())


def test_frozen_parameters_are_left_out() -> None:
    model = module()
    model.get_parameter("1.weight").requires_grad_(False)
    assert sum(len(group["params"]) for group in groups(SGD(), model)) == 6


def test_the_schedule_scales_the_rate_of_each_group() -> None:
    made = optimiser(SGD(lr=1.0, groups=[Group(match="3.*", lr=0.5)]), module())
    set_rate(made, 0.5)
    assert sorted(group["lr"] for group in made.param_groups) == [0.25, 0.5]


@pytest.mark.parametrize("name", OPTIMISERS)
def test_the_form_of_an_optimiser_is_that_of_torch(name: str) -> None:
    kind: type[Section] = OPTIMISERS[name]
    recipe = kind()
    assert isinstance(recipe, Optimiser)
    taken = inspect.signature(getattr(torch.optim, name)).parameters
    for argument, value in recipe.arguments().items():
        assert argument in taken
        default = taken[argument].default
        given = float(default) if isinstance(default, torch.Tensor) else default
        assert value == given, argument


@pytest.mark.parametrize("name", OPTIMISERS)
def test_every_optimiser_makes_a_step(name: str) -> None:
    model = nn.Linear(3, 2)
    before = model.weight.detach().clone()
    recipe = OPTIMISERS[name]()
    assert isinstance(recipe, Optimiser)
    made = optimiser(recipe, model)
    model(torch.ones(4, 3)).sum().backward()
    made.step()
    assert not torch.equal(before, model.weight)
