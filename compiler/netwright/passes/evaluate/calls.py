"""Calls: of a function, of a method, of a node's module, or of a module with its arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from netwright.diagnostics import nearest
from netwright.ir import expr as ex
from netwright.ir.instance import WeightDecl
from netwright.ir.program import InlineNode, ModuleNode
from netwright.ir.values import ModuleValue, Namespace, Tensor, Value, describe, first, tensors
from netwright.ops.functions import refusal
from netwright.ops.table import FUNCTIONS, method_named
from netwright.passes import numbers
from netwright.passes.evaluate.apply import PATTERNS, apply, apply_written, rearrange
from netwright.passes.evaluate.names import lookup
from netwright.passes.evaluate.operators import operate
from netwright.passes.faults import Silent, fault
from netwright.passes.frame import Handle
from netwright.passes.work import spend

if TYPE_CHECKING:
    from netwright.passes.evaluate.evaluator import Evaluator


def call(evaluator: Evaluator, expr: ex.Call) -> Value:
    if isinstance(expr.func, ex.Attribute) and not _names_module(evaluator, expr.func):
        return _method(evaluator, expr, expr.func)
    if isinstance(expr.func, ex.Name):
        return _call_named(evaluator, expr, expr.func.id)
    callee = evaluator.value(expr.func)
    if isinstance(callee, ModuleValue):
        return _partial(evaluator, expr, callee)
    fault("E0305", f"{describe(callee)} is not called", expr.span)


def _names_module(evaluator: Evaluator, func: ex.Attribute) -> bool:
    owner = func.value
    return isinstance(owner, ex.Name) and isinstance(lookup(evaluator.frame, owner.id), Namespace)


def _call_named(evaluator: Evaluator, expr: ex.Call, name: str) -> Value:
    handle = evaluator.frame.handles.get(name)
    if handle is not None and not isinstance(handle.child, WeightDecl):
        return _again(evaluator, expr, handle)
    found = lookup(evaluator.frame, name)
    if isinstance(found, ModuleValue):
        return _partial(evaluator, expr, found)
    if name in evaluator.frame.names and _is_module_node(evaluator, name):
        fault(
            "E0305",
            f"`{name}` has no module here, and cannot be called",
            expr.span,
            help="it is switched off or never repeated: call it under the same condition",
        )
    return _function(evaluator, expr, name)


def _is_module_node(evaluator: Evaluator, name: str) -> bool:
    nodes = evaluator.frame.instance.block.nodes
    spend(len(nodes))
    return any(isinstance(n, ModuleNode | InlineNode) and n.name == name for n in nodes)


def _again(evaluator: Evaluator, expr: ex.Call, handle: Handle) -> Value:
    positional = [evaluator.value(a) for a in expr.args]
    named = {k.name: first(evaluator.value(k.value)) for k in expr.keywords}
    return evaluator.call_again(evaluator.frame, handle, positional, named, expr)


def _partial(evaluator: Evaluator, expr: ex.Call, callee: ModuleValue) -> Value:
    if expr.args:
        fault(
            "E0212",
            f"arguments of the module `{callee.name}` are given by name",
            expr.args[0].span,
            help="a module in an expression needs a node of its own",
        )
    args = dict(callee.args)
    args.update({k.name: evaluator.value(k.value) for k in expr.keywords})
    return ModuleValue(callee.target, tuple(args.items()), callee.scope)


def _method(evaluator: Evaluator, expr: ex.Call, func: ex.Attribute) -> Value:
    owner = first(evaluator.value(func.value))
    if not isinstance(owner, Tensor):
        fault("E0305", f"{describe(owner)} has no method `{func.name}`", func.span)
    op = method_named(func.name)
    if op is None:
        _no_method(func)
    if func.name in PATTERNS:
        return rearrange(evaluator, func.name, (owner,), expr)
    return apply_written(evaluator, op, expr, (owner,))


def _no_method(func: ex.Attribute) -> NoReturn:
    """Raise Fault for a method that is not in the table, or is known and refused."""
    refused = refusal(func.name)
    if refused is not None:
        fault(refused.code, refused.message, func.span, help=refused.help)
    near = nearest(func.name, FUNCTIONS)
    help = f"did you mean `{near}`?" if near else ""
    fault("E0201", f"there is no method `{func.name}`", func.span, help=help)


def _function(evaluator: Evaluator, expr: ex.Call, name: str) -> Value:
    if name in PATTERNS:
        return rearrange(evaluator, name, (), expr)
    if name in numbers.NAMES:
        return _number_function(evaluator, expr, name)
    op = FUNCTIONS.get(name)
    if op is None:
        raise Silent  # the frontend has reported it
    return apply_written(evaluator, op, expr, ())


def _number_function(evaluator: Evaluator, expr: ex.Call, name: str) -> Value:
    """`max`, `len`, `sum`: over numbers where all are numbers, else the op of that name."""
    positional = [first(evaluator.value(a)) for a in expr.args]
    named = {k.name: first(evaluator.value(k.value)) for k in expr.keywords}
    structural = name in numbers.STRUCTURAL and name != "sum"
    lists = (*positional, *named.values())
    has_tensors = any(True for v in lists for _ in tensors(v))
    whole_tensor = any(isinstance(v, Tensor) for v in lists)
    if not whole_tensor and (structural or not has_tensors):
        return evaluator.numeric(expr, lambda: numbers.call(name, positional, named))
    if name == "sum" and not whole_tensor:
        return _sum_of_tensors(evaluator, expr, positional[0])
    op = FUNCTIONS.get(name)
    if op is None:
        fault("E0305", f"`{name}` does not apply to a tensor", expr.span)
    return apply(evaluator, op, tuple(positional), named, expr)


def _sum_of_tensors(evaluator: Evaluator, expr: ex.Expr, items: Value) -> Value:
    total = items[0]
    for item in items[1:]:
        total = operate(evaluator, expr, "+", total, item)
    return total
