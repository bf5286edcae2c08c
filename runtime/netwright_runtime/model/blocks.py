"""The blocks that a model repeats: by class, and by all that their code depends on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

NOT_CONFIGURATION = frozenset(vars(nn.Module()))
"""Attributes of every module; all others are the module's own configuration."""

_MOSTLY = 0.9


def repeated(module: nn.Module) -> list[nn.Module]:
    """The outermost modules whose class was emitted for this model and that stand in it more than
    once, in the order of the model."""
    counts = Counter(type(part) for part in module.modules() if _own(module, part))
    found: list[nn.Module] = []
    _collect(module.children(), {kind for kind, count in counts.items() if count > 1}, found)
    return found


def _own(module: nn.Module, part: nn.Module) -> bool:
    return type(part).__module__ == type(module).__module__


def _collect(parts: Iterable[nn.Module], kinds: set[type], found: list[nn.Module]) -> None:
    for part in parts:
        if type(part) in kinds:
            found.append(part)
        else:
            _collect(part.children(), kinds, found)


@dataclass(frozen=True, eq=False)
class Kind:
    """Blocks that differ in nothing but the numbers that their weights hold.

    name    of their class
    blocks  by path, in the order of the model
    """

    name: str
    blocks: dict[str, nn.Module]


def kinds(module: nn.Module) -> list[Kind]:
    """The kinds of blocks that a model holds more than once, each as large as it can be.

    A block that consists of equal blocks almost entirely (a stage of a network) is no unit of its
    own: the blocks in it are. So a kind is code that stands in the model once for all its blocks.
    """
    keys = {part: _key(part) for part in module.modules() if _own(module, part)}
    counts = Counter(keys[part] for part in keys)
    units = {key for key, count in counts.items() if count > 1}
    found: dict[object, dict[str, nn.Module]] = {}
    for path, part in _units(module, "", keys, units):
        found.setdefault(keys[part], {})[path] = part
    named = (Kind(type(next(iter(b.values()))).__name__, b) for b in found.values())
    return [kind for kind in named if len(kind.blocks) > 1]


def _units(
    module: nn.Module, prefix: str, keys: dict[nn.Module, object], units: set[object]
) -> Iterator[tuple[str, nn.Module]]:
    """The repeated blocks inside a module by path, none of them inside another."""
    for name, part in module.named_children():
        path = f"{prefix}{name}"
        inside = list(_units(part, f"{path}.", keys, units))
        if keys.get(part) in units and not _made_of_equals(part, inside, keys):
            yield path, part
        else:
            yield from inside


def _made_of_equals(
    part: nn.Module, inside: list[tuple[str, nn.Module]], keys: dict[nn.Module, object]
) -> bool:
    """Whether blocks that stand in a block more than once hold almost all of its layers."""
    counts = Counter(keys[block] for _, block in inside)
    covered = sum(_layers(block) for _, block in inside if counts[keys[block]] > 1)
    return covered >= _MOSTLY * _layers(part)


def _layers(module: nn.Module) -> int:
    return sum(not part._modules for part in module.modules())


def _key(module: nn.Module) -> object:
    """All that the code of a block depends on: classes, configuration, and what its weights are."""
    seen: dict[torch.Tensor, int] = {}
    return tuple(
        (path, type(part), _configuration(part), *_weights(part, seen))
        for path, part in module.named_modules()
    )


def _configuration(module: nn.Module) -> tuple[tuple[str, str], ...]:
    return tuple((k, repr(v)) for k, v in vars(module).items() if k not in NOT_CONFIGURATION)


def _weights(module: nn.Module, seen: dict[torch.Tensor, int]) -> Iterator[Any]:
    """What is known of the weights a module owns; tied ones have the number of the first."""
    for name, held in (*module._parameters.items(), *module._buffers.items()):
        if held is None:
            yield name, None
        else:
            number = seen.setdefault(held, len(seen))
            yield name, number, held.shape, held.dtype, held.device, held.requires_grad
