"""Everything that a run was made of, in `run.json`: enough to repeat it, and to see why another
attempt came out differently."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch
from netwright.recipe import Recipe

from netwright_runtime.measure.machine import machine, versions
from netwright_runtime.model import Compiled
from netwright_runtime.train.data.prepare import Data
from netwright_runtime.train.files import write_atomically

MANIFEST = "run.json"

FORMAT = 1
"""Version of the form of `run.json`."""

_PACKAGES = ("netwright", "torch", "lightning", "torchmetrics", "numpy", "safetensors")


def write_manifest(
    out: Path,
    recipe: Recipe,
    compiled: Compiled,
    data: Data,
    *,
    folder: Path,
    device: torch.device,
    sizes: Mapping[str, int],
) -> None:
    """Write the manifest of a run that begins into `out`.

    Args:
        folder: of the recipe; its git commit is noted.
        sizes: of the dims of the first batch, for the counts of the model.
    """
    said = {
        "format": FORMAT,
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": shlex.join(["netwright", *sys.argv[1:]]),
        "recipe": recipe.model_dump(mode="json"),
        "model": _model(compiled, sizes),
        "data": _data(data),
        "commit": commit(folder),
        "versions": versions(_PACKAGES),
        "machine": machine(device),
    }
    write_atomically(out / MANIFEST, (json.dumps(said, indent=1) + "\n").encode())


def read_manifest(out: Path) -> dict[str, Any]:
    """What `write_manifest` wrote."""
    found: dict[str, Any] = json.loads((out / MANIFEST).read_text(encoding="utf-8"))
    return found


def _model(compiled: Compiled, sizes: Mapping[str, int]) -> dict[str, Any]:
    manifest = compiled.manifest
    return {
        "name": manifest.model,
        "doc": manifest.doc,
        "spec": manifest.spec,
        "spec_sha256": manifest.spec_sha256,
        "source_sha256": sha256(compiled.source.encode()).hexdigest(),
        "variant": manifest.variant,
        "params": manifest.params,
        "parameters": manifest.parameters,
        "sizes": dict(sizes),
        "tree": [asdict(cost) for cost in compiled.compiler.costs(sizes)],
        "files": compiled.compiler.texts(),
    }


def _data(data: Data) -> dict[str, Any]:
    columns = data.source.columns
    return {
        "sha256": data.fingerprint,
        "splits": {name: len(split) for name, split in data.splits.items()},
        "columns": {name: f"{column}  {column.doc}".rstrip() for name, column in columns.items()},
        "inputs": dict(data.inputs),
        "target": list(data.target),
    }


def commit(folder: Path) -> dict[str, Any] | None:
    """The git commit of `folder`, and whether files differ from it; None where there is none."""
    head = _git(folder, "rev-parse", "HEAD")
    if head is None:
        return None
    return {"hash": head, "changed": bool(_git(folder, "status", "--porcelain"))}


def _git(folder: Path, *arguments: str) -> str | None:
    # Without locks: a run that is killed here must not leave the repository locked.
    command = ["git", "--no-optional-locks", "-C", os.fspath(folder), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()
