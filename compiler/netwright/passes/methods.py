"""Methods: each has to be a cut of the graph, from values that enter to values that leave."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from netwright.diagnostics import Diagnostic, Label, Report, nearest
from netwright.ir import expr as ex
from netwright.ir.instance import CallBlock, Instance, Step
from netwright.ir.program import InlineNode, Method
from netwright.ir.steps import consumed, needed, produced
from netwright.ir.values import Outputs, Tensor, Value, describe, first, tensors
from netwright.passes.faults import Fault, fault
from netwright.passes.model import Elaboration
from netwright.passes.work import spend


def check_methods(elaboration: Elaboration, report: Report) -> None:
    """Report E0408 for methods that enter where there is no value, or read what stays outside."""
    methods = elaboration.module.methods
    for method in methods:
        try:
            _check(_case(elaboration, method), method)
        except Fault as found:
            report.add(found.diagnostic)


def entered(elaboration: Elaboration, method: Method) -> dict[str, Value]:
    """The value of the graph that each input of a method stands for; the method is sound."""
    case = _case(elaboration, method)
    return {name: first(_at(case, written, method)) for name, written in method.inputs.items()}


def _case(elaboration: Elaboration, method: Method) -> Instance:
    """The case of the model in which every optional input is given that a method takes."""
    named = {e.id for e in method.inputs.values() if isinstance(e, ex.Name)}
    optional = {i.name for i in elaboration.block.inputs if i.optional}
    wanted = named & optional
    given = [case for case in elaboration.cases if wanted <= case.given]
    return elaboration.cases[min(given, key=lambda case: (len(case.given), case.training))]


def _check(model: Instance, method: Method) -> None:
    spend(len(model.steps))
    entering: list[Tensor] = []
    for name, written in method.inputs.items():
        if not _is_path(written):
            message = f"`{name}` of the method `{method.name}` is no value of the graph"
            fault("E0408", message, written.span, help="give it a node, and enter there")
        value = first(_at(model, written, method))
        if not isinstance(value, Tensor | tuple):
            message = f"the method `{method.name}` cannot enter at {describe(value)}"
            fault("E0408", message, written.span)
        entering += tensors(value)
    leaving: list[Tensor] = []
    for written in method.outputs.values():
        for path in _paths(written):
            value = _at(model, path, method)
            leaving += tensors(value)
    if method.inputs:
        _check_closed(model, method, entering, leaving)


def _check_closed(
    model: Instance, method: Method, entering: list[Tensor], leaving: list[Tensor]
) -> None:
    """Nothing but what enters may be read from outside."""
    steps = needed(list(_flat(model)), leaving, entering)
    made = {*entering, *(t for step in steps for t in produced(step))}
    read = {*(t for step in steps for t in consumed(step)), *leaving}
    for name, value in model.inputs.items():
        if any(t in read and t not in made for t in tensors(value)):
            declared = next(i.span for i in model.block.inputs if i.name == name)
            raise Fault(
                Diagnostic(
                    "E0408",
                    f"the method `{method.name}` needs the input `{name}`, which it does not take",
                    method.span,
                    "",
                    (Label(declared, f"`{name}` is declared here"),),
                    f"name it under `inputs` too, `{name}: {name}`, or enter further down",
                )
            )


def _flat(instance: Instance) -> Iterator[Step]:
    """The steps of an instance with those of its inline blocks among them.

    A block's input stands for what is given to it, and its output for what it gives: each is a
    call of its own.
    """
    for step in instance.steps:
        inline = isinstance(step.node, InlineNode) and step.node.control.loop is None
        if not isinstance(step, CallBlock) or not inline:
            yield step
            continue
        for name, value in step.child.inputs.items():
            theirs = tuple((t, t) for t in tensors(value))
            yield replace(step, inputs={name: step.inputs.get(name)}, results=theirs)
        yield from _flat(step.child)
        for given, mine in step.results:
            yield replace(step, inputs={"": given}, results=((given, mine),))


def _is_path(expr: ex.Expr) -> bool:
    return isinstance(expr, ex.Name) or (isinstance(expr, ex.Attribute) and _is_path(expr.value))


def _paths(expr: ex.Expr) -> Iterator[ex.Expr]:
    """The values that an expression reads: its longest paths of names."""
    if _is_path(expr):
        yield expr
    elif isinstance(expr, ex.Call):
        if isinstance(expr.func, ex.Attribute):
            yield from _paths(expr.func.value)
        for part in (*expr.args, *(k.value for k in expr.keywords)):
            yield from _paths(part)
    else:
        for child in ex.children(expr):
            yield from _paths(child)


def _at(instance: Instance, path: ex.Expr, method: Method) -> Value:
    """The value at a path: a node's, one of several results, or one inside an inline block."""
    if isinstance(path, ex.Name):
        return instance.values.get(path.id)
    assert isinstance(path, ex.Attribute)
    owner = _inside(instance, path.value, method)
    if owner is not None and path.name in owner.values:
        return owner.values[path.name]
    value = _at(instance, path.value, method)
    if isinstance(value, Outputs) and path.name in value.items:
        return value.items[path.name]
    if isinstance(value, Tensor) and owner is None:
        return value  # `x.shape` reads `x`
    known = [*(value.items if isinstance(value, Outputs) else ()), *(owner.values if owner else ())]
    near = nearest(path.name, known)
    help = f"did you mean `{near}`?" if near else ""
    message = f"the method `{method.name}` finds no value `{path.name}` there"
    raise Fault(Diagnostic("E0408", message, path.span, help=help))


def _inside(instance: Instance, path: ex.Expr, method: Method) -> Instance | None:
    """The inline block at a path, None where something else is."""
    if isinstance(path, ex.Attribute):
        around = _inside(instance, path.value, method)
        return None if around is None else _inline(around, path.name, path, method)
    return _inline(instance, path.id, path, method) if isinstance(path, ex.Name) else None


def _inline(instance: Instance, name: str, path: ex.Expr, method: Method) -> Instance | None:
    for step in instance.steps:
        node = step.node
        if isinstance(step, CallBlock) and isinstance(node, InlineNode) and node.name == name:
            if node.control.loop is not None:
                message = f"the method `{method.name}` reaches into the loop `{name}`"
                fault("E0408", message, path.span, help="enter before it, or leave after it")
            return step.child
    return None
