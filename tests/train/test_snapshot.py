"""What is put back goes on as what was taken would have gone on."""

from __future__ import annotations

import pytest
import torch
from netwright.recipe.optimiser import OPTIMISERS, SGD, Optimiser
from netwright_runtime.train import snapshot
from netwright_runtime.train.checkpoint import BadCheckpoint, Checkpoint, Progress
from netwright_runtime.train.ema import Averages
from netwright_runtime.train.optimisers import optimiser
from torch import Tensor, nn

RECIPES: list[Optimiser] = [
    SGD(lr=0.1, momentum=0.9, nesterov=True),
    *(kind() for kind in OPTIMISERS.values() if issubclass(kind, Optimiser)),
]


class Trained:
    """A module with an optimiser and averages, of which the second layer is frozen."""

    def __init__(self, recipe: Optimiser, seed: int, width: int = 4) -> None:
        torch.manual_seed(seed)
        self.module = nn.Sequential(nn.Linear(3, width), nn.Linear(width, 5), nn.BatchNorm1d(5))
        self.module[1].requires_grad_(False)
        self.optimiser = optimiser(recipe, self.module)
        self.averages = Averages(self.module, 0.9)

    def steps(self, first: int, last: int) -> None:
        for step in range(first, last):
            generator = torch.Generator().manual_seed(step)
            self.module(torch.randn(6, 3, generator=generator)).square().sum().backward()
            self.optimiser.step()
            self.optimiser.zero_grad()
            self.averages.update(step)

    def taken(self) -> dict[str, Tensor]:
        return snapshot.taken(self.module, self.optimiser, self.averages)

    def put_back(self, tensors: dict[str, Tensor]) -> None:
        checkpoint = Checkpoint("run", Progress(), tensors)
        snapshot.put_back(checkpoint, self.module, self.optimiser, self.averages)


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: type(recipe).__name__)
def test_every_optimiser_goes_on(recipe: Optimiser) -> None:
    whole, resumed = Trained(recipe, seed=0), Trained(recipe, seed=1)
    whole.steps(0, 3)
    tensors = whole.taken()
    whole.steps(3, 6)
    resumed.put_back(tensors)
    resumed.steps(3, 6)
    wanted, found = whole.taken(), resumed.taken()
    assert wanted.keys() == found.keys()
    assert [name for name in wanted if not torch.equal(wanted[name], found[name])] == []


def test_what_was_taken_does_not_change_with_the_module() -> None:
    trained = Trained(SGD(lr=0.1), seed=0)
    before = trained.taken()
    kept = {name: tensor.clone() for name, tensor in before.items()}
    trained.steps(0, 2)
    assert all(torch.equal(before[name], kept[name]) for name in kept)


@pytest.mark.parametrize(
    ("width", "said"), [(6, r"`0.weight` is \(4, 3\) and not \(6, 3\)"), (4, "`2.extra` is in one")]
)
def test_the_weights_of_another_model_are_refused(width: int, said: str) -> None:
    tensors = Trained(SGD(), seed=0).taken()
    if width == 4:
        tensors["model/2.extra"] = torch.zeros(1)
    with pytest.raises(BadCheckpoint, match=said):
        Trained(SGD(), seed=0, width=width).put_back(tensors)
