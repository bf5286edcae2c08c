"""Precision, devices and strategies, which are Fabric's."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from lightning.fabric import Fabric
from lightning.fabric.strategies.model_parallel import ModelParallelStrategy
from netwright.recipe.training import Train
from torch import nn
from torch.distributed.device_mesh import DeviceMesh
from torch.distributed.fsdp import fully_shard

from netwright_runtime.model.blocks import repeated


class Unsupported(ValueError):
    """Settings of a recipe that do not go together here; `key` is the one to change."""

    def __init__(self, key: str, message: str, help: str) -> None:
        super().__init__(message)
        self.key = key
        self.help = help


def fabric(train: Train, batch_size: int) -> Fabric:
    """Fabric as a recipe asks for it, not launched yet; raises Unsupported."""
    world = train.devices * train.nodes
    if batch_size % world:
        raise Unsupported(
            "devices",
            f"a batch of {batch_size} samples cannot be shared by {world} processes",
            f"let `batch_size` be a multiple of {world}",
        )
    if train.shrink_batch and world > 1:
        raise Unsupported(
            "shrink_batch",
            "one of several processes cannot compute its batch in more pieces than the others",
            "leave it out, and raise `accumulate` or `devices`",
        )
    for name in ("lightning.fabric", "lightning.pytorch"):
        logging.getLogger(name).setLevel(logging.WARNING)  # it repeats the recipe
    return Fabric(
        accelerator=train.accelerator,
        devices=train.devices,
        num_nodes=train.nodes,
        precision=train.precision,
        strategy=_strategy(train, world),
    )


def _strategy(train: Train, world: int) -> Any:
    if train.strategy == "fsdp":
        return ModelParallelStrategy(_sharded, data_parallel_size=world, tensor_parallel_size=1)
    return "ddp" if train.strategy == "ddp" or world > 1 else "auto"


def _sharded(module: nn.Module, mesh: DeviceMesh) -> nn.Module:
    """Shard each repeated block by itself, then what is left."""
    for block in repeated(module):
        fully_shard(block, mesh=mesh["data_parallel"])
    fully_shard(module, mesh=mesh["data_parallel"])
    return module


@contextmanager
def determinism(asked: bool) -> Iterator[None]:
    """While it is asked for, an algorithm that may give other numbers again is an error."""
    before = torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(asked or before)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before)
