"""Modules that write over their input, past which nothing may be moved that reads it."""

from __future__ import annotations

from netwright.backends.source.access import access
from netwright.backends.source.context import ClassContext
from netwright.ir import expr as ex
from netwright.ir.instance import CallBlock, CallModule, Instance, ModuleChild
from netwright.ir.printer import to_source
from netwright.ir.program import InlineNode, ModuleNode
from netwright.ir.values import tensors


def in_place(context: ClassContext) -> frozenset[str]:
    """How `forward` reaches the modules of a class that write over what they are given."""
    modules = [n for n in context.nodes() if isinstance(n, ModuleNode | InlineNode)]
    writing = [n for n in modules if any(map(_writes, context.facts.found(n, "child")))]
    return frozenset(to_source(access(context, n)) for n in writing)


def _writes(child: Instance | ModuleChild) -> bool:
    """Whether a module, or one inside a block, writes over what the module or block is given."""
    if isinstance(child, ModuleChild):
        return child.args.get("inplace") is True
    given = {t for value in child.inputs.values() for t in tensors(value)}
    for step in child.steps:
        if isinstance(step, CallModule | CallBlock) and _writes(step.child):
            inputs = step.arguments if isinstance(step, CallModule) else step.inputs
            if any(t in given for value in inputs.values() for t in tensors(value)):
                return True
    return False


def writes(expr: ex.Expr, modules: frozenset[str]) -> bool:
    """Whether an expression calls one of `modules`, or a function that writes over a tensor."""
    return any(isinstance(e, ex.Call) and _is_writing(e, modules) for e in ex.walk(expr))


def _is_writing(call: ex.Call, modules: frozenset[str]) -> bool:
    text = to_source(call.func)
    named = any(k.name == "inplace" for k in call.keywords)
    return named or any(text == m or text.startswith(f"{m}[") for m in modules)
