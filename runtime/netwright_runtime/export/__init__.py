"""Exports: a model with its weights as a file that another runtime runs.

    import netwright_runtime

    netwright_runtime.export("vision/resnet", to="onnx", path="r.onnx", weights="r.safetensors")
    netwright_runtime.export(model, to="pt2", path="folder")  # a live module; every entry point

| step | files |
|---|---|
| which graphs a model has: methods, with and without state | `entries` |
| sizes to trace and to check at; dims as torch.export takes them | `sizes` |
| one program a graph, with the spec's ranges | `tracing`, `recurrent`, `ranges` |
| what a file says of itself | `metadata` |
| one format a file, all in one table | `formats/` |
| fewer bits | `quantising` |
| run in its own runtime beside the model, or not kept | `agreement` |
| the way through; a folder of a training run | `exporting`, `trained` |

What reads an exported file may do so without torch: this module imports nothing by itself.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from netwright_runtime.export.agreement import Disagrees
    from netwright_runtime.export.exporting import Exported, Options, export
    from netwright_runtime.export.refusal import Unexportable

_HOMES = {
    "Disagrees": "agreement",
    "Exported": "exporting",
    "Options": "exporting",
    "Unexportable": "refusal",
    "export": "exporting",
}

__all__ = ["Disagrees", "Exported", "Options", "Unexportable", "export"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module `netwright_runtime.export` has no attribute `{name}`")
    return getattr(import_module(f"netwright_runtime.export.{_HOMES[name]}"), name)
