"""What torch is told of an input: sizes that a type names, arguments that follow from it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor

from tests.strangers.evaluate import DTYPES, Refused, Results, plain

_TYPE = re.compile(r"(list\[)?(\w+)\[(.*?)\]\]?")


def bind(
    type_: str, value: Any, values: dict[str, Any], names: Mapping[str, Any]
) -> list[tuple[str, int]]:
    """Bind the names of a type's dims; what has to be compared once all are bound."""
    found = _TYPE.fullmatch(type_)
    assert found is not None, type_
    if found[1]:
        if not isinstance(value, list):
            raise Refused("no list")
        return [c for item in value for c in bind(type_[5:-1], item, values, names)]
    if not isinstance(value, Tensor) or value.dtype != DTYPES[found[2]]:
        raise Refused(f"not {type_}")
    dims = [dim.strip() for dim in found[3].split(",")] if found[3] else []
    shape = list(value.shape)
    if "..." in dims:
        at = dims.index("...")
        after = len(dims) - at - 1
        if len(shape) < len(dims) - 1:
            raise Refused(f"not {type_}")
        shape = shape[:at] + shape[len(shape) - after :]
        dims.remove("...")
    if len(dims) != len(shape):
        raise Refused(f"not {type_}")
    later = []
    for dim, size in zip(dims, shape, strict=True):
        if dim.isidentifier() and dim not in names and values.setdefault(dim, size) == size:
            continue
        later.append((dim, size))
    return later


def inferred(name: str, given: Mapping[str, Any], inputs: Sequence[Any]) -> dict[str, Any]:
    """The arguments that follow from the input, where torch wants them."""
    x = plain(inputs[0])
    if not isinstance(x, Tensor):
        return {}
    found: dict[str, Any] = {}
    if name == "Bilinear":
        found = {"in1_features": x.shape[-1], "in2_features": plain(inputs[1]).shape[-1]}
    elif name in ("LayerNorm", "RMSNorm"):
        found = {"normalized_shape": x.shape[-1]}
    elif name in _LAST:
        found = {_LAST[name]: x.shape[-1]}
    elif name == "GroupNorm":
        found = {"num_channels": x.shape[1]}
    elif name.startswith(("Conv", "BatchNorm", "InstanceNorm", "SyncBatchNorm")):
        word = "in_channels" if name.startswith("Conv") else "num_features"
        found = {word: x.shape[_channel_axis(name, x)]}
    return {k: v for k, v in found.items() if k not in given}


_LAST = {
    "Linear": "in_features", "RNN": "input_size", "LSTM": "input_size", "GRU": "input_size",
    "RNNCell": "input_size", "LSTMCell": "input_size", "GRUCell": "input_size",
    "MultiheadAttention": "embed_dim", "TransformerEncoderLayer": "d_model",
    "TransformerDecoderLayer": "d_model", "AdaptiveLogSoftmaxWithLoss": "in_features",
    "LinearCrossEntropyLoss": "in_features",
}  # fmt: skip


def _channel_axis(name: str, x: Tensor) -> int:
    """Without a batch, the channels of a convolution come first."""
    spatial = int(name[-2]) if name[-1] == "d" else x.ndim - 2
    batched = x.ndim == spatial + 2 or name.startswith(("Batch", "Sync"))
    return 1 if batched and x.ndim > 1 else 0


_NAMES = {
    "LSTM": ("output", "h_n", "c_n"), "RNN": ("output", "h_n"), "GRU": ("output", "h_n"),
    "LSTMCell": ("h_1", "c_1"), "MultiheadAttention": ("output", "weights"),
    "AdaptiveLogSoftmaxWithLoss": ("output", "loss"),
}  # fmt: skip


def named(name: str, result: Any) -> Any:
    """Several results of a module under their names."""
    if isinstance(result, Tensor):
        return result
    if name == "LSTM":
        result = (result[0], *result[1])
    names = _NAMES.get(name, ("output", "indices"))
    return Results(dict(zip(names, result, strict=True)))
