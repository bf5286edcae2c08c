"""The folder of a training run: its model, its weights, and how its inputs were prepared."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from netwright_runtime.export.refusal import Unexportable
from netwright_runtime.model import Compiled, compiled

_FILES = ("run.json", "weights.safetensors", "preprocessing.json")
"""What a run writes, the last two when it has finished."""


@dataclass(frozen=True)
class Trained:
    """What a finished run leaves.

    given  the optional inputs that it trained with
    """

    compiled: Compiled
    weights: Path
    preprocessing: Mapping[str, Any]
    given: frozenset[str]


@contextmanager
def trained(folder: Path) -> Iterator[Trained]:
    """The model of a run, compiled from the texts that the run kept.

    Raises:
        Unexportable: the folder holds no finished run.
    """
    missing = [name for name in _FILES if not (folder / name).is_file()]
    if missing:
        raise Unexportable(f"`{folder}` is no finished run: it has no `{missing[0]}`")
    run = json.loads((folder / _FILES[0]).read_text(encoding="utf-8"))
    preprocessing = json.loads((folder / _FILES[2]).read_text(encoding="utf-8"))
    asked = run["recipe"]["model"]
    with TemporaryDirectory() as texts:
        spec = _put(Path(texts), run["model"])
        found = compiled(spec, asked.get("variant"), params=asked.get("params"))
        optional = {port.name for port in found.manifest.inputs if port.optional}
        given = frozenset(optional & preprocessing["inputs"].keys())
        yield Trained(found, folder / _FILES[1], preprocessing, given)


def _put(root: Path, model: Mapping[str, Any]) -> Path:
    """Write the files of a spec where they refer to one another; the path of the spec itself."""
    for name, text in model["files"].items():
        path = root / name
        if not path.resolve().is_relative_to(root.resolve()):
            raise Unexportable(f"the run names a file `{name}` outside of its catalogue")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root / str(model["spec"])
