"""Weights and inputs that follow from names alone, the same for a reference and for our model.

Every number comes from raw 64-bit words of numpy's PCG64, seeded by the CRC-32 of a name. numpy
promises that stream for good, so neither torch's nor numpy's samplers can change a recording.
"""

import math
import zlib
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NotRequired, TypedDict

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

RUNNING_STATISTICS = ("running_mean", "running_var")


class Description(TypedDict):
    """How to make one input tensor.

    `values` is "uniform" (0 to 1), "normal" (mean 0, variance 1), "bools" (three of four true),
    "tokens:<vocabulary>" (whole numbers from 0 to the vocabulary, exclusive), or the nested list
    itself. `shape` is left out where the list tells it.
    """

    values: str | list[Any]
    shape: NotRequired[list[int]]


Descriptions = Mapping[str, Description | Sequence[Description]]
"""What a model takes, by name; an input that is a list of tensors has a list of descriptions."""


def uniform(name: str, count: int) -> NDArray[np.float64]:
    """`count` numbers in [0, 1), decided by `name`: the upper 53 bits of each raw word."""
    words = np.random.PCG64(zlib.crc32(name.encode())).random_raw(count)
    upper = np.asarray(words, dtype=np.uint64) >> np.uint64(11)
    return upper.astype(np.float64) / 2.0**53


def normal(name: str, count: int) -> NDArray[np.float64]:
    """`count` standard normal numbers, decided by `name` (Box and Muller, 1958)."""
    radius, angle = uniform(name, 2 * count).reshape(2, count)
    return np.sqrt(-2.0 * np.log1p(-radius)) * np.cos(2.0 * math.pi * angle)


def fill(
    state_dict: Mapping[str, Tensor], *, constants: Collection[str] = (), gain: float = 1.0
) -> None:
    """Overwrite every floating entry in place by the rule for its name and shape.

    - two dims and more: U(-a, a) with a = gain * sqrt(3 / fan_in); gain 1 keeps variance;
    - fewer dims, last name `weight` or `running_var`: U(0.5, 1.5);
    - fewer dims, any other name: U(-0.2, 0.2).

    Entries that are one tensor under several names take the values of the alphabetically first
    name. Entries named in `constants` keep theirs.
    """
    seen = set()
    with torch.no_grad():
        for name in sorted(state_dict):
            entry = state_dict[name]
            place = (entry.data_ptr(), entry.shape, entry.stride())
            if not entry.is_floating_point() or name in constants or place in seen:
                continue
            seen.add(place)
            entry.copy_(torch.from_numpy(np.asarray(_values(name, entry.shape, gain))))


def fill_module(module: nn.Module, *, gain: float = 1.0) -> None:
    """`fill` a module but for its constants: persistent buffers that are no running statistics."""
    entries = module.state_dict()
    constants = {
        name
        for name, _ in module.named_buffers(remove_duplicate=False)
        if name in entries and name.rpartition(".")[2] not in RUNNING_STATISTICS
    }
    fill(entries, constants=constants, gain=gain)


def make_inputs(
    descriptions: Descriptions, *, dtype: torch.dtype | None = None
) -> dict[str, Tensor | list[Tensor]]:
    """Make every described input; item i of a list is seeded by `<name>.<i>`.

    Floating inputs take `dtype`, by default torch's default dtype; whole numbers are int64.
    """
    made: dict[str, Tensor | list[Tensor]] = {}
    for name, described in descriptions.items():
        if isinstance(described, Mapping):
            made[name] = _input(name, described, dtype)
        else:
            made[name] = [_input(f"{name}.{i}", item, dtype) for i, item in enumerate(described)]
    return made


def _values(name: str, shape: Sequence[int], gain: float) -> NDArray[np.float64]:
    drawn = uniform(name, math.prod(shape)).reshape(tuple(shape))
    if len(shape) >= 2:
        return (2.0 * drawn - 1.0) * (gain * math.sqrt(3.0 / _fan_in(shape)))
    if name.rpartition(".")[2] in ("weight", "running_var"):
        return 0.5 + drawn
    return 0.4 * drawn - 0.2


def _fan_in(shape: Sequence[int]) -> int:
    """Numbers that one output is summed from; (1, N, D) is a table of N rows (positions, say)."""
    rows = shape[1:] if len(shape) == 3 and shape[0] == 1 else shape
    return max(1, math.prod(rows[1:]))


def _input(name: str, described: Description, dtype: torch.dtype | None) -> Tensor:
    floating = dtype or torch.get_default_dtype()
    values = described["values"]
    if not isinstance(values, str):
        listed = torch.tensor(values)
        return listed.to(floating) if listed.is_floating_point() else listed
    shape = tuple(described["shape"])
    count = math.prod(shape)
    kind, _, vocabulary = values.partition(":")
    if kind == "normal":
        return torch.from_numpy(normal(name, count)).to(floating).reshape(shape)
    drawn = torch.from_numpy(uniform(name, count)).reshape(shape)
    if kind == "uniform":
        return drawn.to(floating)
    if kind == "bools":
        return drawn < 0.75
    if kind == "tokens":
        return (drawn * int(vocabulary)).long()
    raise ValueError(f"values {values!r} of input {name!r} are of no known kind")
