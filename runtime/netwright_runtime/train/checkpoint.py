"""A checkpoint: one safetensors file, with the tensors by name and everything else as JSON in its
header.

model/NAME             parameters and buffers
optimiser/NAME/KEY     the optimiser's tensors, by the parameter that they are about
ema/NAME               averages of the parameters

The header also has a hash of it all, so that a file that was cut, mixed up or altered is refused.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

FORMAT = "1"
"""Version of the file; a reader refuses what it does not know."""

_KIND = "netwright checkpoint"


class BadCheckpoint(ValueError):
    """A file is no checkpoint, is damaged, or is of another run; the text says which."""


@dataclass(frozen=True)
class Best:
    """The best evaluation so far, of those that a checkpoint was made after."""

    value: float
    step: int


@dataclass(frozen=True)
class Progress:
    """Where a run stands.

    step       steps of the optimiser that were made
    epoch      passes over the training split that were finished
    batch      batches of the next pass that were used
    evaluated  epochs after which the last evaluation was made
    samples    samples that were trained on
    """

    step: int = 0
    epoch: int = 0
    batch: int = 0
    evaluated: int = 0
    samples: int = 0
    best: Best | None = None


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """What a run goes on from.

    run      hash of what has to be equal for the run to be the same: recipe, spec, data
    scaler   the state of the scaler of gradients, in fp16
    batch_divisor  by how much memory made the batch smaller
    """

    run: str
    progress: Progress
    tensors: Mapping[str, Tensor]
    scaler: Mapping[str, Any] = field(default_factory=dict)
    batch_divisor: int = 1

    def to_bytes(self) -> bytes:
        """The file's content."""
        tensors = {name: tensor.contiguous() for name, tensor in self.tensors.items()}
        state = {
            "run": self.run,
            "progress": asdict(self.progress),
            "scaler": dict(self.scaler),
            "batch_divisor": self.batch_divisor,
        }
        text = json.dumps(state, sort_keys=True)
        header = {"kind": _KIND, "format": FORMAT, "state": text, "hash": _hash(text, tensors)}
        return safetensors.torch.save(tensors, header)

    @classmethod
    def read(cls, path: Path) -> Checkpoint:
        """The checkpoint at `path`; raises BadCheckpoint for what is none."""
        try:
            with safe_open(path, framework="pt") as file:
                header = file.metadata() or {}
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        except (SafetensorError, OSError) as fault:
            raise BadCheckpoint(f"`{path}` cannot be read: {fault}") from fault
        if header.get("kind") != _KIND:
            raise BadCheckpoint(f"`{path}` is no checkpoint of a training run")
        if header.get("format") != FORMAT:
            raise BadCheckpoint(f"`{path}` has another format than this version of netwright reads")
        if header.get("hash") != _hash(header.get("state", ""), tensors):
            raise BadCheckpoint(f"`{path}` is damaged: its content does not have the hash it had")
        state = json.loads(header["state"])
        return cls(
            state["run"],
            _progress(state["progress"]),
            tensors,
            state["scaler"],
            state["batch_divisor"],
        )

    def part(self, name: str) -> dict[str, Tensor]:
        """The tensors below `name`, by the rest of their names."""
        prefix = f"{name}/"
        return {k[len(prefix) :]: t for k, t in self.tensors.items() if k.startswith(prefix)}


def _progress(data: dict[str, Any]) -> Progress:
    best = data.pop("best")
    return Progress(**data, best=None if best is None else Best(**best))


def _hash(text: str, tensors: Mapping[str, Tensor]) -> str:
    digest = blake2b(text.encode(), digest_size=16)
    for name in sorted(tensors):
        tensor = tensors[name]
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(_bytes(tensor))
    return digest.hexdigest()


def _bytes(tensor: Tensor) -> memoryview:
    """The memory of a tensor, whatever its dtype."""
    flat = tensor.detach().reshape(-1).view(torch.uint8)
    return memoryview(flat.numpy())  # type: ignore[arg-type]  # an array is a buffer
