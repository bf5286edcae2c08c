"""Before training, values have the scale that the spec gives.

Proves `properties: {init_scale: {logits: [0.5, 2], blocks: [0.5, 2]}}`: the standard deviation of
an output or of a node, over a batch of normal or random inputs, in training mode and with the
weights that the model begins with. A wrong gain, a missing `1 / sqrt(depth)` or an initialiser
that matches nothing shows here (fixup and muP were found so, with a plot in place of a test). It
does not apply to a model that claims none.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.fx import GraphModule, Node

from netwright_runtime.verify.axes import outputs
from netwright_runtime.verify.properties.outputs import span
from netwright_runtime.verify.property import Finding, Property, Trial
from netwright_runtime.verify.recording import path_of, place_of, record
from netwright_runtime.verify.subject import Subject

SAMPLES = 16
SIZE = 8
"""The least sizes of the batch and of the other dims: one draw then tells the deviation to a few
percent, and borders weigh little."""


def unfit(subject: Subject) -> str:
    return "" if "init_scale" in subject.declared else "the spec does not claim `init_scale`"


def minimum(subject: Subject) -> dict[str, int]:
    return {name: SAMPLES if name == subject.batch else SIZE for name in subject.names}


def cases(subject: Subject) -> tuple[frozenset[str], ...]:
    return (frozenset(),)


def check(subject: Subject, trial: Trial) -> Iterator[Finding]:
    graph = subject.graph(trial.given, training=True, initial=True)
    with torch.no_grad():
        values = {value.node: value.value for value in record(graph, subject.inputs(trial))}
    for name, (low, high) in subject.declared["init_scale"].items():
        for node in _nodes(subject, graph, name):
            value = values[node]
            if not isinstance(value, Tensor):
                continue
            scale = value.float().std().item()
            if not (low or 0.0) <= scale <= (float("inf") if high is None else high):
                yield Finding(
                    f"the standard deviation of `{name}` begins at {scale:.3g}, "
                    f"the spec says {span(low, high)}",
                    path_of(node),
                    place_of(node),
                )
                break


def _nodes(subject: Subject, graph: GraphModule, name: str) -> list[Node]:
    """The nodes of an output, or the last one of each node or block at a path."""
    named = outputs(subject, graph)
    if name in named:
        return named[name]
    found = [n for n in graph.graph.nodes if f"{path_of(n)}.".startswith(f"{name}.")]
    return found[-1:]


PROPERTY = Property("initial_scale", check, __doc__ or "", unfit, minimum=minimum, cases=cases)
