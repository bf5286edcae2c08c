"""The artifact: the folder that `netwright build` writes, and all that compiler and runtime share.

model.py              the emitted source
manifest.json         what is known of it: `Manifest`
weights.safetensors   its weights, when asked for
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

FORMAT = 1
"""Version of the manifest; a reader refuses what it does not know."""

MODEL = "model.py"
MANIFEST = "manifest.json"
WEIGHTS = "weights.safetensors"


class BadArtifact(ValueError):
    """A folder is no artifact, or one of another format; the text says what is wrong."""


@dataclass(frozen=True)
class Port:
    """An input or output. `shape` holds numbers and expressions over dims (`H // 32`).

    kind      `tensor` or `list` (of tensors of this type, any number of them)
    optional  of an input: it may be left out
    length    of a list: how many tensors it holds, None where the call decides
    """

    name: str
    dtype: str
    shape: tuple[int | str, ...]
    kind: str = "tensor"
    optional: bool = False
    length: int | None = None


@dataclass(frozen=True)
class Dim:
    """A size that the call decides; it is a multiple of `multiple_of`."""

    name: str
    multiple_of: int = 1


@dataclass(frozen=True)
class Method:
    """An entry point beside `forward`, by the names of what goes in and comes out."""

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


@dataclass(frozen=True)
class BlockClass:
    """A class of the emitted file, and how often the model holds it."""

    name: str
    repeats: int


@dataclass(frozen=True)
class Weight:
    """A parameter or buffer by its name in the `state_dict`.

    tied_to  the name of the weight whose storage it shares
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    buffer: bool = False
    persistent: bool = True
    frozen: bool = False
    tied_to: str | None = None


@dataclass(frozen=True)
class KeyRule:
    """A step from a published checkpoint's names to ours: what becomes of the keys that match.

    to         stands in place of the match; None drops the key, where no other field says more
    split      what stands there in the keys of the parts along `dim`
    join       the matches whose tensors are joined along `dim` to the one called `to`, in order
    stack      the group that numbers those which are stacked along a new `dim` to one called `to`
    unstack    what stands there in the keys of the items along `dim`, with `#` for their number
    transpose  whether the last two dims change places
    """

    match: str
    to: str | None = None
    split: tuple[str, ...] = ()
    join: tuple[str, ...] = ()
    stack: str = ""
    unstack: str = ""
    dim: int = 0
    transpose: bool = False


@dataclass(frozen=True)
class Manifest:
    """What is known of a model without building it.

    class_name   the model's class in `model.py`; it is called without arguments
    spec         the spec's path in its catalogue, `spec_sha256` the hash of its text
    params       the params that were chosen, modules by name
    constraints  what the sizes of inputs have to meet, in the language's expressions
    inputs       of `forward`, in order; `outputs` of a call without optional inputs
    parameters   number of learned items, tied ones once
    state        optional inputs that carry state, by the output that they come from
    lines        for every line of `model.py`, where in the spec it comes from: file, line, column
    """

    model: str
    class_name: str
    spec: str
    spec_sha256: str
    netwright: str
    variant: str | None = None
    doc: str = ""
    params: dict[str, Any] = field(default_factory=dict)
    dims: tuple[Dim, ...] = ()
    constraints: tuple[str, ...] = ()
    inputs: tuple[Port, ...] = ()
    outputs: tuple[Port, ...] = ()
    methods: tuple[Method, ...] = ()
    classes: tuple[BlockClass, ...] = ()
    parameters: int = 0
    weights: tuple[Weight, ...] = ()
    state: dict[str, str] = field(default_factory=dict)
    properties: dict[str, Any] = field(default_factory=dict)
    key_maps: dict[str, tuple[KeyRule, ...]] = field(default_factory=dict)
    lines: tuple[tuple[str, int, int] | None, ...] = ()

    def to_json(self) -> str:
        """The text of `manifest.json`; equal manifests give equal bytes."""
        lines = asdict(self).pop("lines")
        head = {"format": FORMAT, **asdict(self)}
        head["lines"] = "<lines>"
        text = json.dumps(head, indent=1, ensure_ascii=False)
        return text.replace('"<lines>"', json.dumps(lines, ensure_ascii=False)) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Manifest:
        """The manifest in `text`; raises BadArtifact for what is none, or of another format."""
        try:
            data = json.loads(text)
            if not isinstance(data, dict) or data.pop("format", None) != FORMAT:
                raise BadArtifact(f"the manifest is not of format {FORMAT}")
            return cls(**{name: _restored(name, value) for name, value in data.items()})
        except (json.JSONDecodeError, TypeError, KeyError) as fault:
            raise BadArtifact(f"the manifest cannot be read: {fault}") from fault


_RECORDS: dict[str, type] = {
    "dims": Dim,
    "inputs": Port,
    "outputs": Port,
    "methods": Method,
    "classes": BlockClass,
    "weights": Weight,
}


def _restored(name: str, value: Any) -> Any:
    """A field of the manifest from plain data."""
    if name in _RECORDS:
        return tuple(_record(_RECORDS[name], item) for item in value)
    if name == "key_maps":
        return {k: tuple(_record(KeyRule, rule) for rule in rules) for k, rules in value.items()}
    if name == "lines":
        return tuple(None if place is None else (place[0], place[1], place[2]) for place in value)
    return tuple(value) if isinstance(value, list) else value


def _record(kind: type, data: dict[str, Any]) -> Any:
    return kind(**{k: tuple(v) if isinstance(v, list) else v for k, v in data.items()})


@dataclass(frozen=True)
class Artifact:
    """An artifact: its manifest, the emitted source, and the folder that holds them, if any."""

    manifest: Manifest
    source: str
    folder: Path | None = None

    @property
    def weights(self) -> Path | None:
        """The file with the weights, None where there is none."""
        path = None if self.folder is None else self.folder / WEIGHTS
        return path if path is not None and path.is_file() else None

    @classmethod
    def read(cls, folder: str | os.PathLike[str]) -> Artifact:
        """The artifact in `folder`; raises BadArtifact where there is none."""
        path = Path(folder)
        try:
            manifest = (path / MANIFEST).read_text(encoding="utf-8")
            source = (path / MODEL).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as fault:
            raise BadArtifact(f"`{path}` is no artifact: {fault}") from fault
        return cls(Manifest.from_json(manifest), source, path)

    def write(self, folder: str | os.PathLike[str]) -> Artifact:
        """The same in `folder`, which is made where it does not exist; weights there stay."""
        path = Path(folder)
        path.mkdir(parents=True, exist_ok=True)
        (path / MODEL).write_text(self.source, encoding="utf-8", newline="\n")
        (path / MANIFEST).write_text(self.manifest.to_json(), encoding="utf-8", newline="\n")
        return replace(self, folder=path)
