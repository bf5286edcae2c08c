"""OpenVINO: its intermediate representation, converted from the ONNX graph.

The way over ONNX keeps the names of inputs, outputs and dims.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from torch import Tensor

from netwright_runtime.export.agreement import Runner
from netwright_runtime.export.formats import onnx
from netwright_runtime.export.formats.format import Format, Writing, flat
from netwright_runtime.export.metadata import KEY, Metadata
from netwright_runtime.export.refusal import Unexportable, first_line
from netwright_runtime.export.tracing import Source


def _write(source: Source, path: Path, metadata: Metadata, writing: Writing) -> None:
    import openvino

    with TemporaryDirectory() as folder:
        graph = Path(folder) / "graph.onnx"
        onnx.FORMAT.write(source, graph, metadata, writing)
        try:
            model = openvino.convert_model(graph)
        except RuntimeError as error:
            raise Unexportable(
                f"openvino does not convert `{source.entry.name}`: {first_line(error)}; "
                "`--to onnx` may do"
            ) from error
        model.set_rt_info(metadata.to_json(), KEY)
        openvino.save_model(model, path, compress_to_fp16=False)


def _open(path: Path, source: Source) -> Runner:
    import openvino

    # On some processors it computes in bfloat16 where nothing else is asked for.
    model = openvino.compile_model(path, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})

    def run(inputs: Mapping[str, Any]) -> Sequence[Tensor]:
        arrays = {name: tensor.numpy() for name, tensor in flat(inputs).items()}
        return [torch.from_numpy(array) for array in model(arrays).values()]

    return run


def _metadata(path: Path) -> str | None:
    import openvino

    model = openvino.Core().read_model(path)
    return str(model.get_rt_info(KEY).value) if model.has_rt_info(KEY) else None


FORMAT = Format("openvino", ".xml", "openvino", _write, _open, _metadata)
