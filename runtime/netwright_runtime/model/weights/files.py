"""What a file of weights holds, read without running anything that it says."""

from __future__ import annotations

import os
import pickle
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from netwright_runtime.model.weights.damaged import BadWeights, look, pickled, torn
from netwright_runtime.model.weights.shards import INDEX, shards

IN_FOLDERS = (
    "weights.safetensors",
    "model.safetensors",
    "model.safetensors.index.json",
    "pytorch_model.bin",
    "pytorch_model.bin.index.json",
)
"""What is looked for in a folder, the first that is there is read."""

_DAMAGE = (
    RuntimeError,
    EOFError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    AssertionError,
    MemoryError,
    OverflowError,
    struct.error,
)
"""What torch's reader raises on bytes that are not what they should be."""


def read(path: str | os.PathLike[str]) -> Mapping[str, Any]:
    """The tensors in a file by name; dicts inside dicts where the file nests them.

    Tensors of safetensors, and of what `torch.save` writes today, lie in the file and are read from
    it when they are used: nothing is allocated here.

    Args:
        path: safetensors, a file of `torch.save`, the index of a sharded checkpoint, or a folder
            that holds one of these under its usual name.

    Raises:
        BadWeights: the file is none of these, is damaged, or needs pickled objects.
        FileNotFoundError: there is no such file.
    """
    file = _in_folder(Path(path))
    if file.name.endswith(INDEX):
        return {name: tensor for shard in shards(file) for name, tensor in _chosen(*shard)}
    return _read(file)


def _in_folder(path: Path) -> Path:
    if not path.is_dir():
        return path
    for name in IN_FOLDERS:
        if (path / name).is_file():
            return path / name
    raise BadWeights(f"`{path}` is a folder without weights; looked for {', '.join(IN_FOLDERS)}")


def _chosen(shard: Path, names: frozenset[str]) -> list[tuple[str, Tensor]]:
    """The tensors that an index promises of a shard."""
    held = _read(shard)
    missing = sorted(names - held.keys())
    if missing:
        raise BadWeights(
            f"the index says that `{missing[0]}` is in `{shard.name}`, and it is not there; "
            "index and shards are from different downloads"
        )
    return [(name, held[name]) for name in held if name in names]


def _read(file: Path) -> Mapping[str, Any]:
    if look(file) == "safetensors":
        return _safetensors(file)
    held = _torch(file)
    if isinstance(held, Mapping):
        return held
    raise BadWeights(f"`{file}` holds a {type(held).__name__}, and no weights by name")


def _safetensors(file: Path) -> Mapping[str, Any]:
    try:
        held = load_file(file)
    except SafetensorError as fault:
        raise torn(file, str(fault)) from fault
    return _nested(held) if held and all("/" in name for name in held) else held


def _nested(held: Mapping[str, Tensor]) -> dict[str, dict[str, Tensor]]:
    """What a checkpoint of `netwright train` keeps side by side: `model/NAME`, `ema/NAME`, ..."""
    found: dict[str, dict[str, Tensor]] = {"model": {}}
    for name, tensor in held.items():
        inside, _, rest = name.partition("/")
        found.setdefault(inside, {})[rest] = tensor
    return found


def _torch(file: Path) -> Any:
    """What `torch.save` wrote; tensors from a device that is not there come to the CPU."""
    try:
        return torch.load(
            file, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(file)
        )
    except pickle.UnpicklingError as fault:
        raise pickled(file, str(fault)) from fault
    except _DAMAGE as fault:
        raise torn(file, str(fault)) from fault
