"""What torch and its exporters say of their own insides, kept from users."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

_LOGGERS = ("torch.onnx", "onnx_ir", "onnxscript", "torchao")
"""They tell of libraries that are not installed, and of kernels for other machines."""

_WARNINGS = (
    "The tensor attributes .*_flat_weights",  # torch's LSTM keeps a list beside its weights
    ".isinstance.treespec, LeafSpec.. is deprecated",  # torch calls its own old names
    ".torch.jit.script_method. is deprecated",
    ".torch.jit.script. is deprecated",
    "_check_is_size will be removed",  # torch's own loops call it
)


@contextmanager
def quiet(*more: str) -> Iterator[None]:
    """Without the lines and warnings that no user can do anything about; `more` are loggers."""
    loggers = [logging.getLogger(name) for name in (*_LOGGERS, *more)]
    levels = [logger.level for logger in loggers]
    try:
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        with warnings.catch_warnings():
            for message in _WARNINGS:
                warnings.filterwarnings("ignore", message)
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
