"""What a block is made of, read anew at every call: weights, configuration, hooks, parts.

Compiled code holds for the block as it was when it was captured. What may have changed since is
looked up here, in a few microseconds: most of it happens inside `itemgetter`, `map` and `any`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from torch import Tensor, nn
from torch.nn.modules import module as hooks_of_all

from netwright_runtime.model.blocks import NOT_CONFIGURATION

_HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")

Get = Callable[[Any], Any]


@dataclass(frozen=True, eq=False)
class Layout:
    """A block by its parts.

    names     of the weights, parameters first; a tied one under its first name only
    slots     where each weight is held, and under which name
    settings  each part's attributes, and what reads from them all that code depends on
    parts     each part that has children, and which ones it had
    hooks     of the parts, and those that torch calls for all modules; all empty, as a rule
    """

    names: tuple[str, ...]
    slots: tuple[tuple[dict[str, Tensor], str], ...]
    settings: tuple[tuple[dict[str, Any], Get], ...]
    parts: tuple[tuple[dict[str, Any], dict[str, Any]], ...]
    hooks: tuple[dict[Any, Any], ...]

    @classmethod
    def of(cls, block: nn.Module) -> Layout:
        modules = list(block.modules())
        slots = dict(_slots(block))
        return cls(
            tuple(slots),
            tuple(slots.values()),
            tuple((vars(part), _getter(part)) for part in modules),
            tuple((part._modules, dict(part._modules)) for part in modules if part._modules),
            (*_hooks(modules[1:]), *_hooks_of_all()),
        )

    def intact(self) -> bool:
        """Whether the block has the parts that it had, and nobody listens to one of them."""
        return not any(self.hooks) and all(now == then for now, then in self.parts)

    def weights(self) -> list[Tensor]:
        """The weights, in the order of `names`. Raises KeyError for one that is gone."""
        return [held[name] for held, name in self.slots]

    def configuration(self) -> list[Any]:
        """Every number, text and mode (`training`) that the parts hold now."""
        return [get(held) for held, get in self.settings]


def _slots(block: nn.Module) -> Iterator[tuple[str, tuple[dict[str, Tensor], str]]]:
    for name, _ in (*block.named_parameters(), *block.named_buffers()):
        path, _, last = name.rpartition(".")
        part = block.get_submodule(path)
        held: Any = part._parameters if last in part._parameters else part._buffers
        yield name, (held, last)


def _getter(module: nn.Module) -> Get:
    own = [key for key in vars(module) if key not in NOT_CONFIGURATION and key != "forward"]
    return itemgetter("training", *own)


def _hooks(modules: list[nn.Module]) -> Iterator[dict[Any, Any]]:
    for part in modules:
        yield from (vars(part)[name] for name in _HOOKS)


def _hooks_of_all() -> Iterator[dict[Any, Any]]:
    for name in _HOOKS:
        yield getattr(hooks_of_all, f"_global{name}")
