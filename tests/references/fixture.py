"""What a recorded file holds, and the measures that recorder and tests share."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NotRequired, TypedDict

import torch
from torch import Tensor, nn

from .filling import Description, uniform

HERE = Path(__file__).parent
SAMPLES = 32


class Measure(TypedDict):
    """One output tensor: exact in shape and dtype, sampled in its values.

    `indices` are flat positions and `values` what stands there; `std` divides by the count. Numbers
    are rounded to twelve significant digits.
    """

    shape: list[int]
    dtype: str
    indices: list[int]
    values: list[float]
    mean: float
    std: float


class Pass(TypedDict):
    """One forward pass in eval mode, on weights from `filling.fill_module`.

    Outputs go by the spec's names, `""` is a single bare output; an output that is a list of
    tensors has a list of measures.
    """

    inputs: dict[str, Description | list[Description]]
    outputs: dict[str, Measure | list[Measure]]


class RecordedCase(TypedDict):
    """One parametrisation of a spec beside the reference it equals.

    Without `inputs` only the weights were recorded (from a build on the meta device). `again` are
    further passes of the same model at other sizes. `method` is the entry point, null for the whole
    model.
    """

    variant: str | None
    params: dict[str, Any]
    method: str | None
    reference: str
    """The Python expression that built the reference."""
    key_differences: str | None
    """How the reference's weight names differ from the spec's; null where they are equal."""
    parameters: int
    """Numbers in all parameters, tied ones counted once."""
    entries: int
    """Entries in the state dict."""
    state_dict_sha256: str
    """`state_dict_sha256` of a build in float32."""
    state_dict: NotRequired[dict[str, list[int]]]
    """Shapes by name, in the reference's order, where names are recorded in full."""
    dtype: NotRequired[str]
    """torch's default dtype while model and inputs were made."""
    gain: NotRequired[float]
    """What `filling.fill_module` multiplied the weights of two dims and more by."""
    lifted: NotRequired[bool]
    """True where the reference casts to float32 inside and those casts were lifted to float64."""
    inputs: NotRequired[dict[str, Description | list[Description]]]
    outputs: NotRequired[dict[str, Measure | list[Measure]]]
    again: NotRequired[list[Pass]]


class Fixture(TypedDict):
    """A file: everything recorded for one spec, with the versions of the packages it came from."""

    spec: str
    versions: dict[str, str]
    cases: list[RecordedCase]


def path_of(spec: str) -> Path:
    """Where the recording of a spec, such as `vision/resnet`, lies."""
    return HERE / f"{spec}.json"


def load(spec: str) -> Fixture:
    """Read what was recorded for a spec, such as `vision/resnet`."""
    fixture: Fixture = json.loads(path_of(spec).read_text())
    return fixture


def state_dict_sha256(state_dict: Mapping[str, Tensor]) -> str:
    """SHA-256 over the sorted lines `name:shape:dtype`, as in `conv1.weight:64,3,7,7:float32`.

    Meta tensors will do. Two models with equal digests load each other's weights strictly.
    """
    lines = sorted(
        f"{name}:{','.join(map(str, entry.shape))}:{dtype_name(entry.dtype)}"
        for name, entry in state_dict.items()
    )
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def parameter_count(module: nn.Module) -> int:
    """Numbers in all parameters, tied ones counted once."""
    return sum(parameter.numel() for parameter in module.parameters())


def measure(tensor: Tensor) -> Measure:
    """Sample and summarise a tensor; the positions follow from its size alone."""
    flat = tensor.detach().reshape(-1)
    indices = positions(flat.numel())
    exact = flat.double()
    return {
        "shape": list(tensor.shape),
        "dtype": dtype_name(tensor.dtype),
        "indices": indices,
        "values": [_rounded(value) for value in exact[torch.tensor(indices)].tolist()],
        "mean": _rounded(exact.mean().item()),
        "std": _rounded(exact.std(correction=0).item()),
    }


def positions(count: int) -> list[int]:
    """At most 32 different flat positions among `count`, in rising order."""
    if count <= SAMPLES:
        return list(range(count))
    drawn = uniform(f"positions:{count}", SAMPLES) * count
    return sorted(set(drawn.astype(int).tolist()))


def dtype_name(dtype: torch.dtype) -> str:
    """`float32` for `torch.float32`."""
    return str(dtype).removeprefix("torch.")


def _rounded(value: float) -> float:
    return float(f"{value:.12g}")
