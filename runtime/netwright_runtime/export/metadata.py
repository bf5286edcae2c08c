"""What an exported file says of itself: enough to feed it, and to know where it comes from.

It is JSON, and stands in the file: in `metadata_props` of ONNX, in an extra file of pt2 and
TorchScript, in the header of safetensors. Nothing here needs torch.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

FORMAT = 1
"""Version of the JSON; a reader refuses what it does not know."""

KEY = "netwright"
"""Under which formats with named entries hold it."""

FILE = "netwright.json"
"""The same for formats that hold files."""


class BadMetadata(ValueError):
    """A file says nothing of itself that can be read; the text says what is wrong."""


@dataclass(frozen=True)
class Value:
    """An input or output: one tensor. `shape` holds numbers and expressions over dims."""

    name: str
    dtype: str
    shape: tuple[int | str, ...]


@dataclass(frozen=True)
class Metadata:
    """What is known of an exported graph.

    spec           its path in its catalogue, with the hash of its text
    entry          the graph's name, and the method that it calls
    params         the params of the spec that were chosen
    constraints    what the sizes of inputs have to meet
    below          what the integers of an input stay below
    state          inputs that carry state, by the output that they come from
    classes        names of the classes that are predicted, by index
    preprocessing  of the training run, as it saved it
    quantised      how weights or activations were quantised, empty for not at all
    """

    netwright: str
    model: str
    spec: str
    spec_sha256: str
    entry: str
    method: str
    inputs: tuple[Value, ...] = ()
    outputs: tuple[Value, ...] = ()
    variant: str | None = None
    doc: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    constraints: tuple[str, ...] = ()
    below: Mapping[str, int | str] = field(default_factory=dict)
    state: Mapping[str, str] = field(default_factory=dict)
    classes: tuple[str, ...] = ()
    preprocessing: Mapping[str, Any] | None = None
    quantised: str = ""

    def to_json(self) -> str:
        """Its text; equal ones give equal bytes."""
        return json.dumps({"format": FORMAT, **asdict(self)}, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Metadata:
        """What `to_json` wrote; raises BadMetadata for anything else."""
        try:
            data = json.loads(text)
            if not isinstance(data, dict) or data.pop("format", None) != FORMAT:
                raise BadMetadata(f"the metadata are not of format {FORMAT}")
            for key in ("inputs", "outputs"):
                data[key] = tuple(_value(value) for value in data[key])
            for key in ("constraints", "classes"):
                data[key] = tuple(data[key])
            return cls(**data)
        except (json.JSONDecodeError, TypeError, KeyError) as fault:
            raise BadMetadata(f"the metadata cannot be read: {fault}") from fault

    def as_quantised(self, how: str) -> Metadata:
        """The same of a quantised graph."""
        return replace(self, quantised=how)


def _value(data: Mapping[str, Any]) -> Value:
    return Value(data["name"], data["dtype"], tuple(data["shape"]))
