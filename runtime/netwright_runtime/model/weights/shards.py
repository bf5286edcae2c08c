"""Sharded checkpoints: an index says which file holds which tensor."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath

from netwright_runtime.model.weights.damaged import BadWeights

INDEX = ".index.json"
"""How the name of an index ends: `model.safetensors.index.json`."""


def shards(index: Path) -> Iterator[tuple[Path, frozenset[str]]]:
    """The files that an index names, each with the tensors that it has to hold.

    Raises:
        BadWeights: the index cannot be read, names files elsewhere, or files that are not there.
    """
    names: dict[str, set[str]] = {}
    for tensor, file in _weight_map(index).items():
        names.setdefault(file, set()).add(tensor)
    missing = [file for file in names if not _inside(index, file).is_file()]
    if missing:
        raise BadWeights(
            f"`{index}` names {len(names)} files, of which {len(missing)} are not beside it: "
            + ", ".join(missing[:5])
        )
    for file, tensors in names.items():
        yield index.parent / file, frozenset(tensors)


def _weight_map(index: Path) -> dict[str, str]:
    try:
        data = json.loads(index.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as fault:
        raise BadWeights(f"`{index}` is no JSON: {fault}") from fault
    found = data.get("weight_map") if isinstance(data, dict) else None
    if not isinstance(found, dict) or not all(isinstance(v, str) for v in found.values()):
        raise BadWeights(f"`{index}` has no `weight_map` from tensors to files")
    return found


def _inside(index: Path, file: str) -> Path:
    """The path of a shard; one that leads out of the index's folder is refused."""
    for path in (PurePosixPath(file), PureWindowsPath(file)):
        if path.anchor or ".." in path.parts:
            raise BadWeights(f"`{index}` names `{file}`, which is not in its folder")
    return index.parent / file
