"""A batch gives what its samples give one by one.

Proves that no value depends on how many samples come together: sizes written down instead of
derived, reshapes that lead over the batch, statistics over it. transformers tests this on the
outputs of its models; here every node is compared, in double precision, so that other kernels for
other sizes are no excuse. Random numbers are those of the batch. It does not apply to a model
without a batch dim, nor where the spec's `where` admits no single sample.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.fx import GraphModule, Node

from netwright_runtime.model.compiled import size_text
from netwright_runtime.model.domains import holds
from netwright_runtime.model.nearness import distance, tolerance
from netwright_runtime.model.sizes import names_in
from netwright_runtime.verify.property import Finding, Property, Trial
from netwright_runtime.verify.recording import Value
from netwright_runtime.verify.subject import Subject
from netwright_runtime.verify.walking import Step, draws, walk


def unfit(subject: Subject) -> str:
    batch = subject.batch
    if batch is None:
        return "the model has no batch dim"
    dims = {dim.name: dim for dim in subject.manifest.dims}
    alone = [c for c in subject.manifest.constraints if names_in(c) == {batch}]
    single = dims[batch].multiple_of == 1 and all(holds(c, {batch: 1}) for c in alone)
    return "" if single else f"`where` admits no single sample of `{batch}`"


def check(subject: Subject, trial: Trial) -> Iterator[Finding]:
    batch = subject.batch
    assert batch is not None
    graph = subject.graph(trial.given, dtype=torch.float64)
    slots = subject.slots(trial.given)
    if any(batch in map(str, _combined(slot.shape, batch)) for slot in slots):
        return
    inputs = subject.inputs(trial, torch.float64)
    axes = {slot.name: _axis(slot.shape, batch) for slot in slots}
    with torch.no_grad():
        together, drawn = _recorded(graph, inputs, batch)
        for sample in range(trial.size.get(batch, 1)):
            one = {name: _sample(inputs[name], axis, sample) for name, axis in axes.items()}
            finding = _compared(graph, one, together, drawn, batch, sample)
            if finding is not None:
                yield finding
                return


def _combined(shape: tuple[int | str, ...], batch: str) -> list[str]:
    """The names in the sizes that are more than one name: `2 * B`."""
    texts = [size for size in shape if isinstance(size, str) and size != batch]
    return [name for text in texts for name in names_in(text)]


def _recorded(
    graph: GraphModule, inputs: Mapping[str, Any], batch: str
) -> tuple[dict[Node, Any], set[Node]]:
    """What each node gives for the whole batch, and the nodes that drew random numbers."""
    values: dict[Node, Any] = {}
    drawn: set[Node] = set()

    def visit(step: Step) -> Any:
        drew, values[step.node] = draws(step)
        if drew:
            drawn.add(step.node)
        return values[step.node]

    walk(graph, inputs, visit)
    return values, drawn


def _compared(
    graph: GraphModule,
    inputs: Mapping[str, Any],
    together: Mapping[Node, Any],
    drawn: set[Node],
    batch: str,
    sample: int,
) -> Finding | None:
    """The first node that gives another value for a sample alone."""
    allowed = tolerance(together.values())
    found: list[Finding] = []

    def visit(step: Step) -> Any:
        kept = Value(step.node, together[step.node])
        axis = _axis_of(kept, batch)
        expected = None if axis is None else _sample(kept.value, axis, sample)
        if step.node in drawn and expected is not None:
            return expected
        value = step.run()
        if expected is not None and not found:
            off = distance(value, expected)
            if off > allowed:
                found.append(_finding(kept, batch, off))
        return value

    walk(graph, inputs, visit)
    return found[0] if found else None


def _finding(value: Value, batch: str, off: float) -> Finding:
    return Finding(
        f"a sample of `{batch}` alone gives another value than in a batch: "
        f"they differ by {off:.1g} of the largest",
        value.path,
        value.place,
        "in a model without independent samples, say `properties: {batch: null}`",
    )


def _axis(shape: tuple[int | str, ...], batch: str) -> int | None:
    return shape.index(batch) if shape.count(batch) == 1 else None


def _axis_of(value: Value, batch: str) -> int | None:
    """The axis of a node's value that is the batch, None where none is or several are."""
    if value.type is None or not isinstance(value.value, Tensor):
        return None
    return _axis(tuple(map(size_text, value.type.shape)), batch)


def _sample(value: Any, axis: int | None, sample: int) -> Any:
    """One sample of a value, as a batch of one."""
    if axis is None:
        return value
    if isinstance(value, list):
        return [_sample(item, axis, sample) for item in value]
    return value.narrow(axis, sample, 1).clone()


PROPERTY = Property(
    "batching", check, __doc__ or "", unfit, trials=2, minimum=lambda subject: subject.two_samples
)
