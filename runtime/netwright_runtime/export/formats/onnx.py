"""ONNX: by torch.onnx, with the spec's names of dims, inputs and outputs; run by onnxruntime."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import onnx_ir
import torch
from onnx_ir import Model, SymbolicDim
from torch import Tensor

from netwright_runtime.export.agreement import Runner
from netwright_runtime.export.formats.format import Format, Writing, flat
from netwright_runtime.export.metadata import KEY, Metadata
from netwright_runtime.export.noise import quiet
from netwright_runtime.export.onnx_quantising import quantise
from netwright_runtime.export.ranges import readable
from netwright_runtime.export.recurrent import whole
from netwright_runtime.export.refusal import Unexportable, first_line
from netwright_runtime.export.tracing import Source


def _write(source: Source, path: Path, metadata: Metadata, writing: Writing) -> None:
    model = translated(source, writing.opset)
    _rename(model, source, metadata)
    model.metadata_props[KEY] = metadata.to_json()
    model.producer_name, model.producer_version = "netwright", metadata.netwright
    model.doc_string = metadata.doc
    if not writing.quantise:
        save(model, path, writing.external)
        return
    with TemporaryDirectory() as folder:
        plain = Path(folder) / path.name
        external = save(model, plain, writing.external)
        samples = tuple(_arrays(sample) for sample in writing.calibrate)
        quantise(plain, path, writing.quantise, samples, external)


def translated(source: Source, opset: int | None) -> Model:
    """The graph in ONNX's operators.

    Raises:
        Unexportable: one of torch's operators has no translation.
    """
    try:
        with quiet(), whole():
            made = torch.onnx.export(
                source.program, dynamo=True, opset_version=opset, verbose=False, optimize=True
            )
    except (RuntimeError, ValueError, TypeError, NotImplementedError) as error:
        cause = error.__cause__ or error
        raise Unexportable(
            f"torch.onnx does not translate `{source.entry.name}`: {first_line(cause)}; "
            "another opset or `--to pt2` may do"
        ) from error
    assert made is not None
    return made.model


def save(model: Model, path: Path, external: int) -> bool:
    """Write a model; whether its weights are large, and so in `path`.data beside it."""
    weights = [value.const_value for value in model.graph.initializers.values()]
    large = sum(weight.nbytes for weight in weights if weight is not None) > external
    onnx_ir.save(model, path, external_data=f"{path.name}.data" if large else None)
    return large


def _rename(model: Model, source: Source, metadata: Metadata) -> None:
    """Give inputs, outputs and sizes the names that the spec has for them."""
    graph = model.graph
    taken = {value.name: value for node in graph for value in node.outputs}
    pairs = [*zip(graph.inputs, metadata.inputs, strict=True)]
    pairs += zip(graph.outputs, metadata.outputs, strict=True)
    for value, described in pairs:
        other = taken.get(described.name)
        if other is not None and other is not value:
            other.name = f"{described.name}.inner"
        value.name = described.name
        value.shape = onnx_ir.Shape(described.shape)
    for node in graph:
        for value in node.outputs:
            if value.shape is not None and not value.is_graph_output():
                value.shape = onnx_ir.Shape([_size(size, source.names) for size in value.shape])


def _size(size: int | SymbolicDim, names: Mapping[str, str]) -> int | str | None:
    if isinstance(size, int) or size.value is None:
        return size if isinstance(size, int) else None
    return readable(size.value, names)


def _open(path: Path, source: Source) -> Runner:
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])

    def run(inputs: Mapping[str, Any]) -> Sequence[Tensor]:
        return [torch.from_numpy(array) for array in session.run(None, _arrays(inputs))]

    return run


def _arrays(inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tensor.numpy() for name, tensor in flat(inputs).items()}


def _metadata(path: Path) -> str | None:
    return onnx_ir.load(path).metadata_props.get(KEY)


FORMAT = Format(
    "onnx",
    ".onnx",
    "export",
    _write,
    _open,
    _metadata,
    ("int8-dynamic", "int8-static", "int4-weights"),
)
