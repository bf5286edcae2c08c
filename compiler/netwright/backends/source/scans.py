"""Loops in `forward` along a dim of tensors: one module, results carried on or stacked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netwright.backends.source.code import Assign, Evaluate, For, Statement, call
from netwright.backends.source.loops import CARRY, ITEM, Node
from netwright.backends.source.signature import twins
from netwright.ir import expr as ex
from netwright.ir.instance import Instance, Scan

if TYPE_CHECKING:
    from netwright.backends.source.forward import Forward


def scan(forward: Forward, node: Node, made: list[Any]) -> None:
    """One module along a dim: a loop over the slices, results carried on or stacked."""
    child = made[0]
    assert isinstance(child, Instance)
    step = _scan_step(forward, node)
    loop = node.control.loop
    assert loop is not None
    outputs = forward.output_names(child)
    carried = {name: f"{node.name}.{name}" if outputs else node.name for name in step.carry}
    parts = _parts(loop.iterable)
    forward.bound.append(set(loop.targets))
    try:
        start = forward.inputs(node, [child])
    finally:
        forward.bound.pop()
    single = None if outputs else (next(iter(carried.values())) if carried else node.name + CARRY)
    collecting = loop.collect or not carried
    if single is not None and collecting:
        single = node.name + CARRY
        carried = dict.fromkeys(carried, single)
    for name, local in carried.items():
        forward.assign(node, (local,), start[name], flows=True, shape=False)
    targets: list[object] = []
    appended: list[tuple[str, str]] = []
    twice = twins(child.block, node)
    for name in child.outputs:
        local = single if single is not None else carried.get(name, f"{node.name}.{name}{ITEM}")
        if name in twice:
            local = carried[twice[name]]
        else:
            targets.append(local)
        is_final = (name in step.carry if outputs else bool(step.carry)) and not loop.collect
        if not is_final:
            whole = node.name if single is not None else f"{node.name}.{name}"
            if whole == local:
                whole += CARRY
            forward.assign(node, (whole + ITEM + ITEM,), ex.ListExpr(()))
            appended.append((whole, str(local)))
    inputs = {**start, **{k: ex.Name(v) for k, v in carried.items()}}
    value = forward.call(node, forward.reach(node), inputs, child)
    body: list[Statement] = [Assign(tuple(targets), value, True, span=node.span)]
    for whole, local in appended:
        body.append(
            Evaluate(
                call(ex.Attribute(ex.Name(whole + ITEM + ITEM), "append"), ex.Name(local)),
                span=node.span,
            )
        )
    axes = [axis for _, axis in step.walked.values()]
    walked = [
        ex.Call(ex.Attribute(forward.expr(p), "unbind"), (ex.Literal(a),))
        for p, a in zip(parts, axes, strict=True)
    ]
    iterable = walked[0] if len(walked) == 1 else call("zip", *walked)
    forward.statements.append(For(loop.targets, iterable, body, span=node.span))
    for whole, _ in appended:
        stacked = call("torch.stack", ex.Name(whole + ITEM + ITEM), dim=ex.Literal(step.axis))
        forward.assign(node, (whole.removesuffix(CARRY),), stacked, flows=True)


def _parts(iterable: ex.Expr) -> tuple[ex.Expr, ...]:
    if (
        isinstance(iterable, ex.Call)
        and isinstance(iterable.func, ex.Name)
        and iterable.func.id == "zip"
    ):
        return iterable.args
    return (iterable,)


def _scan_step(forward: Forward, node: Node) -> Scan:
    for instance in forward.facts.instances:
        for step in instance.steps:
            if isinstance(step, Scan) and step.node is node:
                return step
    raise LookupError(node.name)
