"""torch's optimisers, and which parameter has which settings."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

import torch
from netwright.recipe.optimiser import Group, Optimiser
from torch import nn
from torch.nn.modules.batchnorm import _NormBase

_NORMS = (_NormBase, nn.GroupNorm, nn.LayerNorm, nn.RMSNorm, nn.LocalResponseNorm)
_FUSED = frozenset({"Adam", "AdamW", "Adagrad", "SGD"})
"""Optimisers that torch has fused kernels of, on CPU and CUDA alike."""

BASE = "base_lr"
"""The key of a group that holds its rate before the schedule."""


class UnusedGroup(ValueError):
    """A group of the recipe that takes no parameter; `number` is its place."""

    def __init__(self, number: int, match: str) -> None:
        super().__init__(f"no parameter of the model is left for `{match}`")
        self.number = number


def optimiser(recipe: Optimiser, module: nn.Module, fused: bool = True) -> torch.optim.Optimizer:
    """The optimiser of a recipe over the parameters that are learned.

    fused  with one kernel for a whole group, where torch has one; a scaler of gradients and
           sharded parameters do not go with that

    Raises:
        UnusedGroup: a group of the recipe matches nothing.
    """
    name = type(recipe).__name__
    kind: Any = getattr(torch.optim, name)
    arguments: dict[str, Any] = recipe.arguments()
    if fused and name in _FUSED and _fusible(module):
        arguments["fused"] = True
    return kind(groups(recipe, module), **arguments)  # type: ignore[no-any-return]


def set_rate(made: torch.optim.Optimizer, factor: float) -> None:
    """Set the rate of every group to `factor` times its own."""
    for group in made.param_groups:
        group["lr"] = group[BASE] * factor


def groups(recipe: Optimiser, module: nn.Module) -> list[dict[str, Any]]:
    """The groups of parameters: those of equal settings together, in the order of the model."""
    undecayed = set(_undecayed(recipe, module))
    found: dict[tuple[float, float], list[nn.Parameter]] = {}
    used: set[int] = set()
    for name, parameter in module.named_parameters():
        if not parameter.requires_grad:
            continue
        number, group = _group(recipe, name)
        used.add(number)
        rate = recipe.lr if group.lr is None else group.lr
        decay = 0.0 if name in undecayed else recipe.weight_decay
        decay = decay if group.weight_decay is None else group.weight_decay
        found.setdefault((rate, decay), []).append(parameter)
    for number, unused in enumerate(recipe.groups):
        if number not in used:
            raise UnusedGroup(number, unused.match)
    return [
        {"params": parameters, "lr": rate, BASE: rate, "weight_decay": decay}
        for (rate, decay), parameters in found.items()
    ]


def _group(recipe: Optimiser, name: str) -> tuple[int, Group]:
    """The first group that matches a parameter, with its number; -1 for none."""
    matching = ((i, g) for i, g in enumerate(recipe.groups) if fnmatchcase(name, g.match))
    return next(matching, (-1, Group(match="*")))


def _undecayed(recipe: Optimiser, module: nn.Module) -> Iterator[str]:
    """The names of the parameters that `no_decay` excepts."""
    for path, part in module.named_modules():
        norm = "norms" in recipe.no_decay and _is_norm(part)
        table = "embeddings" in recipe.no_decay and isinstance(part, nn.Embedding)
        for name, _ in part.named_parameters(recurse=False):
            if norm or table or ("biases" in recipe.no_decay and name.endswith("bias")):
                yield f"{path}.{name}" if path else name


def _is_norm(part: nn.Module) -> bool:
    """torch's normalisations, and blocks that are called so: a spec may write its own."""
    return isinstance(part, _NORMS) or "norm" in type(part).__name__.lower()


def _fusible(module: nn.Module) -> bool:
    parameters = [p for p in module.parameters() if p.requires_grad]
    return all(p.is_floating_point() and p.device.type in ("cpu", "cuda") for p in parameters)
