"""Recurrent layers stay one operation in an exported program.

torch traces `nn.LSTM` and `nn.GRU` step by step, so that the number of steps becomes a constant of
the program. While `whole` holds, the tracer is given the shapes of their results instead, and the
program keeps `aten.lstm` and `aten.gru`: torch runs these as they are, and ONNX has operators of
the same meaning.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch._C import DispatchKey
from torch._decomp import decomposition_table
from torch.export._patches import (
    register_gru_while_loop_decomposition,
    register_lstm_while_loop_decomposition,
)

_KEYS = (DispatchKey.CompositeImplicitAutograd, DispatchKey.Autograd)
"""Where torch keeps the step by step versions, beside its table of decompositions."""


def _lstm(
    x: Tensor,
    states: Sequence[Tensor],
    weights: Sequence[Tensor],
    biases: bool,
    layers: int,
    dropout: float,
    train: bool,
    bidirectional: bool,
    batch_first: bool,
) -> tuple[Tensor, Tensor, Tensor]:
    """(B, T, F) or (T, B, F) to the same with the hidden size, and the two last states."""
    hidden, cell = states
    out = x.new_empty((*x.shape[:2], (1 + bidirectional) * hidden.shape[2]))
    return out, torch.empty_like(hidden), torch.empty_like(cell)


def _gru(
    x: Tensor,
    hidden: Tensor,
    weights: Sequence[Tensor],
    biases: bool,
    layers: int,
    dropout: float,
    train: bool,
    bidirectional: bool,
    batch_first: bool,
) -> tuple[Tensor, Tensor]:
    """(B, T, F) or (T, B, F) to the same with the hidden size, and the last state."""
    out = x.new_empty((*x.shape[:2], (1 + bidirectional) * hidden.shape[2]))
    return out, torch.empty_like(hidden)


_SHAPES: dict[Any, Callable[..., tuple[Tensor, ...]]] = {
    torch.ops.aten.lstm.input: _lstm,
    torch.ops.aten.gru.input: _gru,
}


@contextmanager
def whole() -> Iterator[None]:
    """While it holds, tracing does not look into recurrent layers."""
    kernels = {operation: dict(operation.py_kernels) for operation in _SHAPES}
    steps = {operation: decomposition_table[operation] for operation in _SHAPES}
    try:
        for operation, shapes in _SHAPES.items():
            _set(operation, {**kernels[operation], **dict.fromkeys(_KEYS, shapes)})
        decomposition_table.update(_SHAPES)
        yield
    finally:
        for operation, before in kernels.items():
            _set(operation, before)
        decomposition_table.update(steps)


@contextmanager
def looped() -> Iterator[None]:
    """While it holds, a tracer makes loops of recurrent layers, of as many steps as they are given.

    For a compiler that has no code for the whole layer.
    """
    with register_lstm_while_loop_decomposition(), register_gru_while_loop_decomposition():
        yield


def _set(operation: Any, kernels: dict[Any, Any]) -> None:
    operation.py_kernels.clear()
    operation.py_kernels.update(kernels)
    operation._dispatch_cache.clear()
