"""A model exported to ONNX and run by onnxruntime."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import onnxruntime
import torch
from torch import Tensor, nn

from netwright_runtime.bench.faults import NotMeasured
from netwright_runtime.bench.steps import Arguments, Call
from netwright_runtime.export import export
from netwright_runtime.export.noise import quiet
from netwright_runtime.model import Compiled

_PROVIDERS = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider"}


def exported(
    compiled: Compiled | None, module: nn.Module, inputs: Mapping[str, Any], folder: Path
) -> Path:
    """A file of the model: our own as `netwright export` writes it, a reference as torch does.

    Ours takes inputs of all sizes, that of a reference the sizes of `inputs` alone.
    """
    if compiled is not None:
        file = folder / "model.onnx"
        export(compiled, to="onnx", path=file)
        return file
    file = folder / "reference.onnx"
    arguments = Arguments.of(module, inputs)
    with quiet():
        torch.onnx.export(
            module, arguments.positional, file, kwargs=dict(arguments.named), dynamo=True,
            verbose=False,
        )  # fmt: skip
    return file


def session(file: Path, inputs: Mapping[str, Any], device: torch.device) -> Call:
    """A call of the file by onnxruntime, with the threads that torch has.

    On a GPU, the inputs are copied there with each call, and the outputs back.
    """
    provider = _PROVIDERS[device.type]
    if provider not in onnxruntime.get_available_providers():
        raise NotMeasured(f"this onnxruntime has no {provider}; `onnxruntime-gpu` has")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    found = onnxruntime.InferenceSession(file, options, providers=[provider])
    arrays = [tensor.numpy(force=True) for tensor in _flat(inputs)]
    feeds = dict(zip([port.name for port in found.get_inputs()], arrays, strict=True))
    return lambda: found.run(None, feeds)


def _flat(inputs: Mapping[str, Any]) -> list[Tensor]:
    return [
        tensor
        for value in inputs.values()
        for tensor in (value if isinstance(value, list) else [value])
    ]
