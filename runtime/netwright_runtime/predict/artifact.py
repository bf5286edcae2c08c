"""An exported file, opened in its runtime."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netwright_runtime.data.encodings import Array
from netwright_runtime.export.metadata import FILE, KEY, BadMetadata, Metadata

Run = Callable[[Mapping[str, Array]], Sequence[Array]]
"""One call: inputs by the names of the metadata, outputs in their order."""


class BadFile(Exception):
    """A file cannot be opened, or says nothing of itself; the text says why."""


@dataclass(frozen=True)
class Artifact:
    """An exported graph that can be called."""

    metadata: Metadata
    run: Run


def opened(path: str | os.PathLike[str]) -> Artifact:
    """The graph in an ONNX file or a pt2.

    A pt2 is a program: open those alone that come from where you trust.

    Raises:
        BadFile: it is neither, is damaged, or was not exported by netwright.
        ModuleNotFoundError: its runtime is not installed.
    """
    path = Path(path)
    if not path.is_file():
        raise BadFile(f"there is no file `{path}`")
    if path.suffix == ".onnx":
        return _onnx(path)
    if path.suffix == ".pt2":
        return _pt2(path)
    raise BadFile(f"`{path}` is neither `.onnx` nor `.pt2`; export the model to one of them")


def _onnx(path: Path) -> Artifact:
    import onnxruntime
    from onnxruntime.capi.onnxruntime_pybind11_state import Fail, InvalidGraph, InvalidProtobuf

    try:
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    except (Fail, InvalidGraph, InvalidProtobuf, RuntimeError) as fault:
        raise BadFile(f"`{path}` is no sound ONNX file: {_first_line(fault)}") from fault
    text = session.get_modelmeta().custom_metadata_map.get(KEY)

    def run(inputs: Mapping[str, Array]) -> Sequence[Array]:
        found: Sequence[Array] = session.run(None, dict(inputs))
        return found

    return Artifact(_metadata(path, text), run)


def _pt2(path: Path) -> Artifact:
    import torch

    extra = {FILE: ""}
    if not zipfile.is_zipfile(path):
        raise BadFile(f"`{path}` is no program of torch.export: it is no archive")
    try:
        module = torch.export.load(path, extra_files=extra).module()
    except (RuntimeError, ValueError, KeyError, AttributeError, AssertionError) as fault:
        raise BadFile(f"`{path}` is no program of torch.export: {_first_line(fault)}") from fault
    metadata = _metadata(path, extra[FILE])

    def run(inputs: Mapping[str, Array]) -> Sequence[Array]:
        tensors = {name: torch.from_numpy(array) for name, array in inputs.items()}
        with torch.no_grad():
            return [tensor.numpy() for tensor in _leaves(module(**_lists(tensors)))]

    return Artifact(metadata, run)


def _lists(tensors: Mapping[str, Any]) -> dict[str, Any]:
    """Tensors of lists, `past.0` and `past.1`, as the lists that a program takes."""
    found: dict[str, Any] = {}
    for name, tensor in tensors.items():
        owner, dot, _ = name.partition(".")
        if dot:
            found.setdefault(owner, []).append(tensor)
        else:
            found[name] = tensor
    return found


def _leaves(result: Any) -> list[Any]:
    """The tensors of a program's result: of one, of a mapping, of lists in it."""
    values = list(result.values()) if isinstance(result, dict) else [result]
    return [item for value in values for item in (value if isinstance(value, list) else [value])]


def _metadata(path: Path, text: str | None) -> Metadata:
    if not text:
        raise BadFile(f"`{path}` does not say what it takes; export it by `netwright export`")
    try:
        return Metadata.from_json(text)
    except BadMetadata as fault:
        raise BadFile(f"`{path}`: {fault}") from fault


def _first_line(fault: Exception) -> str:
    return (str(fault).strip().splitlines() or [type(fault).__name__])[0]
