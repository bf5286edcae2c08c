"""A block as a function of tensors alone: its weights are inputs like any other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from torch import Tensor, nn
from torch.func import functional_call
from torch.utils._pytree import TreeSpec, tree_flatten, tree_unflatten

_SIMPLE = {Tensor, nn.Parameter, type(None)}


@dataclass(frozen=True)
class Form:
    """What surrounds the tensors of a value: lists and the like, and what is no tensor.

    constants  the leaves of the tree in order, with None in the places of tensors
    places     of the tensors among the leaves
    """

    tree: TreeSpec
    constants: tuple[Any, ...]
    places: tuple[int, ...]

    def filled(self, tensors: Sequence[Any]) -> Any:
        """The value with these tensors in it."""
        leaves = list(self.constants)
        for place, tensor in zip(self.places, tensors, strict=True):
            leaves[place] = tensor
        return tree_unflatten(leaves, self.tree)


def parted(value: Any) -> tuple[list[Tensor], Form]:
    """The tensors in a value, and the form around them."""
    leaves, tree = tree_flatten(value)
    places = tuple(i for i, leaf in enumerate(leaves) if isinstance(leaf, Tensor))
    constants = tuple(None if isinstance(leaf, Tensor) else leaf for leaf in leaves)
    return [leaves[place] for place in places], Form(tree, constants, places)


def parted_call(args: tuple[Any, ...], named: Mapping[str, Any]) -> tuple[list[Tensor], Form]:
    """The same for the arguments of a call; quick where they are tensors, as almost always."""
    kinds = tuple(map(type, args))
    if named or not _SIMPLE.issuperset(kinds):
        return parted((args, named))
    form = _form(kinds)
    return [args[place] for place in form.places], form


@cache
def _form(kinds: tuple[type, ...]) -> Form:
    _, tree = tree_flatten((tuple(None for _ in kinds), {}))
    places = tuple(place for place, kind in enumerate(kinds) if kind is not type(None))
    return Form(tree, (None,) * len(kinds), places)


class Lifted(nn.Module):
    """Calls a block with the weights and tensors that it is given, weights first.

    The block is no child of it, so that a compiler finds no weights here. `returned` is the form
    of what the block gave.
    """

    returned: Form

    def __init__(self, block: nn.Module, names: Sequence[str], form: Form) -> None:
        super().__init__()
        self._hidden = (_Plain(block),)
        self._names = [f"block.{name}" for name in names]
        self._form = form

    def forward(self, *given: Tensor) -> tuple[Tensor, ...]:
        count = len(self._names)
        weights = dict(zip(self._names, given[:count], strict=True))
        args, named = self._form.filled(given[count:])
        found, self.returned = parted(functional_call(self._hidden[0], weights, args, named))
        return tuple(found)


class _Plain(nn.Module):
    """Calls a block as its class does, whatever stands in the place of its `forward`."""

    def __init__(self, block: nn.Module) -> None:
        super().__init__()
        self.block = block

    def forward(self, *args: Any, **named: Any) -> Any:
        return type(self.block).forward(self.block, *args, **named)
