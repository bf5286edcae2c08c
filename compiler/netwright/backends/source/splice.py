"""The code of a block as part of the class around it: for `key: ""`, and for methods that enter.

A block whose key is `""` adds no level to the weights' names. Its modules are then attributes of
the class around it, and its statements stand in that class's `__init__` and `forward`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from netwright.backends.source.access import access
from netwright.backends.source.arguments import ctor_args
from netwright.backends.source.attributes import refuse
from netwright.backends.source.code import Assign, Evaluate, If, Return, Statement, call
from netwright.backends.source.constraints import at_build, at_call
from netwright.backends.source.context import within
from netwright.backends.source.places import resolve
from netwright.backends.source.rename import rename_targets
from netwright.backends.source.signature import result
from netwright.backends.source.translate import DIM
from netwright.backends.source.walk import defined, map_names
from netwright.ir import expr as ex
from netwright.ir.instance import Instance
from netwright.ir.printer import replace_names
from netwright.ir.program import InlineNode, ModuleNode, ParameterNode

if TYPE_CHECKING:
    from netwright.backends.source.constructor import Constructor
    from netwright.backends.source.forward import Forward

Callee = ModuleNode | InlineNode


def check(node: Callee, child: object) -> None:
    """Raise Unwritable where a node with `key: ""` cannot be spliced."""
    if not isinstance(child, Instance):
        refuse(
            node,
            f'the weights of `{node.name}` have no level of their own (`key: ""`)',
            "a module of torch owns its weights: give it a name, or leave the key out",
        )
    if node.control.loop is not None or node.control.checkpoint is not None:
        written = "repeated" if node.control.loop is not None else "recomputed"
        refuse(
            node,
            f'`key: ""` stands on a block that is {written}',
            "give the block a level of its own, or write its nodes into the graph around it",
        )


# forward ------------------------------------------------------------------------------------


def run(
    outer: Forward,
    node: Callee,
    child: Instance,
    inputs: Mapping[str, ex.Expr],
    owner: ex.Expr | None = None,
) -> list[ex.Expr]:
    """Add a block's statements to those of `outer`; what its outputs are there.

    owner  where the block's modules are, if they are no attributes of the class around it
    """
    context = outer.context.of(child)
    if owner is None:
        context = within(context, outer.context, node)
    inner = type(outer)(outer.extras, context)
    outer.spliced[node] = inner
    inner.opened = outer.opened.get(node.name, {})
    inner.statements += at_call(inner)
    inner.run(tuple(inner.context.nodes()))
    whole = Return(result(inner.context, inner, None))
    statements = resolve([*inner.statements, whole], inner.places, DIM)
    names: dict[str, ex.Expr] = _bound(outer, node, inner, inputs)
    local = {d: f"{node.name}.{d}" for s in statements for d in defined(s)}
    names.update({d: ex.Name(new) for d, new in local.items()})
    if owner is not None:
        names["self"] = owner
    for statement in statements:
        statement.comment = ""
        map_names(statement, lambda name: names.get(name.id))
        rename_targets(statement, local)
    last = statements.pop()
    assert isinstance(last, Return)
    outer.statements += statements
    return list(last.value.items) if isinstance(last.value, ex.TupleExpr) else [last.value]


def _bound(
    outer: Forward, node: Callee, inner: Forward, inputs: Mapping[str, ex.Expr]
) -> dict[str, ex.Expr]:
    """What a block's inputs are around it; a value that is no name gets one."""
    absent = {i.name: ex.Literal(None) for i in inner.context.block.inputs if i.name not in inputs}
    names: dict[str, ex.Expr] = {**absent}
    for source, value in inputs.items():
        if not isinstance(value, ex.Name | ex.Literal):
            name = f"{node.name}.{source or 'input'}"
            outer.statements.append(Assign((name,), value, True, span=node.span))
            value = ex.Name(name)
        names[source] = value
    return names


# __init__ -----------------------------------------------------------------------------------


def build(outer: Constructor, node: Callee, child: Instance) -> list[Statement]:
    """The statements that build a block's modules as attributes of the class around it."""
    assert outer.forward is not None
    forward = outer.forward.spliced[node]
    context = forward.context
    inner = type(outer)(outer.extras, context, forward)
    made = [*at_build(inner), *inner.build(), *_frozen(node, inner)]
    context.ctor = ctor_args(context, inner)
    names: dict[str, ex.Expr] = {}
    for arg in context.ctor:
        value = outer.class_argument(node, arg, child)
        if value is None and arg.derived is not None:
            value = replace_names(arg.derived, names)
        names[arg.name] = value if value is not None else arg.default or ex.Literal(None)
    local = {d: outer.free_name(d, node) for s in made for d in defined(s)}
    names.update({d: ex.Name(new) for d, new in local.items()})
    for statement in made:
        map_names(statement, lambda name: names.get(name.id))
        rename_targets(statement, local)
    outer.buffers.update(inner.buffers)
    return made


def _frozen(node: Callee, inner: Constructor) -> list[Statement]:
    """What a `frozen` on the block says of its modules and parameters."""
    condition = node.control.frozen
    if condition is None:
        return []
    held = ModuleNode | InlineNode | ParameterNode
    freeze: list[Statement] = [
        Evaluate(call(ex.Attribute(access(inner.context, n), "requires_grad_"), ex.Literal(False)))
        for n in inner.context.nodes()
        if isinstance(n, held) and (inner.facts.found(n, "child") or inner.facts.found(n, "shape"))
    ]
    if isinstance(condition, ex.Literal):
        return freeze if condition.value else []
    return [If(condition, freeze, span=node.span)]
