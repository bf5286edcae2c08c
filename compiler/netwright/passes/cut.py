"""Cuts: a part of an instance, from some of its values to others, for `take` and methods."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING

from netwright.ir.instance import CallBlock, CallModule, Instance
from netwright.ir.steps import child_path, needed
from netwright.ir.values import Tensor, Value, first, is_poison, tensors
from netwright.passes.faults import Silent, fault
from netwright.source import Span

if TYPE_CHECKING:
    from netwright.passes.elaborate import Elaborator


def take(
    elaborator: Elaborator, instance: Instance, paths: tuple[str, ...], span: Span
) -> Instance:
    """`instance` with its inner values `paths` as its outputs, without what they do not need."""
    if any(is_poison(v) for v in instance.outputs.values()):
        raise Silent
    values = {str(k): _value_at(instance, path, span) for k, path in enumerate(paths)}
    whole = cut(instance, values)
    whole.cut = paths
    return whole


def cut(
    instance: Instance, outputs: Mapping[str, Value], inputs: Mapping[str, Value] | None = None
) -> Instance:
    """The part of `instance` that leads from `inputs` (its own, if None) to `outputs`."""
    entering = dict(instance.inputs) if inputs is None else dict(inputs)
    given = [t for v in entering.values() for t in tensors(v)] if inputs is not None else []
    wanted = [t for v in outputs.values() for t in tensors(v)]
    steps = needed(instance.steps, wanted, given)
    used = {child_path(s) for s in steps}
    part = Instance(instance.block, instance.scope, instance.params, entering, instance.dims)
    part.steps = steps
    part.children = {
        path: child
        for path, child in instance.children.items()
        if path in used or _reads_below(path, used)
    }
    part.weights = {k: w for k, w in instance.weights.items() if (k,) in used}
    part.outputs = dict(outputs)
    part.frozen = instance.frozen
    part.values, part.facts = instance.values, instance.facts
    return part


def _reads_below(path: tuple[str, ...], used: set[tuple[str, ...] | None]) -> bool:
    return any(u is not None and u[: len(path)] == path for u in used)


def _value_at(instance: Instance, path: str, span: Span) -> Value:
    """The value of a node, or of one iteration of a loop: `stem`, `layers.3`."""
    name, _, rest = path.partition(".")
    if rest:
        wanted = (name, rest)
        for step in reversed(instance.steps):
            if isinstance(step, CallBlock | CallModule) and step.path == wanted:
                made = (
                    [mine for _, mine in step.results]
                    if isinstance(step, CallBlock)
                    else list(step.results)
                )
                return made[0]
    elif name in instance.values and any(True for _ in tensors(instance.values[name])):
        return first(instance.values[name])
    known_names = [n for n, v in instance.values.items() if isinstance(first(v), Tensor)]
    near = get_close_matches(path, known_names, 1)
    fault(
        "E0204",
        f"`{instance.block.name}` has no value `{path}`",
        span,
        help=f"did you mean `{near[0]}`?"
        if near
        else "there is " + ", ".join(f"`{n}`" for n in known_names[:12]),
    )
