"""pt2: a program of torch.export, which torch alone loads and runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from netwright_runtime.export.agreement import Runner
from netwright_runtime.export.formats.format import Format, Writing
from netwright_runtime.export.metadata import FILE, Metadata
from netwright_runtime.export.tracing import Source, named
from netwright_runtime.export.weight_only import weight_only


def _write(source: Source, path: Path, metadata: Metadata, writing: Writing) -> None:
    held = source
    if writing.quantise:
        module = weight_only(source.module, writing.quantise)
        # The operators of torchao as torch's own, so that torch alone loads the file.
        held = replace(source, module=module, decomposed=True)
    torch.export.save(held.program, path, extra_files={FILE: metadata.to_json()})


def _open(path: Path, source: Source) -> Runner:
    module = torch.export.load(path).module()

    def run(inputs: Mapping[str, Any]) -> Sequence[Tensor]:
        with torch.no_grad():
            return [tensor for _, tensor in named(module(**inputs), source.entry)]

    return run


def _metadata(path: Path) -> str | None:
    extra = {FILE: ""}
    torch.export.load(path, extra_files=extra)
    return extra[FILE] or None


FORMAT = Format("pt2", ".pt2", "", _write, _open, _metadata, ("int8-weights", "int4-weights"))
