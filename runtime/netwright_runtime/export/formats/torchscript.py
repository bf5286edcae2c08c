"""TorchScript: by tracing, for runtimes that load nothing newer.

torch calls it deprecated and keeps loading it. A trace holds the sizes that were read as numbers,
so that models which compute with sizes may not run at others: the check tells.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from netwright_runtime.export.agreement import Runner
from netwright_runtime.export.formats.format import Format, Writing
from netwright_runtime.export.metadata import FILE, Metadata
from netwright_runtime.export.refusal import Unexportable, first_line
from netwright_runtime.export.tracing import Source, named

_JIT: Any = torch.jit
"""Its functions have no types."""


class _Flat(nn.Module):
    """A graph that takes its inputs in order, and gives a tuple of tensors."""

    def __init__(self, source: Source) -> None:
        super().__init__()
        self.module = source.module
        self._entry = source.entry

    def forward(self, *values: Any) -> tuple[Tensor, ...]:
        names = (slot.name for slot in self._entry.slots)
        result = self.module(**dict(zip(names, values, strict=True)))
        return tuple(tensor for _, tensor in named(result, self._entry))


def _write(source: Source, path: Path, metadata: Metadata, writing: Writing) -> None:
    module = _Flat(source).eval()
    inputs = tuple(source.inputs(source.sizes).values())
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.filterwarnings("ignore", category=DeprecationWarning)
            # It warns of each size that it holds for a number: the check finds what is wrong.
            warnings.filterwarnings("ignore", category=_JIT.TracerWarning)
            traced: Any = _JIT.trace(module, inputs, check_trace=False)
            _JIT.save(traced, path, _extra_files={FILE: metadata.to_json()})
    except (RuntimeError, ValueError, TypeError) as error:
        raise Unexportable(
            f"torch.jit does not trace `{source.entry.name}`: {first_line(error)}; "
            "`--to pt2` is what torch goes on with"
        ) from error


def _open(path: Path, source: Source) -> Runner:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        module = _JIT.load(path)

    def run(inputs: Mapping[str, Any]) -> Sequence[Tensor]:
        with torch.no_grad():
            return list(module(*inputs.values()))

    return run


def _metadata(path: Path) -> str | None:
    extra = {FILE: ""}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        _JIT.load(path, _extra_files=extra)
    text: str | bytes = extra[FILE]
    return (text if isinstance(text, str) else text.decode()) or None


FORMAT = Format("torchscript", ".pt", "", _write, _open, _metadata)
