"""Further entry points: the same classes, entered and left at other values of the graph."""

from __future__ import annotations

from netwright.backends.source.code import Argument, Class, Extras, Function, Return, Statement
from netwright.backends.source.context import ClassContext, ForwardArg
from netwright.backends.source.drop import drop_unused
from netwright.backends.source.forward import Forward
from netwright.backends.source.naming import camel
from netwright.backends.source.nest import nest
from netwright.backends.source.places import resolve
from netwright.backends.source.rename import renamed
from netwright.backends.source.signature import argument, forward_args
from netwright.backends.source.translate import DIM
from netwright.backends.source.walk import defined, names_in
from netwright.ir import expr as ex
from netwright.ir.program import Method


def entry_point(extras: Extras, context: ClassContext, method: Method) -> list[Class | Function]:
    """A further entry point: the part of the graph from the values it enters with to its
    outputs."""
    forward = Forward(extras, context)
    forward.run(context.block.nodes)
    entries = {name: _to_name(value) for name, value in method.inputs.items()}
    entered = set(entries.values())
    kept = [s for s in forward.statements if entered.isdisjoint(defined(s))]
    made: list[Class | Function] = []
    values = [(name, forward.expr(value)) for name, value in method.outputs.items()]
    result: ex.Expr = values[0][1]
    sample = context.facts.sample
    returns = "Tensor"
    if len(values) > 1:
        returns = f"{context.name}{camel(method.name)}Output"
        made.append(
            Class(
                returns,
                f"What `{context.name}.{method.name}` returns.",
                fields=[Argument(n, "Tensor") for n, _ in values],
                base="NamedTuple",
            )
        )
        result = ex.Call(ex.Name(returns), (), tuple(ex.Keyword(n, v) for n, v in values))
    statements = nest(drop_unused([*kept, Return(result)]))
    forward.places.enter({v: sample.values.get(v) for v in entered})
    statements = resolve(statements, forward.places, DIM)
    inputs = [ForwardArg(value, name, "Tensor") for name, value in entries.items()]
    inputs += [
        a for a in forward_args(context, forward, statements) if _reads(statements, a.source)
    ]
    inputs = sorted({a.source: a for a in reversed(inputs)}.values(), key=lambda a: a.optional)
    body = renamed(forward, statements, inputs)
    arguments = [argument(a) for a in inputs]
    context.stored.update(forward.stored)
    made.append(Function(method.name, arguments, returns, body, doc=method.doc))
    return made


def _reads(statements: list[Statement], name: str) -> bool:
    return any(name in names_in(s) for s in statements)


def _to_name(value: ex.Expr) -> str:
    """The local that a method's entry names: a node, or one of its results."""
    if isinstance(value, ex.Attribute):
        return f"{_to_name(value.value)}.{value.name}"
    assert isinstance(value, ex.Name)
    return value.id
