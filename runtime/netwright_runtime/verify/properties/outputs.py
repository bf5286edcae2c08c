"""Outputs lie within the range that the spec gives, and probabilities sum to one.

Proves `output_range` and `sums_to_one`: a forgotten sigmoid or softmax, one too many, or one over
the wrong axis. Inputs are tried as they are drawn and ten times as large. It runs in double. It
does not apply to a model that claims neither.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.fx import Node

from netwright_runtime.verify.axes import outputs, shape_of
from netwright_runtime.verify.compare import floats
from netwright_runtime.verify.property import Finding, Property, Trial
from netwright_runtime.verify.recording import Value, path_of, place_of, record
from netwright_runtime.verify.subject import Subject

ROUNDING = 1e-6
"""How far a bound or a sum may be missed: that of a value that the spec casts to float32."""

SCALES = (1.0, 10.0)


def unfit(subject: Subject) -> str:
    claimed = subject.declared.keys() & {"output_range", "sums_to_one"}
    return "" if claimed else "the spec claims nothing of the values of outputs"


def check(subject: Subject, trial: Trial) -> Iterator[Finding]:
    graph = subject.graph(trial.given, dtype=torch.float64)
    nodes = outputs(subject, graph)
    for scale in SCALES:
        inputs = subject.inputs(trial, torch.float64)
        with torch.no_grad():
            values = {v.node: v for v in record(graph, _scaled(inputs, scale))}
        found = [*_ranges(subject, nodes, values), *_sums(subject, nodes, values)]
        if found:
            yield from found
            return


def _scaled(inputs: Mapping[str, Any], scale: float) -> dict[str, Any]:
    return {
        name: scale * value if isinstance(value, Tensor) and value.is_floating_point() else value
        for name, value in inputs.items()
    }


def _ranges(
    subject: Subject, nodes: Mapping[str, list[Node]], values: Mapping[Node, Value]
) -> Iterator[Finding]:
    claim = subject.declared.get("output_range", {})
    ranges = claim if isinstance(claim, dict) else dict.fromkeys(nodes, claim)
    for name, (low, high) in ranges.items():
        for node in _of(nodes, name):
            value = values[node].value
            if not isinstance(value, Tensor) or not value.is_floating_point():
                continue
            least, most = value.min().item(), value.max().item()
            if math.isnan(least):
                yield _undefined(name, values)
                return
            if not _above(least, low) or not _above(-most, None if high is None else -high):
                said = f"`{name}`" if name else "the output"
                yield Finding(
                    f"{said} lies within [{least:.3g}, {most:.3g}], "
                    f"the spec says {span(low, high)}",
                    path_of(node),
                    place_of(node),
                )


def _undefined(name: str, values: Mapping[Node, Value]) -> Finding:
    """Where the NaN of an output comes from."""
    first = next(v for v in values.values() if any(bool(t.isnan().any()) for t in floats(v.value)))
    message = f"the output `{name}` is NaN, and here it begins" if name else "the output is NaN"
    return Finding(message, first.path, first.place)


def _above(value: float, bound: float | None) -> bool:
    """Whether a value is no lower than a bound."""
    return bound is None or value >= bound - ROUNDING


def span(low: float | None, high: float | None) -> str:
    """A range as the spec writes it, with infinity for an open end."""
    ends = (-math.inf if low is None else low, math.inf if high is None else high)
    return f"[{ends[0]:g}, {ends[1]:g}]"


def _of(nodes: Mapping[str, list[Node]], name: str) -> list[Node]:
    """The nodes of an output; a model that declares none has one, without a name of its own."""
    return nodes[name if name in nodes else ""]


def _sums(
    subject: Subject, nodes: Mapping[str, list[Node]], values: Mapping[Node, Value]
) -> Iterator[Finding]:
    for name, over in subject.declared.get("sums_to_one", {}).items():
        for node in _of(nodes, name):
            shape = shape_of(values[node]) or ()
            axis = shape.index(over) if isinstance(over, str) else over
            value = values[node].value
            off = (value.sum(axis) - 1.0).abs().max().item()
            if not off <= ROUNDING or value.min().item() < -ROUNDING:
                what = "holds negative values" if off <= ROUNDING else f"is off by {off:.2g}"
                yield Finding(
                    f"the sum of `{name}` over `{over}` is to be 1 and {what}",
                    path_of(node),
                    place_of(node),
                    "softmax over that axis",
                )


PROPERTY = Property("outputs", check, __doc__ or "", unfit)
