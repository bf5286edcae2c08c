"""Blocks within a block: called, written in place, called again with the same weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from netwright.ir import expr as ex
from netwright.ir.dims import Size, ground
from netwright.ir.instance import CallBlock, Instance, ModuleChild, Path, WeightDecl
from netwright.ir.program import Block, InlineNode, ModuleNode, Node, TypeExpr
from netwright.ir.values import (
    POISON,
    ModuleValue,
    Outputs,
    Scope,
    Tensor,
    TensorList,
    Value,
    first,
    is_poison,
    rescoped,
    to_type,
)
from netwright.passes.elaborate.call import Call
from netwright.passes.elaborate.copies import outputs_value
from netwright.passes.elaborate.inputs import check_args, inputs_of
from netwright.passes.elaborate.modules import checkpointed, run_module
from netwright.passes.elaborate.owned import keep
from netwright.passes.evaluate import Evaluator
from netwright.passes.faults import fault
from netwright.passes.frame import Frame, Handle
from netwright.passes.params import bind_params
from netwright.passes.work import spend
from netwright.source import Span

if TYPE_CHECKING:
    from netwright.passes.elaborate.elaborator import Elaborator


def call_block(
    elaborator: Elaborator, frame: Frame, node: ModuleNode, callee: ModuleValue, call: Call
) -> Value:
    block = callee.block
    assert block is not None and callee.scope is not None
    evaluator = elaborator.evaluator(frame)
    given = inputs_of(elaborator, frame, node, [i.name for i in block.inputs], call, block.name)
    args = {k: (v, node.span) for k, v in callee.args}
    frame.fact(node, "partial", dict(callee.args))
    defs: dict[str, ex.Expr] = {}
    for name, expr in node.args.items():
        args[name] = (evaluator.value(expr), node.arg_spans.get(name, expr.span))
    check_args(node, block.name, args, [param.name for param in block.params])
    if elaborator.symbolic:
        defs = _block_defs(elaborator, frame, callee, args)
    scope = callee.scope
    is_model = scope.module.model is block
    if is_model:
        scope = model_scope(block, args, scope, node.span)
        args = {name: (rescoped(value, scope), span) for name, (value, span) in args.items()}
    instance = elaborator.instantiate(block, args, given, scope, node.span, defs)
    return _given(node, _enter(frame, node, call, _taken(node, instance), given))


def _taken(node: Node, instance: Instance) -> Instance:
    """What `take` leaves of an instance."""
    if not node.control.take:
        return instance
    from netwright.passes.cut import take

    spend(4 * (len(instance.steps) + len(instance.children)))
    return take(instance, node.control.take, node.control.take_span)


def _given(node: Node, value: Value) -> Value:
    """The value of a call: a list where `take` names one."""
    if not node.control.take or node.control.single_take:
        return value
    return tuple(value.items.values()) if isinstance(value, Outputs) else (value,)


def _block_defs(
    elaborator: Elaborator,
    frame: Frame,
    callee: ModuleValue,
    args: Mapping[str, tuple[Value, Span]],
) -> dict[str, ex.Expr]:
    """What the callee's names are in the terms of the class at hand, where that can be
    written."""
    defs: dict[str, ex.Expr] = {}
    assert callee.scope is not None
    same_file = callee.scope is frame.instance.scope
    for name, value in callee.scope.table.items():
        written = (
            ex.Name(name)
            if same_file and frame.root
            else frame.defs.get(name)
            if same_file
            else None
        )
        if written is None:
            written = frame.to_expr(value)
        if written is not None:
            defs[name] = written
    for name, (value, _) in args.items():
        written = frame.to_expr(value)
        if written is not None:
            defs[name] = written
        else:
            defs.pop(name, None)
    return defs


def call_inline(elaborator: Elaborator, frame: Frame, node: InlineNode, call: Call) -> Value:
    names = [i.name for i in node.block.inputs] or [""]
    given = inputs_of(elaborator, frame, node, names, call, node.name)
    instance = elaborator.inline(node, frame, call, given)
    captured = {k: frame.names[k] for k in instance.inputs if k in node.captures and k not in given}
    return _enter(frame, node, call, instance, {**given, **captured})


def _enter(
    frame: Frame,
    node: Node,
    call: Call,
    instance: Instance,
    inputs: Mapping[str, Value],
) -> Value:
    frame.fact(node, "child", instance)
    given = {k: to_type(v) for k, v in inputs.items()}
    frame.fact(node, "given", given)
    frame.fact(node, "dims", _sizes_known(instance, inputs))
    keep(frame, call.path, node, instance)
    if node.control.frozen is not None and Evaluator(frame).condition(node.control.frozen):
        frame.instance.frozen.add(call.path)
    frame.handles[node.name] = Handle(call.path, instance)
    return run_block(frame, node, call, instance, inputs)


def _sizes_known(instance: Instance, inputs: Mapping[str, Value]) -> dict[str, Size]:
    """What the callee's names of sizes are here; sizes that it has no names for by input and axis
    (`x.1`, of a list `xs[0].1`)."""
    sizes = dict(instance.dims)
    open_ = {i.name for i in instance.block.inputs if _is_open(i.type)}
    for name, value in inputs.items():
        if instance.block.inline or name in open_:
            sizes.update(_axes(name, value))
    return sizes


def _is_open(declared: TypeExpr) -> bool:
    """Whether a type has `...` for some of its sizes."""
    if declared.item is not None:
        return _is_open(declared.item)
    return any(isinstance(dim, ex.Dots) for dim in declared.dims)


def _axes(name: str, value: Value) -> Iterator[tuple[str, Size]]:
    if isinstance(value, Tensor | TensorList):
        shape = value.type.shape if isinstance(value, Tensor) else value.item.shape
        yield from ((f"{name}.{k}", d) for k, d in enumerate(shape))
    elif isinstance(value, tuple):
        for k, item in enumerate(value):
            yield from _axes(f"{name}[{k}]", item)
    elif isinstance(value, Outputs):
        for output, item in value.items.items():
            yield from _axes(f"{name}_{output}", item)


def run_block(
    frame: Frame,
    node: Node | None,
    call: Call,
    instance: Instance,
    inputs: Mapping[str, Value],
) -> Value:
    pairs: dict[Tensor, Tensor] = {}
    value = outputs_value(instance.outputs, pairs)
    spend(len(pairs))
    checkpoint = node is not None and checkpointed(frame, node)
    frame.instance.steps.append(
        CallBlock(
            call.path,
            instance,
            dict(inputs),
            tuple(pairs.items()),
            checkpoint,
            node=node,
            span=call.span,
        )
    )
    if not isinstance(value, Outputs) and is_poison(value):
        return POISON
    return value


def call_again(
    elaborator: Elaborator,
    frame: Frame,
    handle: Handle,
    positional: list[Value],
    named: dict[str, Value],
    expr: ex.Call,
) -> Value:
    """A node's module on other inputs, with the same weights."""
    child = handle.child
    span = expr.span
    call = Call(handle.path, span)
    assert not isinstance(child, WeightDecl)
    if isinstance(child, ModuleChild):
        names = [a.name for a in child.op.inputs]
    else:
        names = [i.name for i in child.block.inputs] or [""]
    given = {**dict(zip(names, map(first, positional), strict=False)), **named}
    assert frame.node is not None
    if isinstance(child, ModuleChild):
        return run_module(frame, call, child, given, frame.node)
    if child.block.inline:
        captured = {k: frame.names[k] for k in child.inputs if k in frame.names}
        given = {**captured, **given}
    spend(8 * elaborator.size_of(child))
    node = frame.claims[handle.path]
    again = _taken(node, _instance_again(elaborator, child, given, span))
    if _shapes(again) != _shapes(child):
        fault("E0301", "called again with other sizes, its weights would have other shapes", span)
    frame.fact(expr, "child", again)
    return _given(node, run_block(frame, frame.node, call, again, given))


def _shapes(instance: Instance) -> set[tuple[Path, tuple[Size, ...]]]:
    """The paths and shapes of weights; in symbolic mode `n` and its number are one size."""
    return {(k, tuple(ground(d) for d in w.shape)) for k, w in instance.all_weights()}


def _instance_again(
    elaborator: Elaborator, child: Instance, given: Mapping[str, Value], span: Span
) -> Instance:
    block = child.block
    if block.inline:
        inputs = {**{k: v for k, v in child.inputs.items() if k not in given}, **given}
        return elaborator.instance(block, child.scope, child.params, inputs, {}, span, {})
    args = {k: (v, span) for k, v in child.params.items()}
    return elaborator.instantiate(block, args, given, child.scope, span)


def model_scope(
    block: Block, args: Mapping[str, tuple[Value, Span]], outer: Scope, call: Span
) -> Scope:
    """What the blocks of a model's file see when the model has these args."""
    params = bind_params(block, args, Scope.of(outer.module, {}), call)
    return Scope.of(outer.module, params)
