"""Weights from files: published checkpoints into the modules of a spec.

    import netwright
    from netwright_runtime import load_weights

    model = netwright.build("vision/resnet", "resnet50", device="meta")
    print(load_weights(model, "resnet50.safetensors"))

| step | file |
|---|---|
| a file or a folder of shards to named tensors | `files`, `shards`, `damaged` |
| which part of it, without which prefix, through which key map | `readings`, `keymap` |
| its tensors beside the model's weights | `matching`, `partial`, `nearest` |
| into the module | `assign`, `hollow` |
| what was done | `loaded`, `text` |
"""

from netwright_runtime.model.weights.damaged import BadWeights
from netwright_runtime.model.weights.files import read
from netwright_runtime.model.weights.load import IncompleteLoad, load_weights
from netwright_runtime.model.weights.loaded import Loaded
from netwright_runtime.model.weights.partial import Partial, UnknownName

__all__ = [
    "BadWeights",
    "IncompleteLoad",
    "Loaded",
    "Partial",
    "UnknownName",
    "load_weights",
    "read",
]
