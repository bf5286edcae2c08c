"""Cuts: a part of an instance, from some of its values to others, for `take` and methods."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from dataclasses import replace

from netwright.diagnostics import nearest
from netwright.ir.instance import CallBlock, CallModule, Instance, Step
from netwright.ir.program import InlineNode
from netwright.ir.steps import child_path, consumed, needed, produced
from netwright.ir.values import Outputs, Tensor, Value, first, is_poison, tensors
from netwright.passes.faults import Silent, fault
from netwright.source import Span


def take(instance: Instance, paths: tuple[str, ...], span: Span) -> Instance:
    """`instance` with its inner values `paths` as its outputs, without what they do not need."""
    if any(is_poison(v) for v in instance.outputs.values()):
        raise Silent
    whole = _opened(instance, paths, span)
    values = {str(k): _value_at(whole, path, span) for k, path in enumerate(paths)}
    part = _without_unused(cut(whole, values))
    part.cut = paths
    return part


# Inner values of inner blocks -------------------------------------------------------------------


def _opened(instance: Instance, paths: Iterable[str], span: Span) -> Instance:
    """`instance` in which the blocks that `paths` lead into (`encoder.stages.1`) give what is
    wanted of them as further outputs."""
    below: dict[CallBlock, list[str]] = {}
    for path in paths:
        name, _, rest = path.partition(".")
        step = _block(instance, name)
        if rest and step is not None:
            below.setdefault(step, []).append(rest)
    if not below:
        return instance
    opened = copy(instance)
    opened.values, opened.facts = dict(instance.values), dict(instance.facts)
    opened.children = dict(instance.children)
    swapped = {step: _with_outputs(opened, step, inner, span) for step, inner in below.items()}
    opened.steps = [swapped.get(s, s) if isinstance(s, CallBlock) else s for s in instance.steps]
    return opened


def _block(instance: Instance, name: str) -> CallBlock | None:
    """The one call of the block that a node is; None for a loop, or where the node is no block."""
    for step in instance.steps:
        node = step.node
        if isinstance(step, CallBlock) and node is not None and node.name == name:
            return None if node.control.loop is not None or node.control.take else step
    return None


def _with_outputs(around: Instance, step: CallBlock, paths: list[str], span: Span) -> CallBlock:
    """`step` on a block that gives the values at `paths` too, which are values of `around` then."""
    child = _opened(step.child, paths, span)
    single = len(child.outputs) == 1
    own = {"" if single else f"={k}": v for k, v in child.outputs.items()}
    inner = {path: _value_at(child, path, span) for path in dict.fromkeys(paths)}
    results = list(step.results)
    assert step.node is not None
    for path, value in inner.items():
        mine = {t: Tensor(t.type, t.label, t.span) for t in tensors(value)}
        results += mine.items()
        around.values[f"{step.node.name}.{path}"] = _replaced(value, mine)
    child = cut(child, {**own, **inner})
    child.cut = tuple(child.outputs)
    around.children[step.path] = child
    _swap_child(around, step.child, child)
    return replace(step, child=child, results=tuple(results))


def _replaced(value: Value, new: Mapping[Tensor, Tensor]) -> Value:
    if isinstance(value, Tensor):
        return new[value]
    if isinstance(value, Outputs):
        return Outputs({k: _replaced(v, new) for k, v in value.items.items()})
    return tuple(_replaced(v, new) for v in value) if isinstance(value, tuple) else value


def _without_unused(instance: Instance) -> Instance:
    """`instance` whose inner cuts give only what it reads of them."""
    read = {t for v in instance.outputs.values() for t in tensors(v)}
    read.update(t for step in instance.steps for t in consumed(step))
    for k, step in enumerate(instance.steps):
        if not isinstance(step, CallBlock) or not _is_opened(step.child):
            continue
        results = tuple((theirs, mine) for theirs, mine in step.results if mine in read)
        outputs = dict(_read_outputs(instance, step, read))
        child = _without_unused(cut(step.child, outputs))
        child.cut = tuple(outputs)
        instance.steps[k] = replace(step, child=child, results=results)
        instance.children[step.path] = child
        _swap_child(instance, step.child, child)
    return instance


def _read_outputs(
    around: Instance, step: CallBlock, read: set[Tensor]
) -> Iterator[tuple[str, Value]]:
    """The outputs of an opened block that are read around it; one tensor may be several."""
    assert step.node is not None
    inner = {path: around.values.get(f"{step.node.name}.{path}") for path in step.child.cut}
    fresh = {t for v in inner.values() for t in tensors(v)}
    own = {theirs for theirs, mine in step.results if mine in read and mine not in fresh}
    for path, value in step.child.outputs.items():
        if inner[path] is None:
            if not own.isdisjoint(tensors(value)):
                yield path, value
        elif not read.isdisjoint(tensors(inner[path])):
            yield path, value


def _is_opened(child: Instance) -> bool:
    return bool(child.cut) and child.cut == tuple(child.outputs)


def _swap_child(around: Instance, old: Instance, new: Instance) -> None:
    """Let what was noted of the old child be noted of the new one."""
    for (place, kind), found in list(around.facts.items()):
        if kind == "child" and old in found:
            around.facts[place, kind] = [new if f is old else f for f in found]


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
    part.frozen, part.training = instance.frozen, instance.training
    part.values, part.facts = instance.values, instance.facts
    return part


def _reads_below(path: tuple[str, ...], used: set[tuple[str, ...] | None]) -> bool:
    return any(u is not None and u[: len(path)] == path for u in used)


def _value_at(instance: Instance, path: str, span: Span) -> Value:
    """The value of a node, of one iteration of a loop, or inside a block that was opened: `stem`,
    `layers.3`, `encoder.stem`."""
    name, _, rest = path.partition(".")
    if rest:
        _check_whole(instance, name, path, span)
    if path in instance.values and any(True for _ in tensors(instance.values[path])):
        return first(instance.values[path])
    if rest.isdigit():
        calls = [s for s in instance.steps if s.node is not None and s.node.name == name]
        calls = [s for s in calls if isinstance(s, CallBlock | CallModule)]
        if int(rest) < len(calls) and _loops(calls[0]):
            return produced(calls[int(rest)])[0]
    known_names = [n for n, v in instance.values.items() if isinstance(first(v), Tensor)]
    near = nearest(path, known_names)
    fault(
        "E0204",
        f"`{instance.block.name}` has no value `{path}`",
        span,
        help=f"did you mean `{near}`?"
        if near
        else "there is " + ", ".join(f"`{n}`" for n in known_names[:12]),
    )


def _check_whole(instance: Instance, name: str, path: str, span: Span) -> None:
    """Refuse a part of a `flat` node, whose modules are numbered through and not by iteration."""
    if any(isinstance(n, InlineNode) and n.flat and n.name == name for n in instance.block.nodes):
        fault(
            "E0219",
            f"`take` cannot reach `{path}` inside `{name}`, which is flat",
            span,
            help=f"take `{name}` whole, or leave `flat` out, and its iterations have numbers",
        )


def _loops(step: Step) -> bool:
    return step.node is not None and step.node.control.loop is not None
