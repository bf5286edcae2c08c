"""ExecuTorch: a program for devices, whose memory is planned ahead.

It takes no dim without an end: all of them are to be fixed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from torch import Tensor

from netwright_runtime.export.agreement import Runner
from netwright_runtime.export.formats.format import Format, Writing, flat
from netwright_runtime.export.metadata import Metadata
from netwright_runtime.export.refusal import Unexportable, first_line
from netwright_runtime.export.tracing import Source


def _write(source: Source, path: Path, metadata: Metadata, writing: Writing) -> None:
    open_ = [name for name in source.sizes if name not in source.fixed]
    if open_:
        asked = ",".join(f"{name}={source.sizes[name]}" for name in open_)
        raise Unexportable(
            f"executorch plans memory ahead, and `{open_[0]}` has no end; "
            f"fix all dims, as by `--size {asked}`"
        )
    from executorch.exir import to_edge

    constants = {"netwright": metadata.to_json()}
    try:
        made = to_edge(source.program, constant_methods=constants).to_executorch()
    except (RuntimeError, ValueError, TypeError, KeyError) as error:
        raise Unexportable(
            f"executorch does not take `{source.entry.name}`: {first_line(error)}; "
            "`--to pt2` needs no runtime but torch"
        ) from error
    path.write_bytes(made.buffer)


def _open(path: Path, source: Source) -> Runner:
    from executorch.runtime import Runtime

    method = Runtime.get().load_program(path).load_method("forward")

    def run(inputs: Mapping[str, Any]) -> Sequence[Tensor]:
        found: Sequence[Tensor] = method.execute(list(flat(inputs).values()))
        return found

    return run


def _metadata(path: Path) -> str | None:
    from executorch.runtime import Runtime

    found = Runtime.get().load_program(path).load_method("netwright").execute([])
    return str(found[0])


FORMAT = Format("executorch", ".pte", "executorch", _write, _open, _metadata)
