"""Which axes of a value are a dim: what the inferred types say of every node of a graph."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.fx import Graph, GraphModule, Node

from netwright_runtime.model.bounds import bounds
from netwright_runtime.model.compiled import Slot, size_text
from netwright_runtime.model.nearness import distance
from netwright_runtime.model.sizes import names_in
from netwright_runtime.verify.property import Trial
from netwright_runtime.verify.recording import Value
from netwright_runtime.verify.subject import Subject

Shape = tuple[int | str, ...]

View = Callable[[Tensor, Shape], Tensor | None]
"""The part of a value that two runs are to agree on; None where its type does not tell."""


def shape_of(value: Value) -> Shape | None:
    """The inferred shape of a node's value, None for what is no tensor or a step on the way."""
    if value.type is None or not isinstance(value.value, Tensor):
        return None
    return tuple(map(size_text, value.type.shape))


def axes(shape: Shape, dim: str) -> list[int]:
    """The axes that are `dim`."""
    return [axis for axis, size in enumerate(shape) if size == dim]


def mixed(shape: Shape, dim: str) -> bool:
    """Whether an axis is `dim` and something else together: `B * T`, `P + T`."""
    return any(isinstance(s, str) and s != dim and dim in names_in(s) for s in shape)


def along(size: int, axis: int, rank: int) -> list[int]:
    """The shape in which a vector of `size` items lies along an axis of a tensor."""
    return [size if at == axis else 1 for at in range(rank)]


def chosen(slots: tuple[Slot, ...], dim: str) -> list[Slot]:
    """The inputs that have `dim` among their axes."""
    return [slot for slot in slots if dim in slot.shape]


def each(value: Any, change: Callable[[Tensor], Tensor]) -> Any:
    """An input with a change, or each item of a list input."""
    return [change(item) for item in value] if isinstance(value, list) else change(value)


def others(subject: Subject, trial: Trial, dtype: torch.dtype) -> dict[str, Any]:
    """Inputs as those of the trial, but with another value everywhere."""
    inputs = subject.inputs(trial, dtype)
    drawn = subject.inputs(Trial(trial.sizes, trial.given, trial.seed + 1), dtype)
    below = bounds(subject.graph(trial.given))
    return {
        name: [_other(a, b, name in below) for a, b in zip(value, drawn[name], strict=True)]
        if isinstance(value, list)
        else _other(value, drawn[name], name in below)
        for name, value in inputs.items()
    }


def _other(value: Tensor, drawn: Tensor, bounded: bool) -> Tensor:
    if value.dtype == torch.bool:
        return ~value
    if value.is_floating_point() or value.is_complex():
        return drawn
    # What indexes something stays within the values that were drawn.
    return value.max() - value if bounded else 1 - value


# Where two runs part -----------------------------------------------------------------------


def outputs(subject: Subject, graph: GraphModule) -> dict[str, list[Node]]:
    """The nodes whose values a call gives, by the output's name; several for a list."""
    found = next(n for n in reversed(graph.graph.nodes) if n.op == "output").args[0]
    names = getattr(found, "_fields", None) or [p.name for p in subject.manifest.outputs]
    values = found if isinstance(found, tuple) else (found,)
    return {
        name: [node for node in _flat(value) if isinstance(node, Node)]
        for name, value in zip(names, values, strict=False)
    }


def _flat(value: Any) -> list[Any]:
    return (
        [v for item in value for v in _flat(item)] if isinstance(value, list | tuple) else [value]
    )


def parted(
    before: list[Value],
    after: list[Value],
    expected: View,
    seen: View,
    allowed: float,
    *,
    at_output: bool = False,
) -> Value | None:
    """The first node on the way to an output at which two runs part; None where no output does.

    Args:
        expected: what the first run says of a value.
        seen: what the second run has there.
        allowed: how far the two may differ, as a part of the largest value.
        at_output: name the output itself, where nodes on the way may part.
    """
    differs = {
        a.node: a
        for a, b in zip(before, after, strict=True)
        if _apart(a, b, expected, seen) > allowed
    }
    last = before[-1].node
    ends = [node for node in last.all_input_nodes if node in differs]
    way = set(ends) if at_output else (upstream(ends) & fed(last.graph)) | set(ends)
    return next((value for node, value in differs.items() if node in way), None)


def _apart(a: Value, b: Value, expected: View, seen: View) -> float:
    shape = shape_of(a)
    if shape is None or not isinstance(b.value, Tensor):
        return 0.0
    left, right = expected(a.value, shape), seen(b.value, shape)
    if left is None or right is None:
        return 0.0
    if left.dtype == torch.bool:
        return float(not torch.equal(left, right))
    return distance(left, right)


def upstream(nodes: list[Node]) -> set[Node]:
    """The nodes that these depend on, and they themselves."""
    seen, waiting = set(nodes), list(nodes)
    while waiting:
        for source in waiting.pop().all_input_nodes:
            if source not in seen:
                seen.add(source)
                waiting.append(source)
    return seen


def fed(graph: Graph) -> set[Node]:
    """The nodes whose values depend on what the inputs hold, and not on their sizes alone."""
    found: set[Node] = set()
    for node in graph.nodes:
        shape = node.target == "size" or node.target is getattr
        read = not shape and any(source in found for source in node.all_input_nodes)
        if read or node.op == "placeholder":
            found.add(node)
    return found
