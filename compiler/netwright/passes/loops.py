"""Loops over nodes: `repeat` chains, `each` goes side by side, `scan` walks along a dim."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from netwright.ir import expr as ex
from netwright.ir.dims import Dim, Size, Symbol, known, rewrite, same, show, symbol
from netwright.ir.instance import Path, Scan
from netwright.ir.printer import rebuild, replace_names, to_source
from netwright.ir.program import InlineNode, Loop, ModuleNode, Node
from netwright.ir.types import TensorType
from netwright.ir.values import (
    POISON,
    Outputs,
    Tensor,
    Value,
    describe,
    is_poison,
    to_type,
)
from netwright.passes.again import Iterations, input_names
from netwright.passes.evaluate import (
    Evaluator,
    Fault,
    Frame,
    Silent,
    bind_targets,
    fault,
    first,
)
from netwright.passes.numbers import MAX_LIST, NumberError, SizeUnknown

if TYPE_CHECKING:
    from netwright.passes.elaborate import Elaborator

SILENT = "~"
"""A path's part that begins with this adds no level to the weights' names (`key: ""`)."""

Callee = ModuleNode | InlineNode


def path_of(elaborator: Elaborator, frame: Frame, node: Node, index: int | None) -> Path:
    """Where a node keeps its weights: its key, or its name and the loop's index."""
    key = node.control.key
    if key is None:
        return (node.name,) if index is None or node.control.shared else (node.name, str(index))
    text = ""
    for part in key:
        text += part.text if part.expr is None else str(Evaluator(frame).number(part.expr))
    return tuple(text.split(".")) if text else (SILENT + node.name,)


def run(elaborator: Elaborator, frame: Frame, node: Callee) -> Value:
    """A node with a loop: its value after all iterations."""
    loop = node.control.loop
    assert loop is not None
    if loop.kind == "scan":
        return _scan(elaborator, frame, node, loop)
    steps = _steps(frame, node, loop)
    frame.fact(node, "count", len(steps))
    if loop.kind == "each":
        return _each(elaborator, frame, node, steps)
    return _repeat(elaborator, frame, node, loop, steps)


def _steps(frame: Frame, node: Node, loop: Loop) -> tuple[Value, ...]:
    """What the loop binds in each iteration."""
    value = first(Evaluator(frame).value(loop.iterable))
    frame.fact(node, "listed", isinstance(value, tuple))
    if isinstance(value, int | Dim) and not isinstance(value, bool):
        count = known(value)
        if count is None:
            assert isinstance(value, Dim)
            raise SizeUnknown(value)
        if count > MAX_LIST:
            fault("E0501", f"{count} iterations, more than the limit of {MAX_LIST}", loop.span)
        return tuple(range(count))
    if isinstance(value, tuple):
        return value
    fault(
        "E0305", f"a loop runs over a number or a list, found {describe(value)}", loop.iterable.span
    )


@contextmanager
def _iteration(frame: Frame, loop: Loop, index: int, item: Value) -> Iterator[None]:
    """The loop's names bound for one iteration, and what they hid restored after it."""
    bound: dict[str, Value] = {}
    if "i" in loop.names and "i" not in loop.targets:
        bound["i"] = _symbolic(frame, "i", index)
    for name, value in (
        bind_targets(loop.targets, item, loop.iterable).items() if loop.targets else ()
    ):
        bound[name] = _symbolic(frame, name, value)
    hidden = {name: frame.names[name] for name in bound if name in frame.names}
    hidden_defs = {name: frame.defs.pop(name) for name in bound if name in frame.defs}
    frame.names.update(bound)
    if frame.symbolic and not frame.root:
        frame.defs.update({n: ex.Literal(v) for n, v in bound.items() if type(v) is int})
    try:
        yield
    finally:
        for name in bound:
            del frame.names[name]
            frame.defs.pop(name, None)
        frame.names.update(hidden)
        frame.defs.update(hidden_defs)


def _symbolic(frame: Frame, name: str, value: Value) -> Value:
    if frame.symbolic and frame.root and type(value) is int:
        return symbol(name, value, expr=ex.Name(name))
    return value


# repeat -------------------------------------------------------------------------------------


def _repeat(
    elaborator: Elaborator, frame: Frame, node: Callee, loop: Loop, steps: tuple[Value, ...]
) -> Value:
    carried: dict[str, Value] = {}
    collected: list[Value] = []
    result: Value = None
    if not steps:
        return _empty_chain(elaborator, frame, node)
    outputs: dict[str, list[Value]] = {}
    symbolic = frame.symbolic and frame.root
    iterations = Iterations(elaborator, frame, node)
    for index, item in enumerate(steps):
        with _iteration(frame, loop, index, item):
            frame.fact(
                node,
                "iteration",
                {k: frame.names[k] for k in loop.names},
            )
            result = iterations.next(path_of(elaborator, frame, node, index), carried)
        if is_poison(result):
            return POISON
        if frame.symbolic and index == len(steps) - 1:
            given = _given_types(frame, node, iterations.names())
            result = _grown(given, result, frame.written(loop.iterable))
        kept = _renamed(result, loop, ex.Literal(index), frame) if symbolic else result
        collected.append(first(kept))
        if isinstance(kept, Outputs):
            for name, value in kept.items.items():
                outputs.setdefault(name, []).append(value)
        if symbolic and len(steps) == 1 and not loop.collect:
            after = _shifted(result, loop, frame, last=False, count=2)
            _imagine_second(elaborator, frame, node, _carry(after, iterations.names()))
        if symbolic:
            result = _shifted(result, loop, frame, last=index == len(steps) - 1, count=len(steps))
        carried = _carry(result, iterations.names())
    if loop.collect:
        return tuple(collected)
    if not isinstance(result, Outputs):
        return result
    return Outputs({k: carried[k] if k in carried else tuple(v) for k, v in outputs.items()})


def _empty_chain(elaborator: Elaborator, frame: Frame, node: Callee) -> Value:
    from netwright.passes.elaborate import Call

    passing = elaborator._passing(frame, node, Call((node.name,), node.span))
    assert node.control.loop is not None
    return () if node.control.loop.collect else passing


def _carry(result: Value, inputs: list[str]) -> dict[str, Value]:
    if isinstance(result, Outputs):
        return {k: v for k, v in result.items.items() if k in inputs}
    return {inputs[0]: result} if inputs else {}


def _imagine_second(
    elaborator: Elaborator, frame: Frame, node: Callee, carried: dict[str, Value]
) -> None:
    """What a second iteration of a chain that runs once would be given: the class is then generic.

    Only the facts stay. Where there can be none, the chain is one that runs once.
    """
    from netwright.passes.elaborate import Call

    loop = node.control.loop
    assert loop is not None
    if isinstance(loop.iterable, ex.Literal | ex.ListExpr):
        return
    before = dict(frame.names), frame.running, frame.running_from
    facts = frame.instance.facts
    counts = {place: len(found) for place, found in facts.items()}
    try:
        with _iteration(frame, loop, 1, 1):
            path = path_of(elaborator, frame, node, 1)
            elaborator.once(frame, node, Call(path, node.span, carried))
    except (Fault, Silent, NumberError, SizeUnknown):
        frame.instance.facts = {k: facts[k][:n] for k, n in counts.items()}
    frame.names, frame.running, frame.running_from = before


def _given_types(frame: Frame, node: Callee, names: list[str]) -> list[TensorType]:
    """The types that the iterations of a chain were given as their first input."""
    found: list[Any] = frame.instance.facts.get((node, "given"), [])
    types = [given.get(names[0]) for given in found] if names else []
    return [t for t in types if isinstance(t, TensorType)]


def _grown(given: list[TensorType], result: Value, written: ex.Expr | None) -> Value:
    """The chain's result, a size that every iteration raised by the same written with the count.

    `given` is what the iterations carried in: DenseNet's channels are
    `in_channels + count * growth`.
    """
    if len(given) < 2 or not isinstance(result, Tensor):
        return result
    chain = [*given, result.type]
    if any(t.rank != result.type.rank for t in chain):
        return result
    if isinstance(written, ex.Call) and isinstance(written.func, ex.Name):
        only = written.args[0] if written.func.id == "range" and len(written.args) == 1 else None
        written = only if written.func.id == "range" else written
    if written is None or isinstance(written, ex.Literal):
        return result
    times = symbol(to_source(written), len(given), expr=written)
    shape = list(result.type.shape)
    for axis in range(result.type.rank):
        sizes = [t.shape[axis] for t in chain]
        growth = [b - a for a, b in pairwise(sizes)]
        if growth[0] != 0 and all(g == growth[0] for g in growth):
            shape[axis] = sizes[0] + times * growth[0]
    return Tensor(TensorType(result.type.dtype, tuple(shape)), result.label, result.span)


def _shifted(value: Value, loop: Loop, frame: Frame, last: bool, count: int) -> Value:
    """`value` as the next iteration sees it: the loop's names are those of the iteration before."""
    target = ex.Name(_target(loop))
    before = _last_index(loop.iterable, count) if last else ex.Binary("-", target, ex.Literal(1))
    return _renamed(value, loop, before, frame, moved=None if last else target)


def _target(loop: Loop) -> str:
    return loop.targets[0] if len(loop.targets) == 1 else "i"


def _renamed(
    value: Value, loop: Loop, index: ex.Expr, frame: Frame, moved: ex.Name | None = None
) -> Value:
    """`value` with `index` for the loop's counter; with `moved`, counted from the next
    iteration."""
    target = _target(loop)

    def change(s: Symbol) -> Size | None:
        if s.witness is None:
            return None
        if s.name == target:
            if moved is not None:
                return symbol(target, s.witness + 1, expr=moved) - 1
            return (
                s.witness
                if isinstance(index, ex.Literal)
                else symbol(to_source(index), s.witness, expr=index)
            )
        if s.expr is not None and target in ex.free_names(s.expr):
            new = simplify_index(replace_names(s.expr, {target: index}), frame)
            return symbol(to_source(new), s.witness, expr=new)
        return None

    return _map_sizes(value, change)


def _last_index(iterable: ex.Expr, count: int) -> ex.Expr:
    if (
        isinstance(iterable, ex.Call)
        and isinstance(iterable.func, ex.Name)
        and iterable.func.id == "range"
    ):
        iterable = iterable.args[-1]
    if isinstance(iterable, ex.Literal):
        return ex.Literal(count - 1)
    return ex.Binary("-", iterable, ex.Literal(1))


def simplify_index(expr: ex.Expr, frame: Frame) -> ex.Expr:
    """`xs[i - 1 + 1]` as `xs[i]`, `xs[2 + 1]` as `xs[3]`, and an index from the end as `-1`."""

    def change(e: ex.Expr) -> ex.Expr | None:
        if isinstance(e, ex.Binary) and e.op == "+" and isinstance(e.right, ex.Literal):
            return _sum(e.left, e.right)
        if isinstance(e, ex.Index) and len(e.items) == 1:
            from_end = _from_end(e, frame)
            if from_end is not None:
                return ex.Index(e.value, (ex.Unary("-", ex.Literal(from_end)),))
        return None

    return rebuild(rebuild(expr, change), change)


def _sum(left: ex.Expr, right: ex.Literal) -> ex.Expr | None:
    if (
        isinstance(left, ex.Literal)
        and isinstance(left.value, int)
        and isinstance(right.value, int)
    ):
        return ex.Literal(left.value + right.value)
    if isinstance(left, ex.Binary) and left.op == "-" and isinstance(left.right, ex.Literal):
        if left.right.value == right.value:
            return left.left
        if isinstance(left.right.value, int) and isinstance(right.value, int):
            less = ex.Literal(left.right.value - right.value)
            return (
                ex.Binary("-", left.left, less)
                if isinstance(less.value, int) and less.value > 0
                else None
            )
    return None


def _from_end(expr: ex.Index, frame: Frame) -> int | None:
    """How far from a list's end an index of the form `len(...) - n` is: 1 for the last item."""
    if not isinstance(expr.value, ex.Name) or not to_source(expr.items[0]).startswith("len("):
        return None
    try:
        items = Evaluator(frame).value(expr.value)
        index = Evaluator(frame).number(expr.items[0])
    except (Fault, Silent):
        return None
    return len(items) - index if isinstance(items, tuple) and index < len(items) else None


def _map_sizes(value: Value, change: Any) -> Value:
    if isinstance(value, Tensor):
        shape = tuple(rewrite(d, change) for d in value.type.shape)
        return Tensor(TensorType(value.type.dtype, shape), value.label, value.span)
    if isinstance(value, tuple):
        return tuple(_map_sizes(v, change) for v in value)
    if isinstance(value, Outputs):
        return Outputs({k: _map_sizes(v, change) for k, v in value.items.items()})
    return value


# each ---------------------------------------------------------------------------------------


def _each(elaborator: Elaborator, frame: Frame, node: Callee, steps: tuple[Value, ...]) -> Value:
    from netwright.passes.elaborate import Call

    loop = node.control.loop
    assert loop is not None
    results: list[Value] = []
    before = frame.running, frame.running_from
    for index, item in enumerate(steps):
        with _iteration(frame, loop, index, item):
            shown = loop.names
            frame.fact(node, "iteration", {k: frame.names[k] for k in shown if k in frame.names})
            frame.running, frame.running_from = _each_input(frame, loop, before)
            path = path_of(elaborator, frame, node, index)
            result = elaborator.once(frame, node, Call(path, node.span))
        results.append(result)
    frame.running, frame.running_from = before
    if any(is_poison(r) for r in results):
        return POISON
    if results and isinstance(results[0], Outputs):
        return Outputs({k: tuple(r.items[k] for r in results) for k in results[0].items})
    return tuple(results)


def _each_input(
    frame: Frame, loop: Loop, before: tuple[Value, str | None]
) -> tuple[Value, str | None]:
    """The running value of one iteration: the item where it is a tensor, else what ran before."""
    for name in loop.targets:
        if isinstance(frame.names[name], Tensor):
            return frame.names[name], name
    return before


# scan ---------------------------------------------------------------------------------------


def _scan(elaborator: Elaborator, frame: Frame, node: Callee, loop: Loop) -> Value:
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
    from netwright.passes.elaborate import Call

    path = path_of(elaborator, frame, node, None)
    try:
        result = elaborator.once(frame, node, Call(path, node.span))
    finally:
        for name in slices:
            frame.names.pop(name, None)
        frame.running, frame.running_from = running
    if is_poison(result):
        return POISON
    step = frame.instance.steps.pop()
    del frame.instance.steps[marker:]
    return _finish_scan(frame, node, loop, path, step, walked, slices, result, elaborator)


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
    from netwright.ir.instance import CallBlock

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
        if to_type(out) != to_type(rest[name]):
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


def _scan_carry(
    outputs: Mapping[str, Value], free: list[str], walked: Mapping[str, Any]
) -> dict[str, Tensor]:
    """Which inputs are fed back: by name, or the only output to the first input that is not
    walked."""
    if len(outputs) == 1:
        (out,) = outputs.values()
        return {free[0]: out} if free else {}
    return {k: v for k, v in outputs.items() if k in free and k not in walked}
