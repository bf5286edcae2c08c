"""`scan`: one instance walked along a dim, its carried outputs fed back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from netwright.ir import expr as ex
from netwright.ir.dims import Size, same, show
from netwright.ir.instance import CallBlock, Path, Scan
from netwright.ir.program import Loop
from netwright.ir.steps import consumed, produced
from netwright.ir.types import TensorType
from netwright.ir.values import POISON, Outputs, Tensor, Value, describe, first, is_poison
from netwright.passes.elaborate.again import input_names
from netwright.passes.elaborate.call import Call, Callee
from netwright.passes.elaborate.iteration import path_of
from netwright.passes.elaborate.once import once
from netwright.passes.evaluate import Evaluator
from netwright.passes.faults import fault
from netwright.passes.frame import Frame

if TYPE_CHECKING:
    from netwright.passes.elaborate.elaborator import Elaborator


def scan(elaborator: Elaborator, frame: Frame, node: Callee, loop: Loop) -> Value:
    """One instance walked along a dim: carried outputs are fed back, the others are stacked."""
    walked = _walked(frame, loop)
    slices = {
        name: Tensor(TensorType(t.type.dtype, _dropped(t.type.shape, axis)), name, loop.span)
        for name, (t, axis) in walked.items()
    }
    frame.names.update(slices)
    running = frame.running, frame.running_from
    first_slice = next(iter(slices))
    frame.running, frame.running_from = slices[first_slice], first_slice
    marker = len(frame.instance.steps)

    path = path_of(frame, node, None)
    try:
        result = once(elaborator, frame, node, Call(path, node.span))
    finally:
        for name in slices:
            frame.names.pop(name, None)
        frame.running, frame.running_from = running
    if is_poison(result):
        return POISON
    step = frame.instance.steps.pop()
    _keep_outside(frame, marker, slices, step, loop)
    return _finish_scan(frame, node, loop, path, step, walked, slices, result, elaborator)


def _keep_outside(
    frame: Frame, marker: int, slices: Mapping[str, Tensor], step: Any, loop: Loop
) -> None:
    """Keep what was computed for the first iteration alone, such as a first value; what is computed
    of an item has no place outside."""
    inside = set(slices.values())
    kept = []
    for before in frame.instance.steps[marker:]:
        if inside.isdisjoint(consumed(before)):
            kept.append(before)
        else:
            inside.update(produced(before))
    frame.instance.steps[marker:] = kept
    computed = inside - set(slices.values())
    if not computed.isdisjoint(consumed(step)):
        names = ", ".join(f"`{name}`" for name in slices)
        fault(
            "E0219",
            f"what `scan` computes of {names} stands inside",
            loop.span,
            help="give the item itself as the input, and compute with it in `graph`",
        )


def _walked(frame: Frame, loop: Loop) -> dict[str, tuple[Tensor, int]]:
    evaluator = Evaluator(frame)
    source = loop.iterable
    parts = source.args if _is_zip(source) and isinstance(source, ex.Call) else (source,)
    over = evaluator.value(ex.Name(loop.over or "", span=loop.span))
    if len(parts) != len(loop.targets):
        fault("E0305", f"{len(loop.targets)} names for {len(parts)} tensors", loop.span)
    walked: dict[str, tuple[Tensor, int]] = {}
    for name, part in zip(loop.targets, parts, strict=True):
        value = first(evaluator.value(part))
        if not isinstance(value, Tensor):
            fault("E0305", f"`scan` walks along tensors, found {describe(value)}", part.span)
        axes = [k for k, d in enumerate(value.type.shape) if same(d, over)]
        if not axes:
            fault("E0301", f"no dim of {value.type} is `{loop.over}` = {show(over)}", part.span)
        walked[name] = (value, axes[0])
    return walked


def _is_zip(expr: ex.Expr) -> bool:
    return isinstance(expr, ex.Call) and isinstance(expr.func, ex.Name) and expr.func.id == "zip"


def _dropped(shape: tuple[Size, ...], axis: int) -> tuple[Size, ...]:
    return shape[:axis] + shape[axis + 1 :]


def _finish_scan(
    frame: Frame,
    node: Callee,
    loop: Loop,
    path: Path,
    step: Any,
    walked: Mapping[str, tuple[Tensor, int]],
    slices: Mapping[str, Tensor],
    result: Value,
    elaborator: Elaborator,
) -> Value:
    if not isinstance(step, CallBlock):
        fault(
            "E0219", "`scan` is for blocks", node.span, help="put the module into an inline `graph`"
        )
    child = step.child
    over_axis = next(iter(walked.values()))
    length = over_axis[0].type.shape[over_axis[1]]
    by_slice = {id(t): name for name, t in slices.items()}
    inputs_walked: dict[str, tuple[Tensor, int]] = {}
    rest: dict[str, Value] = {}
    for name, value in step.inputs.items():
        if isinstance(value, Tensor) and id(value) in by_slice:
            inputs_walked[name] = walked[by_slice[id(value)]]
        else:
            rest[name] = value
    free = [n for n in input_names(frame, node) if n in rest]
    carry = _scan_carry(child.outputs, free, inputs_walked)
    for name, out in carry.items():
        if not _is_alike(out, rest[name]):
            fault(
                "E0301",
                f"`{name}` is carried as {describe(out)}, but starts as {describe(rest[name])}",
                node.span,
            )
    pairs = dict(step.results)
    stacked: list[tuple[Tensor, Tensor]] = []
    final: list[tuple[Tensor, Tensor]] = []
    items: dict[str, Value] = {}
    axis = over_axis[1]
    for name, out in child.outputs.items():
        is_carried = name in carry if len(child.outputs) > 1 else bool(carry)
        if is_carried and not loop.collect:
            final.append((out, pairs[out]))
            items[name] = pairs[out]
            continue
        shape = (*out.type.shape[:axis], length, *out.type.shape[axis:])
        whole = Tensor(TensorType(out.type.dtype, shape), "", node.span)
        stacked.append((out, whole))
        items[name] = whole
    frame.instance.steps.append(
        Scan(
            path,
            child,
            inputs_walked,
            {k: rest[k] for k in carry},
            {k: v for k, v in rest.items() if k not in carry},
            carry,
            tuple(stacked),
            tuple(final),
            axis,
            node=node,
            span=node.span,
        )
    )
    return next(iter(items.values())) if len(items) == 1 else Outputs(items)


def _is_alike(carried: Tensor, start: Value) -> bool:
    """Whether two tensors have the same type; in symbolic mode `n` and its number are one size."""
    if not isinstance(start, Tensor) or not isinstance(carried, Tensor):
        return False
    mine, other = carried.type, start.type
    sizes = zip(mine.shape, other.shape, strict=False)
    return mine.dtype == other.dtype and mine.rank == other.rank and all(same(*s) for s in sizes)


def _scan_carry(
    outputs: Mapping[str, Value], free: list[str], walked: Mapping[str, Any]
) -> dict[str, Tensor]:
    """Which inputs are fed back: by name, or the only output to the first input that is not
    walked."""
    if len(outputs) == 1:
        (out,) = outputs.values()
        return {free[0]: out} if free else {}
    return {k: v for k, v in outputs.items() if k in free and k not in walked}
