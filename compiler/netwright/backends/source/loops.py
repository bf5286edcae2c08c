"""Loops in `forward`: chains of modules, and modules side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeGuard

from netwright.backends.source.attributes import refuse
from netwright.backends.source.chains import acts_at_call, is_sequential
from netwright.backends.source.code import Assign, Evaluate, For, Statement, call
from netwright.backends.source.signature import twins
from netwright.backends.source.walk import names_in
from netwright.ir import expr as ex
from netwright.ir.instance import ModuleChild
from netwright.ir.program import InlineNode, ModuleNode

if TYPE_CHECKING:
    from netwright.backends.source.forward import Forward

Node = ModuleNode | InlineNode

ITEM = "#"
"""A local that stands for one module of a container is called `node#`."""

TAKEN = ".taken"
"""The list of what the iterations give, where `take` wants single ones."""

CARRY = "!"
"""What a collecting loop carries on is called `node!`."""


def repeat(forward: Forward, node: Node, made: list[Any]) -> None:
    """A chain: one call of an `nn.Sequential`, or a loop over an `nn.ModuleList`."""
    container = forward.reach(node)
    if is_sequential(forward.context, node):
        value = next(iter(forward.inputs(node, made).values()))
        _chain(forward, node, container, value)
        return
    loop = node.control.loop
    assert loop is not None
    outputs = forward.output_names(made[0])
    names = _input_names(made[0])
    carried = {o: f"{node.name}.{o}" for o in outputs if o in names}
    if not outputs and names:
        carried = {names[0]: node.name + (CARRY if loop.collect else "")}
    forward.bound.append(set(loop.names))
    start = forward.inputs(node, made)
    forward.bound.pop()
    for name, local in carried.items():
        forward.assign(node, (local,), start[name], flows=True, shape=False)
    results, appended = _results(forward, node, outputs, carried, loop.collect)
    taken = [] if loop.collect else [stop - 1 for stop in cuts(forward, node)]
    if taken:
        first = next(r for r in results if isinstance(r, str))
        forward.assign(node, (node.name + TAKEN,), ex.ListExpr(()))
        appended.append((node.name + TAKEN, first))
    body = _body(forward, node, made[0], carried, results)
    used = {n for s in body for n in names_in(s)} & set(loop.names)
    body += [
        Evaluate(call(ex.Attribute(ex.Name(lst), "append"), ex.Name(v)), span=node.span)
        for lst, v in appended
    ]
    forward.statements.append(_walked(forward, node, container, body, used))
    for k in taken:
        one = ex.Index(ex.Name(node.name + TAKEN), (ex.Literal(k),))
        forward.assign(node, (f"{node.name}.{k}",), one, flows=True, shape=False)


def _walked(
    forward: Forward, node: Node, container: ex.Expr, body: list[Statement], used: set[str]
) -> For:
    """The loop over a node's modules; `used` are the names of the loop that its body reads."""
    loop = node.control.loop
    assert loop is not None
    item = node.name + ITEM
    if node.control.shared:
        names, steps = forward.iterations(node, loop, used)
        return For(_nested(names) if used else ("_",), steps, body, span=node.span)
    if not used:
        return For((item,), container, body, span=node.span)
    counter = loop.targets[0] if loop.targets else "i"
    if used == {"i"} - set(loop.targets):
        return For(("i", item), call("enumerate", container), body, span=node.span)
    if used == {counter} and _counts_from_zero(forward, node):
        return For((counter, item), call("enumerate", container), body, span=node.span)
    steps = forward.expr(loop.iterable)
    zipped = call("zip", call("range", steps) if _is_number(forward, node) else steps, container)
    targets = (_bound(loop.targets), item)
    if used <= set(loop.targets):
        return For(targets, zipped, body, span=node.span)
    return For(("i", targets), call("enumerate", zipped), body, span=node.span)


def _bound(targets: tuple[str, ...]) -> object:
    """What a step through a list binds: a name, or several of what lies in one item."""
    return targets[0] if len(targets) == 1 else targets


def _nested(targets: tuple[str, ...]) -> tuple[object, ...]:
    """The targets of a comprehension as those of a statement: `(a, b)` as a tuple."""
    return tuple(tuple(t[1:-1].split(", ")) if t[0] == "(" else t for t in targets)


def _check_single(forward: Forward, node: Node, child: Any) -> None:
    """Refuse a node of several results that is off in single iterations."""
    if forward.output_names(child):
        message = f"`{node.name}` gives several results, and is switched off at times"
        refuse(node, message, "write the condition inside the block, or let it give one result")


def _chain(forward: Forward, node: Node, container: ex.Expr, value: ex.Expr) -> None:
    """One call of a Sequential; in parts where `take` wants what an iteration gives."""
    start = 0
    for stop in cuts(forward, node):
        part = ex.Slice(ex.Literal(start) if start else None, ex.Literal(stop), None)
        name = f"{node.name}.{stop - 1}"
        taken = ex.Call(ex.Index(container, (part,)), (value,))
        forward.assign(node, (name,), taken, flows=True, shape=False)
        value, start = ex.Name(name), stop
    if start and start == forward.facts.found(node, "count")[0]:
        forward.assign(node, (node.name,), value, flows=True)
        return
    rest = ex.Index(container, (ex.Slice(ex.Literal(start), None, None),)) if start else container
    forward.assign(node, (node.name,), ex.Call(rest, (value,)), flows=True)


def cuts(forward: Forward, node: Node) -> list[int]:
    """How many iterations come before each of those whose values `take` wants."""
    paths = [path.partition(".") for path in forward.facts.cut]
    return sorted({int(k) + 1 for name, _, k in paths if name == node.name and k.isdigit()})


def _results(
    forward: Forward, node: Node, outputs: list[str], carried: dict[str, str], collect: bool
) -> tuple[tuple[object, ...], list[tuple[str, str]]]:
    """The names that one iteration's results get, and which are appended to which list."""
    appended: list[tuple[str, str]] = []
    targets: list[object] = []
    twice = twins(node.block, node) if isinstance(node, InlineNode) else {}
    for output in outputs:
        if output in carried:
            targets.append(carried[output])
            continue
        whole = f"{node.name}.{output}"
        forward.assign(node, (whole,), ex.ListExpr(()))
        if output in twice:
            appended.append((whole, carried[twice[output]]))
            continue
        targets.append(whole + ITEM)
        appended.append((whole, whole + ITEM))
    if not outputs:
        targets = [next(iter(carried.values()))] if carried else [node.name + CARRY]
        if collect:
            forward.assign(node, (node.name,), ex.ListExpr(()))
            appended.append((node.name, str(targets[0])))
    return tuple(targets), appended


def _body(
    forward: Forward, node: Node, child: Any, carried: dict[str, str], results: tuple[object, ...]
) -> list[Statement]:
    """The call inside the loop."""
    loop = node.control.loop
    assert loop is not None
    bound = set(loop.names)
    forward.bound.append(bound)
    outer, forward.statements = forward.statements, []
    try:
        inputs = forward.inputs(node, [child], {k: ex.Name(v) for k, v in carried.items()})
        shared = forward.reach(node)
        callee: ex.Expr = shared if node.control.shared else ex.Name(node.name + ITEM)
        value = forward.call(node, callee, inputs, child)
        if acts_at_call(forward.context, node):
            _check_single(forward, node, child)
            value = forward.switched(node, value, ex.Name(next(iter(carried.values()))))
    finally:
        inner, forward.statements = forward.statements, outer
        forward.bound.pop()
    return [*inner, Assign(results, value, True, span=node.span)]


def _is_number(forward: Forward, node: Node) -> bool:
    """Whether a loop is given how often it runs, rather than a list or range."""
    return True not in forward.facts.found(node, "listed")


def _counts_from_zero(forward: Forward, node: Node) -> bool:
    """Whether the loop counts from 0: a number, or `range(n)`."""
    assert node.control.loop is not None
    source = node.control.loop.iterable
    if isinstance(source, ex.Call) and isinstance(source.func, ex.Name):
        if source.func.id == "range":
            return len(source.args) == 1
    return _is_number(forward, node)


def _input_names(child: Any) -> list[str]:
    if isinstance(child, ModuleChild):
        return [a.name for a in child.op.inputs]
    return [i.name for i in child.block.inputs] or [""]


# each ---------------------------------------------------------------------------------------


def each(forward: Forward, node: Node, made: list[Any]) -> None:
    """Modules side by side: a comprehension over them and what they are given."""
    loop = node.control.loop
    assert loop is not None
    container = forward.reach(node)
    child = made[0]
    forward.bound.append(set(loop.names))
    try:
        inputs = forward.inputs(node, [child])
        callee: ex.Expr = container if node.control.shared else ex.Name(node.name + ITEM)
        value = forward.call(node, callee, inputs, child)
        if acts_at_call(forward.context, node):
            _check_single(forward, node, child)
            value = forward.switched(node, value, next(iter(inputs.values())))
    finally:
        forward.bound.pop()
    used = set(ex.free_names(value))
    targets, iterable = _walk(forward, node, container, used)
    outputs = forward.output_names(child)
    if not outputs:
        whole: ex.Expr = ex.Comprehension(value, targets, iterable, span=node.span)
        forward.assign(node, (node.name,), whole)
        return
    names = [f"{node.name}.{o}" for o in outputs]
    for name in names:
        forward.assign(node, (name,), ex.ListExpr(()))
    body: list[Statement] = [Assign(tuple(n + ITEM for n in names), value, True, span=node.span)]
    body += [
        Evaluate(call(ex.Attribute(ex.Name(n), "append"), ex.Name(n + ITEM)), span=node.span)
        for n in names
    ]
    forward.statements.append(For(_nested(targets), iterable, body, span=node.span))


def _walk(
    forward: Forward, node: Node, container: ex.Expr, used: set[str]
) -> tuple[tuple[str, ...], ex.Expr]:
    """The targets and iterable of the comprehension."""
    loop = node.control.loop
    assert loop is not None
    item, shared = node.name + ITEM, node.control.shared
    names, source, index = list(loop.targets), loop.iterable, "i"
    if _is_call(source, "enumerate"):
        index, *names = names
        source = source.args[0]
    wanted = [n for n in names if n in used]
    if not wanted:
        one, over = ("_", forward.expr(source)) if shared else (item, container)
        return ((index, one), call("enumerate", over)) if index in used else ((one,), over)
    parts = [source]
    if _is_call(source, "zip"):
        parts = [p for n, p in zip(names, source.args, strict=True) if n in used]
        names = wanted
    elif len(names) > 1 and not shared:
        names = [f"({', '.join(names)})"]
    zipped = [forward.expr(p) for p in parts]
    if shared:
        targets, whole = tuple(names), zipped[0] if len(zipped) == 1 else call("zip", *zipped)
    else:
        targets, whole = (item, *names), call("zip", container, *zipped)
    if index in used:
        one = targets[0] if len(targets) == 1 else f"({', '.join(targets)})"
        return (index, one), call("enumerate", whole)
    return targets, whole


def _is_call(expr: ex.Expr, name: str) -> TypeGuard[ex.Call]:
    return isinstance(expr, ex.Call) and isinstance(expr.func, ex.Name) and expr.func.id == name
