"""Modules of torch: their arguments, weights and results."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from netwright.diagnostics import Diagnostic
from netwright.ir import expr as ex
from netwright.ir.dims import known
from netwright.ir.instance import CallModule, ModuleChild, WeightDecl
from netwright.ir.program import ModuleNode, Node
from netwright.ir.types import TensorType
from netwright.ir.values import ModuleValue, Outputs, Tensor, Value, describe, to_type
from netwright.ops.binding import check_kind
from netwright.ops.broadcast import show_shape
from netwright.ops.entry import ModuleOp, OpError
from netwright.passes.elaborate.call import Call
from netwright.passes.elaborate.inputs import check_args, inputs_of
from netwright.passes.elaborate.owned import keep
from netwright.passes.evaluate import Evaluator
from netwright.passes.faults import Fault, fault, op_fault
from netwright.passes.frame import Frame, Handle

if TYPE_CHECKING:
    from netwright.passes.elaborate.elaborator import Elaborator


def call_op(
    elaborator: Elaborator, frame: Frame, node: ModuleNode, callee: ModuleValue, call: Call
) -> Value:
    op: ModuleOp = callee.target
    evaluator = elaborator.evaluator(frame)
    given = inputs_of(elaborator, frame, node, [a.name for a in op.inputs], call, op.name)
    args: dict[str, Value] = dict(callee.args)
    for name, expr in node.args.items():
        args[name] = evaluator.value(expr)
    check_args(node, op.name, args, [arg.name for arg in op.args])
    child = _module_child(frame, node, op, args, given)
    frame.fact(node, "partial", dict(callee.args))
    frame.fact(node, "child", child)
    keep(frame, call.path, node, child)
    frame.handles[node.name] = Handle(call.path, child)
    return run_module(frame, call, child, given, node)


def _module_child(
    frame: Frame,
    node: ModuleNode,
    op: ModuleOp,
    args: Mapping[str, Value],
    given: Mapping[str, Value],
) -> ModuleChild:
    types = {k: to_type(v) for k, v in given.items()}
    bound: dict[str, Value] = {}
    try:
        for arg in op.args:
            if arg.name in args:
                bound[arg.name] = check_kind(arg, args[arg.name])
            elif arg.name in op.infer:
                inferred = op.infer[arg.name](types)
                frame.fact(node, f"infer:{arg.name}", inferred)
                bound[arg.name] = inferred
            elif arg.required:
                message = f"`{op.name}` needs the argument `{arg.name}`"
                fault("E0203", message, node.callee.span)
            else:
                bound[arg.name] = arg.default
        weights = _weights(op, bound)
    except OpError as error:
        raise Fault(_op_fault(error, node, given)) from None
    except (AttributeError, IndexError, TypeError, KeyError):
        # An inference rule over inputs that are not there or of another kind: the rule says
        # it better.
        weights = ()
        if not given or any(not isinstance(v, Tensor) for v in given.values()):
            fault(
                "E0305",
                f"`{op.name}` wants a tensor",
                node.span,
                label=", ".join(describe(v) for v in given.values()),
            )
        raise
    for weight in weights:
        for size in weight.shape:
            if known(size) is None:
                fault(
                    "E0306",
                    f"`{op.name}` has a weight of shape {show_shape(weight.shape)}, "
                    f"but `{size}` is only known at run time",
                    node.span,
                    help="give the input a fixed size there, or name a param in its type",
                )
    frozen = node.control.frozen is not None and Evaluator(frame).condition(node.control.frozen)
    return ModuleChild(op, bound, weights, frozen, node.span)


def _weights(op: ModuleOp, bound: Mapping[str, Value]) -> tuple[WeightDecl, ...]:
    if op.weights is None:
        from netwright.ops.fallback import weights_by_fake

        declared = weights_by_fake(op, bound)
    else:
        declared = op.weights(bound)
    return tuple(
        WeightDecl(w.name, w.shape, w.dtype, w.buffer, w.persistent, inside=w.inside)
        for w in declared
    )


def _op_fault(error: OpError, node: ModuleNode, given: Mapping[str, Value]) -> Diagnostic:
    spans = dict(node.arg_spans)
    expr: ex.Expr = ex.Name(node.name, span=node.span)
    found = op_fault(error, expr, tuple(given.values()), spans)
    colon = ":" if found.message.startswith("`") else ""
    return Diagnostic(
        found.code,
        f"`{node.name}`{colon} {found.message}",
        found.span,
        found.label,
        found.notes,
        found.help,
    )


def run_module(
    frame: Frame,
    call: Call,
    child: ModuleChild,
    given: Mapping[str, Value],
    node: Node,
) -> Value:
    op: ModuleOp = child.op
    types: dict[str, Any] = {k: to_type(v) for k, v in child.args.items()}
    try:
        forward: dict[str, Value] = {}
        for arg in op.inputs:
            value = given.get(arg.name, None if arg.required else arg.default)
            if value is None and arg.required:
                fault("E0213", f"`{op.name}` needs the input `{arg.name}`", call.span)
            check_kind(arg, to_type(value))
            forward[arg.name] = value
        types.update({k: to_type(v) for k, v in forward.items()})
        if op.rule is not None:
            result = op.rule(types)
        else:
            from netwright.ops.fallback import infer_by_fake

            result = infer_by_fake(op, types)
    except OpError as error:
        if isinstance(node, ModuleNode):
            raise Fault(_op_fault(error, node, given)) from None
        raise Fault(
            op_fault(error, ex.Name("", span=call.span), tuple(given.values()), {})
        ) from None
    many = isinstance(result, tuple)
    types_of: tuple[TensorType, ...] = result if isinstance(result, tuple) else (result,)
    results = tuple(Tensor(t, "", call.span) for t in types_of)
    checkpoint = checkpointed(frame, node)
    frame.instance.steps.append(
        CallModule(call.path, child, forward, results, checkpoint, node=node, span=call.span)
    )
    if not many:
        return results[0]
    names = op.outputs or tuple(str(k) for k in range(len(results)))
    return Outputs(dict(zip(names[: len(results)], results, strict=True)))


def checkpointed(frame: Frame, node: Node) -> bool:
    condition = node.control.checkpoint
    return condition is not None and Evaluator(frame).condition(condition)
