"""How inputs lie in memory changes no output: channels last, strided, expanded.

Proves that nothing reads memory where it should read a tensor: a `view` of what may be strided,
`as_strided`, a kernel of one's own that takes its input for contiguous. torch's OpInfo tests hold
its own ops to this, not a user's model. A `view` that the spec itself writes refuses some layouts,
loudly and by choice: that is a warning. Values are compared node by node; a difference counts if
double precision shows it too, since the kernels of other layouts round otherwise. It does not apply
to a model without tensors as inputs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.fx import GraphModule, Node

from netwright_runtime.model.nearness import distance, tolerance
from netwright_runtime.verify.property import Finding, Property, Trial
from netwright_runtime.verify.recording import NodeFailed, Value, record
from netwright_runtime.verify.subject import Subject
from netwright_runtime.verify.walking import Step, draws, name_of, walk

Layout = Callable[[Tensor], Tensor]

VIEWS = ("view", "view_as")
"""Methods that refuse a layout rather than copy."""


def unfit(subject: Subject) -> str:
    return "" if subject.manifest.inputs else "the model has no inputs"


def check(subject: Subject, trial: Trial) -> Iterator[Finding]:
    for name, layout in LAYOUTS.items():
        found = _found(subject, trial, layout, torch.float32)
        if found is not None and not isinstance(found, NodeFailed):
            found = _found(subject, trial, layout, torch.float64)
        if found is not None:
            yield (finding := _finding(name, found))
            if not finding.warning:
                return


def _found(
    subject: Subject, trial: Trial, layout: Layout, dtype: torch.dtype
) -> Value | NodeFailed | None:
    """The first node that raises, or gives another value, for inputs in a layout."""
    inputs = subject.inputs(trial, dtype)
    laid = _laid(inputs, layout)
    # An expanded input holds other values; its contiguous copy is what it is compared with.
    plain = _laid(laid, lambda tensor: tensor.clone(memory_format=torch.contiguous_format))
    if all(map(_same_strides, _flat(laid), _flat(plain))):
        return None
    graph = subject.graph(trial.given, dtype=dtype)
    with torch.no_grad():
        torch.manual_seed(trial.seed)
        expected = {value.node: value.value for value in record(graph, plain)}
        return _first(graph, laid, expected)


def _first(
    graph: GraphModule, inputs: Mapping[str, Any], expected: Mapping[Node, Any]
) -> Value | NodeFailed | None:
    """The first node that raises, or gives another value; random numbers are those expected."""
    allowed = tolerance(expected.values())
    found: list[Value] = []

    def visit(step: Step) -> Any:
        drew, value = draws(step)
        if drew:
            return expected[step.node]
        if step.computes and not found and distance(value, expected[step.node]) > allowed:
            found.append(Value(step.node, value))
        return value

    try:
        walk(graph, inputs, visit)
    except NodeFailed as failed:
        return failed
    return found[0] if found else None


def _finding(layout: str, found: Value | NodeFailed) -> Finding:
    if isinstance(found, NodeFailed):
        lines = str(found).strip().splitlines() or [""]
        value = Value(found.node, None)
        message = f"raises {type(found.__cause__).__name__} for {layout} inputs: {lines[0]}"
        help = "`reshape` takes what `view` does not"
        return Finding(message, value.path, value.place, help, name_of(found.node) in VIEWS)
    return Finding(f"{layout} inputs give another value", found.path, found.place)


def _laid(inputs: Mapping[str, Any], layout: Layout) -> dict[str, Any]:
    return {
        name: [layout(item) for item in value] if isinstance(value, list) else layout(value)
        for name, value in inputs.items()
    }


def _flat(inputs: Mapping[str, Any]) -> list[Tensor]:
    values = inputs.values()
    return [t for value in values for t in (value if isinstance(value, list) else [value])]


def _same_strides(a: Tensor, b: Tensor) -> bool:
    return a.stride() == b.stride()


def _strided(tensor: Tensor) -> Tensor:
    """A view of a larger tensor: every other item of the last axis, from an odd offset."""
    if tensor.dim() == 0:
        return tensor
    larger = tensor.repeat_interleave(2, -1)
    larger[..., ::2] = 0
    return larger[..., 1::2]


def _transposed(tensor: Tensor) -> Tensor:
    """The axes in the opposite order in memory."""
    order = tuple(reversed(range(tensor.dim())))
    return tensor.permute(order).contiguous().permute(order)


def _channels_last(tensor: Tensor) -> Tensor:
    if tensor.dim() != 4:
        return tensor
    return tensor.contiguous(memory_format=torch.channels_last)


def _expanded(tensor: Tensor) -> Tensor:
    """The first item along the first axis, in the place of all, without memory of their own."""
    return tensor[:1].expand(tensor.shape) if tensor.dim() and tensor.shape[0] > 1 else tensor


LAYOUTS: dict[str, Layout] = {
    "channels-last": _channels_last,
    "strided": _strided,
    "transposed": _transposed,
    "expanded": _expanded,
}

PROPERTY = Property(
    "layouts", check, __doc__ or "", unfit, trials=1, minimum=lambda subject: subject.telling
)
