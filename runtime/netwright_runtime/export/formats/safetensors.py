"""safetensors: the weights by their names, for whoever has the emitted source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_model
from torch import Tensor

from netwright_runtime.export.agreement import Runner
from netwright_runtime.export.formats.format import Format, Writing
from netwright_runtime.export.metadata import KEY, Metadata
from netwright_runtime.export.tracing import Source, named


def _write(source: Source, path: Path, metadata: Metadata, writing: Writing) -> None:
    # `save_model` writes tied weights once, under one of their names.
    save_model(source.module, str(path), metadata={KEY: metadata.to_json()})


def _open(path: Path, source: Source) -> Runner:
    """The model with nothing but the file's weights in it."""
    module = deepcopy(source.module)
    with torch.no_grad():
        for tensor in [*module.parameters(), *_persistent(module)]:
            tensor.zero_()
    missing, unknown = module.load_state_dict(load_file(path), strict=False)
    tied = [name for name in missing if not _shared(module, name)]
    if tied or unknown:
        raise KeyError(f"`{path.name}` lacks {tied} and has {unknown}")

    def run(inputs: Mapping[str, Any]) -> Sequence[Tensor]:
        with torch.no_grad():
            return [tensor for _, tensor in named(module(**inputs), source.entry)]

    return run


def _persistent(module: torch.nn.Module) -> list[Tensor]:
    names = module.state_dict().keys()
    return [buffer for name, buffer in module.named_buffers() if name in names]


def _shared(module: torch.nn.Module, name: str) -> bool:
    """Whether a weight is the same tensor as one of another name."""
    weights = module.state_dict()
    mine = weights[name].data_ptr()
    return any(other != name and weight.data_ptr() == mine for other, weight in weights.items())


def _metadata(path: Path) -> str | None:
    with safe_open(path, "pt") as file:
        return (file.metadata() or {}).get(KEY)


FORMAT = Format("safetensors", ".safetensors", "", _write, _open, _metadata, graphs=False)
