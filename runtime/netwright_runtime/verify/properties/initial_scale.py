"""Before training, values have the scale that the spec gives.

Proves `properties: {init_scale: {logits: [0.5, 2], blocks: [0.5, 2]}}`: the standard deviation of
an output or of a node, over a batch of normal or random inputs, in training mode and with the
weights that the model begins with. A wrong gain, a missing `1 / sqrt(depth)` or an initialiser
that matches nothing shows here (fixup and muP were found so, with a plot in place of a test). It
does not apply to a model that claims none.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import torch
from torch import Tensor
from torch.fx import GraphModule, Node

from netwright_runtime.verify.axes import outputs, upstream
from netwright_runtime.verify.compare import floats
from netwright_runtime.verify.properties.outputs import span
from netwright_runtime.verify.properties.statistics import largest_step
from netwright_runtime.verify.property import Finding, Property, Trial
from netwright_runtime.verify.recording import Value, path_of, record
from netwright_runtime.verify.subject import Subject

SAMPLES = 16
SIZE = 8
"""The least sizes of the batch and of the other dims: one draw then tells the deviation to a few
percent, and borders weigh little."""

LARGE = 5.0
"""A step that changes the scale by more than this is named, and not the node of the claim."""


def unfit(subject: Subject) -> str:
    return "" if "init_scale" in subject.declared else "the spec does not claim `init_scale`"


def minimum(subject: Subject) -> dict[str, int]:
    return {name: SAMPLES if name == subject.batch else SIZE for name in subject.names}


def cases(subject: Subject) -> tuple[frozenset[str], ...]:
    return (frozenset(),)


def check(subject: Subject, trial: Trial) -> Iterator[Finding]:
    graph = subject.graph(trial.given, training=True, initial=True)
    with torch.no_grad():
        values = {value.node: value for value in record(graph, subject.inputs(trial))}
    for name, (low, high) in subject.declared["init_scale"].items():
        for node in _nodes(subject, graph, name):
            value = values[node].value
            if not isinstance(value, Tensor):
                continue
            scale = value.float().std().item()
            most = float("inf") if high is None else high
            if not (low or 0.0) <= scale <= most:
                at = _cause(values, node, scale, most)
                yield Finding(
                    f"the standard deviation of `{name}` begins at {scale:.3g}, "
                    f"the spec says {span(low, high)}",
                    str(at.node.target) if at.node.op == "get_attr" else at.path,
                    at.place,
                )
                break


def _cause(values: Mapping[Node, Value], node: Node, scale: float, most: float) -> Value:
    """The first NaN on the way to a node, the step that stands out there, or the node itself."""
    way = upstream([node])
    before = [value for value in values.values() if value.node in way]
    if math.isnan(scale):
        return next(v for v in before if any(bool(t.isnan().any()) for t in floats(v.value)))
    growing = scale > most
    step, change = largest_step(before, growing)
    if scale == 0.0 and change > 0.0:
        weights = (v for v in before if v.node.op == "get_attr" and not v.value.any())
        return next(weights, values[node])
    own = largest_step(before, growing, {node})[1]
    return step if change == 0.0 or (_large(change) and not _large(own)) else values[node]


def _large(change: float) -> bool:
    return change > 0.0 and abs(math.log(change)) > math.log(LARGE)


def _nodes(subject: Subject, graph: GraphModule, name: str) -> list[Node]:
    """The nodes of an output, or the last one of each node or block at a path."""
    named = outputs(subject, graph)
    if name in named:
        return named[name]
    found = [n for n in graph.graph.nodes if f"{path_of(n)}.".startswith(f"{name}.")]
    return found[-1:]


PROPERTY = Property("initial_scale", check, __doc__ or "", unfit, minimum=minimum, cases=cases)
