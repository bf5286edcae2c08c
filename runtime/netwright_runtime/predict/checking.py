"""A sample held to what a graph takes, before its runtime sees it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from netwright_runtime.data.encodings import Array
from netwright_runtime.export.metadata import Metadata, Value

_DTYPES: dict[str, Any] = {
    "bool": np.bool_, "uint8": np.uint8, "int8": np.int8, "int16": np.int16, "int32": np.int32,
    "int": np.int64, "float16": np.float16, "float": np.float32, "float64": np.float64,
}  # fmt: skip
"""The language's dtypes in NumPy."""


class Unfit(Exception):
    """A sample is not what the graph takes; the text says what, where and what to do."""


def fit(inputs: Mapping[str, Array], metadata: Metadata, many: bool) -> dict[str, Array]:
    """The inputs of one sample in the graph's dtypes.

    Args:
        many: whether the graph takes a batch, whose axis the sample lacks.

    Raises:
        Unfit: an input is missing, unknown, or of another dtype or shape.
    """
    known = {value.name for value in metadata.inputs}
    for name in inputs:
        if name not in known:
            raise Unfit(f"the model takes no input `{name}`; it takes {_listed(known)}")
    sizes: dict[str, int] = {}
    return {value.name: _one(inputs, value, metadata, many, sizes) for value in metadata.inputs}


def _one(
    inputs: Mapping[str, Array],
    value: Value,
    metadata: Metadata,
    many: bool,
    sizes: dict[str, int],
) -> Array:
    if value.name not in inputs:
        raise Unfit(f"the input `{value.name}` is missing; it is {_type(value)}")
    array = inputs[value.name]
    wanted = value.shape[1:] if many else value.shape
    if array.ndim != len(wanted) or not all(map(_fits, array.shape, wanted)):
        raise Unfit(
            f"`{value.name}` is of shape {list(array.shape)}; one sample is "
            f"[{', '.join(map(str, wanted))}]"
        )
    for size, name in zip(array.shape, wanted, strict=True):
        if isinstance(name, str) and sizes.setdefault(name, size) != size:
            raise Unfit(f"`{name}` is {size} in `{value.name}` and {sizes[name]} before it")
    return _cast(array, value, metadata)


def _fits(size: int, wanted: int | str) -> bool:
    return size == wanted if isinstance(wanted, int) else size > 0


def _cast(array: Array, value: Value, metadata: Metadata) -> Array:
    dtype = _DTYPES.get(value.dtype)
    if dtype is None:
        raise Unfit(
            f"`{value.name}` is {value.dtype}, which NumPy lacks; export with another dtype"
        )
    if not np.can_cast(array.dtype, dtype, casting="same_kind"):
        raise Unfit(f"`{value.name}` holds {array.dtype}; the model takes {value.dtype}")
    below = metadata.below.get(value.name)
    if isinstance(below, int) and array.size and not 0 <= array.min() <= array.max() < below:
        raise Unfit(
            f"`{value.name}` holds {array.min()} to {array.max()}; values are 0 to {below - 1}"
        )
    made: Array = np.ascontiguousarray(array, dtype=dtype)
    return made


def _type(value: Value) -> str:
    return f"{value.dtype}[{', '.join(map(str, value.shape))}]"


def _listed(names: set[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names))
