"""Loops in `forward`: chains of modules, and modules side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netwright.backends.source.chains import is_sequential
from netwright.backends.source.code import Assign, Evaluate, For, Statement, call
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
    forward.bound.append(set(loop.targets or ("i",)))
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
    counter = loop.targets[0] if loop.targets else "i"
    counts = any(counter in names_in(s) for s in body)
    body += [
        Evaluate(call(ex.Attribute(ex.Name(lst), "append"), ex.Name(v)), span=node.span)
        for lst, v in appended
    ]
    forward.statements.append(_walked(forward, node, container, body, counter, counts))
    for k in taken:
        one = ex.Index(ex.Name(node.name + TAKEN), (ex.Literal(k),))
        forward.assign(node, (f"{node.name}.{k}",), one, flows=True, shape=False)


def _walked(
    forward: Forward,
    node: Node,
    container: ex.Expr,
    body: list[Statement],
    counter: str,
    counts: bool,
) -> For:
    """The loop over a node's modules; `counts` says whether its body reads the counter."""
    loop = node.control.loop
    assert loop is not None
    item = node.name + ITEM
    if node.control.shared:
        count = forward.expr(loop.iterable)
        steps = call("range", count) if _is_number(forward, node) else count
        return For((counter if counts else "_",), steps, body, span=node.span)
    if counts and not _counts_from_zero(forward, node):
        zipped = call("zip", forward.expr(loop.iterable), container)
        return For((*loop.targets, item), zipped, body, span=node.span)
    if counts:
        return For((counter, item), call("enumerate", container), body, span=node.span)
    return For((item,), container, body, span=node.span)


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
    for output in outputs:
        if output in carried:
            targets.append(carried[output])
            continue
        whole = f"{node.name}.{output}"
        forward.assign(node, (whole,), ex.ListExpr(()))
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
    bound = set(loop.targets or ("i",))
    forward.bound.append(bound)
    outer, forward.statements = forward.statements, []
    try:
        inputs = forward.inputs(node, [child], {k: ex.Name(v) for k, v in carried.items()})
        shared = forward.reach(node)
        callee: ex.Expr = shared if node.control.shared else ex.Name(node.name + ITEM)
        value = forward.call(node, callee, inputs, child)
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
    forward.bound.append({*loop.targets, "i"})
    try:
        inputs = forward.inputs(node, [child])
        callee: ex.Expr = container if node.control.shared else ex.Name(node.name + ITEM)
        value = forward.call(node, callee, inputs, child)
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
    forward.statements.append(For(targets, iterable, body, span=node.span))


def _walk(
    forward: Forward, node: Node, container: ex.Expr, used: set[str]
) -> tuple[tuple[str, ...], ex.Expr]:
    """The targets and iterable of the comprehension."""
    loop = node.control.loop
    assert loop is not None
    item = node.name + ITEM
    source = loop.iterable
    names = list(loop.targets)
    if (
        isinstance(source, ex.Call)
        and isinstance(source.func, ex.Name)
        and source.func.id == "enumerate"
    ):
        if used & {names[0]} and not used & set(names[1:]):
            return (names[0], item), call("enumerate", container)
        names, source = names[1:], source.args[0]
    wanted = [n for n in names if n in used]
    if not wanted:
        if "i" in used:
            return ("i", item), call("enumerate", container)
        return (item,), container
    parts = [source]
    if isinstance(source, ex.Call) and isinstance(source.func, ex.Name) and source.func.id == "zip":
        parts = [p for n, p in zip(names, source.args, strict=True) if n in used]
        names = wanted
    zipped = [forward.expr(p) for p in parts]
    if node.control.shared:
        targets, whole = tuple(names), zipped[0] if len(zipped) == 1 else call("zip", *zipped)
    else:
        targets, whole = (item, *names), call("zip", container, *zipped)
    if "i" in used:
        return ("i", f"({', '.join(targets)})"), call("enumerate", whole)
    return targets, whole
