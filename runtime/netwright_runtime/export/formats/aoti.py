"""AOTInductor: the program compiled to native code for this machine, which torch loads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch._inductor import aoti_compile_and_package, aoti_load_package

from netwright_runtime.export.agreement import Runner
from netwright_runtime.export.formats.format import Format, Writing
from netwright_runtime.export.metadata import KEY, Metadata
from netwright_runtime.export.noise import quiet
from netwright_runtime.export.recurrent import looped
from netwright_runtime.export.refusal import Unexportable, first_line
from netwright_runtime.export.tracing import Source, named


def _write(source: Source, path: Path, metadata: Metadata, writing: Writing) -> None:
    try:
        with quiet(), looped():
            aoti_compile_and_package(
                source.program,
                package_path=str(path),
                inductor_configs={"aot_inductor.metadata": {KEY: metadata.to_json()}},
            )
    except (RuntimeError, ValueError, TypeError, AssertionError, NotImplementedError) as error:
        raise Unexportable(
            f"torch.inductor does not compile `{source.entry.name}`: {first_line(error)}; "
            "`--to pt2` needs no compiler"
        ) from error


def _open(path: Path, source: Source) -> Runner:
    module = aoti_load_package(str(path))

    def run(inputs: Mapping[str, Any]) -> Sequence[Tensor]:
        with torch.no_grad():
            return [tensor for _, tensor in named(module(**inputs), source.entry)]

    return run


def _metadata(path: Path) -> str | None:
    found: dict[str, str] = aoti_load_package(str(path)).get_metadata()
    return found.get(KEY)


FORMAT = Format("aoti", ".pt2", "", _write, _open, _metadata)
