"""What every format does: write a graph, and open what it wrote in its own runtime."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from netwright_runtime.export.agreement import Runner
from netwright_runtime.export.metadata import Metadata
from netwright_runtime.export.tracing import Source, item_names

EXTERNAL_FROM = 1_800_000_000
"""Bytes of weights from which ONNX keeps them in a file beside: protobuf ends at 2 GiB."""


@dataclass(frozen=True)
class Writing:
    """How a file is written.

    opset     of ONNX, None for the exporter's own
    external  bytes of weights from which ONNX keeps them in a file beside
    quantise  a scheme of this format, empty for none; static ones need samples to `calibrate`
    """

    opset: int | None = None
    external: int = EXTERNAL_FROM
    quantise: str = ""
    calibrate: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class Format:
    """A format.

    suffix    of its files
    extra     of netwright that brings its runtime, empty for torch's own
    write     writes a graph to a path, with metadata
    open      the file in its own runtime
    metadata  the text that a file says of itself, None where it says nothing
    schemes   of quantisation
    graphs    whether a file is one graph; else it is the weights of all
    """

    name: str
    suffix: str
    extra: str
    write: Callable[[Source, Path, Metadata, Writing], None]
    open: Callable[[Path, Source], Runner]
    metadata: Callable[[Path], str | None]
    schemes: tuple[str, ...] = ()
    graphs: bool = True


def flat(inputs: Mapping[str, Any]) -> dict[str, Tensor]:
    """Inputs by the names of their tensors: those of lists are `past.0`, `past.1`."""
    found: dict[str, Tensor] = {}
    for name, value in inputs.items():
        items = value if isinstance(value, list) else [value]
        length = len(items) if isinstance(value, list) else None
        found.update(zip(item_names(name, length), items, strict=True))
    return found
