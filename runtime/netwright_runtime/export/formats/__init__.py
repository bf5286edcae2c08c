"""The formats that a model can be exported to: one file each, and the order in one table."""

from __future__ import annotations

from netwright_runtime.export.formats import (
    aoti,
    executorch,
    onnx,
    openvino,
    pt2,
    safetensors,
    torchscript,
)
from netwright_runtime.export.formats.format import Format

FORMATS: dict[str, Format] = {
    made.name: made
    for made in (
        onnx.FORMAT,
        pt2.FORMAT,
        aoti.FORMAT,
        torchscript.FORMAT,
        safetensors.FORMAT,
        openvino.FORMAT,
        executorch.FORMAT,
    )
}

__all__ = ["FORMATS", "Format"]
