"""Tensors into a module: copied into its weights, or in the place of weights that are not there."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn

from netwright_runtime.model.weights.hollow import computed_buffers, fresh


def is_hollow(module: nn.Module) -> bool:
    """Whether weights of a module are on the meta device, so that they have no values yet."""
    return any(entry.is_meta for entry in entries(module).values())


def entries(module: nn.Module) -> dict[str, Tensor]:
    """The parameters and buffers of the `state_dict` themselves; tied ones are one object."""
    return module.state_dict(keep_vars=True)


def assign(module: nn.Module, values: Mapping[str, Tensor]) -> None:
    """Give a module the values of its weights, by name.

    A module on the meta device takes the tensors themselves, in its own dtype: nothing is allocated
    for those that have it already. Its other buffers, and the weights that `values` lacks, are made
    as the spec says. Any other module keeps its storage, its devices and what `values` lacks.
    """
    if not is_hollow(module):
        module.load_state_dict(values, strict=False)
        return
    held = entries(module)
    whole = {**fresh(module, [name for name in held if name not in values]), **values}
    made: dict[int, Tensor] = {}
    for name, weight in held.items():
        if id(weight) not in made:
            made[id(weight)] = _like(weight, _alone(whole[name].to(weight.dtype).contiguous()))
    module.load_state_dict({name: made[id(held[name])] for name in held}, assign=True)
    for owner, name, buffer in computed_buffers(module):
        setattr(owner, name, buffer)


def _alone(value: Tensor) -> Tensor:
    """The tensor in a storage of its own: a part of a larger one would keep all of that alive."""
    return value if value.untyped_storage().nbytes() == value.nbytes else value.clone()


def _like(weight: Tensor, value: Tensor) -> Tensor:
    """A parameter in place of a parameter, so that names that are tied share it."""
    if isinstance(weight, nn.Parameter):
        return nn.Parameter(value, requires_grad=weight.requires_grad)
    return value
