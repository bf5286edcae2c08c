"""Samples to calibrate by: an `.npz` with an array for each input of the model."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from netwright.artifact import Manifest
from torch import Tensor

from netwright_runtime.export.refusal import Unexportable
from netwright_runtime.model.batch import batch_dim

AT_ONCE = 16
"""Samples in a batch: all activations of one are in memory together."""


def read_samples(path: Path, manifest: Manifest) -> tuple[Mapping[str, Any], ...]:
    """The batches that a file holds.

    Raises:
        Unexportable: it is no such file, or an array is of no input.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: torch.from_numpy(file[name]) for name in file.files}
    except (OSError, ValueError, zipfile.BadZipFile, AttributeError) as fault:
        raise Unexportable(f"`{path}` is no `.npz` of arrays: {fault}") from fault
    known = {port.name for port in manifest.inputs}
    required = {port.name for port in manifest.inputs if not port.optional}
    wrong = sorted(arrays.keys() ^ required & (arrays.keys() | required) - (known - required))
    if wrong:
        listed = ", ".join(f"`{name}`" for name in sorted(required))
        raise Unexportable(f"`{path}` does not fit at `{wrong[0]}`; the model takes {listed}")
    return tuple(_batches(arrays, manifest))


def _batches(arrays: Mapping[str, Tensor], manifest: Manifest) -> list[Mapping[str, Tensor]]:
    batch = batch_dim(manifest)
    leading = {port.name for port in manifest.inputs if port.shape and port.shape[0] == batch}
    if batch is None or not arrays.keys() <= leading:
        return [arrays]
    count = min(len(array) for array in arrays.values())
    return [
        {name: array[start : start + AT_ONCE] for name, array in arrays.items()}
        for start in range(0, count, AT_ONCE)
    ]
