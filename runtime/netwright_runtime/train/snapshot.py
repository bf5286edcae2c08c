"""The tensors of a run, by the names that they have in a checkpoint: taken and put back.

However parameters are sharded, a checkpoint holds them whole, so that any strategy can load it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.distributed.tensor import DTensor, distribute_tensor

from netwright_runtime.train.checkpoint import BadCheckpoint, Checkpoint
from netwright_runtime.train.ema import Averages


def taken(
    module: nn.Module, optimiser: torch.optim.Optimizer, averages: Averages | None
) -> dict[str, Tensor]:
    """Copies of all tensors, on the CPU. All processes have to call it at once."""
    return {name: _copy(tensor) for name, tensor in _named(module, optimiser, averages)}


def weights(module: nn.Module) -> dict[str, Tensor]:
    """Copies of the module's own tensors, on the CPU, by their plain names."""
    return {name: _copy(tensor) for name, tensor in module.state_dict().items()}


def _named(
    module: nn.Module, optimiser: torch.optim.Optimizer, averages: Averages | None
) -> Iterator[tuple[str, Tensor]]:
    for name, tensor in module.state_dict().items():
        yield f"model/{name}", tensor
    for name, parameter in module.named_parameters():
        for key, value in optimiser.state.get(parameter, {}).items():
            if isinstance(value, Tensor):
                yield f"optimiser/{name}/{key}", value
    for name, tensor in () if averages is None else averages.values.items():
        yield f"ema/{name}", tensor


def _copy(tensor: Tensor) -> Tensor:
    whole = tensor.full_tensor() if isinstance(tensor, DTensor) else tensor
    copied: Tensor = whole.detach().to("cpu", copy=True)
    return copied.contiguous()


def put_back(
    checkpoint: Checkpoint,
    module: nn.Module,
    optimiser: torch.optim.Optimizer,
    averages: Averages | None,
) -> None:
    """Set module, optimiser and averages to what a checkpoint holds.

    Raises:
        BadCheckpoint: it is of another model.
    """
    put_weights(checkpoint.part("model"), module)
    _put_optimiser(checkpoint.part("optimiser"), module, optimiser)
    if averages is not None:
        held = checkpoint.part("ema")
        averages.load({name: _as(like, held[name]) for name, like in averages.values.items()})


def put_weights(held: Mapping[str, Tensor], module: nn.Module) -> None:
    """Set the module's own tensors; raises BadCheckpoint where names or shapes differ."""
    own = module.state_dict()
    if own.keys() != held.keys():
        names = ", ".join(f"`{name}`" for name in sorted(own.keys() ^ held.keys())[:3])
        raise BadCheckpoint(f"the weights are of another model: {names} is in one of them only")
    for name, tensor in own.items():
        if tensor.shape != held[name].shape:
            shapes = f"{tuple(held[name].shape)} and not {tuple(tensor.shape)}"
            raise BadCheckpoint(f"the weights are of another model: `{name}` is {shapes}")
    with torch.no_grad():
        for name, tensor in own.items():
            tensor.copy_(_as(tensor, held[name]))


def _put_optimiser(
    held: Mapping[str, Tensor], module: nn.Module, optimiser: torch.optim.Optimizer
) -> None:
    states: dict[str, dict[str, Tensor]] = {}
    for path, tensor in held.items():
        name, _, key = path.rpartition("/")
        states.setdefault(name, {})[key] = tensor
    parameters = dict(module.named_parameters())
    whole: dict[str, Any] = optimiser.state_dict()
    numbers = _numbers(optimiser, whole)
    whole["state"] = {
        numbers[id(parameters[name])]: {
            key: _as(parameters[name], value) if value.ndim else value
            for key, value in state.items()
        }
        for name, state in states.items()
    }
    optimiser.load_state_dict(whole)


def _numbers(optimiser: torch.optim.Optimizer, whole: Mapping[str, Any]) -> dict[int, int]:
    """The number that the optimiser's `state_dict` gives each parameter, by its identity."""
    return {
        id(parameter): number
        for group, named in zip(optimiser.param_groups, whole["param_groups"], strict=True)
        for parameter, number in zip(group["params"], named["params"], strict=True)
    }


def _as(like: Tensor, whole: Tensor) -> Tensor:
    """`whole` on the device of `like`, and sharded as it is."""
    if isinstance(like, DTensor):
        local = whole.to(like.device_mesh.device_type)
        return distribute_tensor(local, like.device_mesh, like.placements)
    return whole.to(like.device)
