"""ONNX graphs in fewer bits, by the quantisers of onnxruntime."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import onnx
from onnxruntime.quantization import (
    QuantFormat,
    QuantType,
    quantize_dynamic,
    quantize_static,
)
from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer

from netwright_runtime.export.noise import quiet

BLOCK = 32
"""Weights that share a scale where values have 4 bits."""

_LINE_BY_LINE = ("", MatMulNBitsQuantizer.__module__)
"""Loggers that tell of each node, and advise to run shape inference; the first is Python's root."""


def quantise(
    plain: Path, path: Path, scheme: str, samples: tuple[Mapping[str, Any], ...], external: bool
) -> None:
    """Write the graph of `plain` to `path` in a scheme.

    int8-dynamic  weights ahead of time, activations by what each call brings
    int8-static   both ahead of time, activations by `samples`: arrays by the inputs' names
    int4-weights  weights of matrix products alone, packed, a scale for each block

    Args:
        external: keep the weights in a file beside.
    """
    with quiet(*_LINE_BY_LINE):
        if scheme == "int4-weights":
            made = MatMulNBitsQuantizer(onnx.load(plain), block_size=BLOCK, is_symmetric=True)
            made.process()
            made.model.save_model_to_file(str(path), external)
            return
        # Types that the exporter noted stand for weights that the quantiser turns round.
        model = onnx.load(plain)
        del model.graph.value_info[:]
        if scheme == "int8-dynamic":
            quantize_dynamic(
                model,
                path,
                per_channel=True,
                weight_type=QuantType.QInt8,
                use_external_data_format=external,
            )
            return
        quantize_static(
            model,
            path,
            _Samples(samples),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            use_external_data_format=external,
        )


class _Samples:
    """Batches of inputs, one after the other, as onnxruntime asks for them."""

    def __init__(self, samples: tuple[Mapping[str, Any], ...]) -> None:
        self._left = iter(samples)

    def get_next(self) -> Mapping[str, Any] | None:
        """The next one, None at the end."""
        return next(self._left, None)
