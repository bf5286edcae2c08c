"""Made choices of users among items, for recommendation."""

from __future__ import annotations

from pathlib import Path

import torch
from netwright.recipe.sources import Interactions

from netwright_runtime.train.data.columns import Column
from netwright_runtime.train.data.holding import Described, Held
from netwright_runtime.train.draws import generator

TASTES = 4
"""Directions in which users differ."""


def interactions(arguments: Interactions, root: Path) -> Held:
    """`user`: int; `item`: int, what that user chose.

    A user's choices are drawn without replacement, in proportion to popularity (Zipf's law) times
    the exponential of how well an item meets the user's taste. The last choice of each user is for
    testing, the one before it for validation.
    """
    random = generator(arguments.seed, 0, 0, "interactions")
    users = torch.randn((arguments.users, TASTES), generator=random)
    items = torch.randn((arguments.items, TASTES), generator=random)
    ranks = torch.randperm(arguments.items, generator=random) + 1
    scores = users @ items.T - ranks.log()
    # The largest of scores with Gumbel noise are a draw without replacement (Efraimidis 2006).
    noise = -torch.rand(scores.shape, generator=random).clamp(1e-12).log()
    item = (scores - noise.log()).topk(arguments.each).indices
    user = torch.arange(arguments.users)[:, None].expand_as(item)
    about = Described(
        {
            "user": Column("int", (), "who chose", below=arguments.users),
            "item": Column("int", (), "what was chosen", below=arguments.items),
        },
        ("item",),
        "recommendation",
        _splits(arguments),
    )
    return Held(about, {"user": user.flatten(), "item": item.flatten()})


def _splits(arguments: Interactions) -> dict[str, list[int]]:
    """By the place among a user's choices; those of one user stand side by side."""
    total = arguments.users * arguments.each
    place = torch.arange(total) % arguments.each
    parts = {
        "train": place < arguments.each - 2,
        "validation": place == arguments.each - 2,
        "test": place == arguments.each - 1,
    }
    return {name: chosen.nonzero().flatten().tolist() for name, chosen in parts.items()}
