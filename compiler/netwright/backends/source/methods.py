"""Further entry points: the same classes, entered and left at other values of the graph."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from netwright.backends.source.attributes import Unwritable
from netwright.backends.source.code import Argument, Class, Extras, Function, Return, Statement
from netwright.backends.source.context import ClassContext, ForwardArg
from netwright.backends.source.delegate import Part, key
from netwright.backends.source.drop import drop_unused
from netwright.backends.source.forward import Forward, Opened
from netwright.backends.source.in_place import in_place
from netwright.backends.source.naming import camel
from netwright.backends.source.nest import nest
from netwright.backends.source.places import resolve
from netwright.backends.source.rename import renamed
from netwright.backends.source.signature import argument, forward_args, output_class
from netwright.backends.source.translate import DIM
from netwright.backends.source.walk import defined, names_in
from netwright.diagnostics import Diagnostic
from netwright.ir import expr as ex
from netwright.ir.instance import CallBlock, Instance
from netwright.ir.printer import rebuild
from netwright.ir.program import InlineNode, Method
from netwright.ir.values import Outputs, Tensor, Value


@dataclass(frozen=True)
class Entry:
    """A further entry point, plain: one statement a node, in the spec's own names.

    values   what it returns, by name
    entries  the locals that it enters with, by its names for them
    """

    method: Method
    forward: Forward
    statements: list[Statement]
    values: list[tuple[str, ex.Expr]]
    entries: Mapping[str, str]


def entry_point(extras: Extras, context: ClassContext, method: Method) -> Entry:
    """The part of the graph from the values that a method enters with to its outputs."""
    forward = Forward(extras, context)
    written = [*method.inputs.values(), *method.outputs.values()]
    forward.opened = _opened(context.facts.sample, [p for w in written for p in _paths(w)])
    sample = context.facts.sample
    entries = {name: _entry(sample, value) for name, value in method.inputs.items()}
    _refer(forward, {v: _value(sample, v.split(".")) for v in entries.values()})
    forward.run(context.block.nodes)
    entered = set(entries.values())
    kept = [s for s in forward.statements if entered.isdisjoint(defined(s))]
    values = [(name, forward.expr(_named(forward, v))) for name, v in method.outputs.items()]
    *statements, _ = drop_unused([*kept, *(Return(ex.TupleExpr(tuple(v for _, v in values))),)])
    return Entry(method, forward, statements, values, entries)


def written(entry: Entry) -> tuple[list[Class | Function], list[Part]]:
    """The method, with the NamedTuple that it returns where it gives several values; and what it
    may be called for, nothing if it reaches into a block or returns what no local holds."""
    method, forward, context = entry.method, entry.forward, entry.forward.context
    keys = frozenset(map(key, entry.statements))
    inner = frozenset(name for s in entry.statements for name in defined(s))
    results = [v.id for _, v in entry.values if isinstance(v, ex.Name)]
    made: list[Class | Function] = []
    result = entry.values[0][1]
    returns = "Tensor"
    if len(entry.values) > 1:
        returns = f"{context.name}{camel(method.name)}Output"
        fields = [Argument(n, "Tensor") for n, _ in entry.values]
        whole_model = [c for c in output_class(context) if c.fields == fields]
        if whole_model:
            returns = whole_model[0].name
        else:
            doc = f"What `{context.name}.{method.name}` returns."
            made.append(Class(returns, doc, fields=fields, base="NamedTuple"))
        result = ex.Call(ex.Name(returns), (), tuple(ex.Keyword(n, v) for n, v in entry.values))
    sample = context.facts.sample
    forward.places.enter({v: _value(sample, v.split(".")) for v in entry.entries.values()})
    whole = [*entry.statements, Return(result)]
    statements = resolve(nest(whole, in_place(context)), forward.places, DIM)
    inputs = _inputs(entry, statements)
    body = renamed(forward, statements, inputs)
    arguments = [argument(a) for a in inputs]
    context.stored.update(forward.stored)
    made.append(Function(method.name, arguments, returns, body, doc=method.doc))
    callable_ = len(results) == len(entry.values) and inner.issuperset(results)
    part = Part(method.name, keys, inner, tuple(results), tuple(inputs))
    return made, [part] if callable_ and not forward.opened else []


def _inputs(entry: Entry, statements: list[Statement]) -> list[ForwardArg]:
    """What the method takes: the values that it enters with, and the model's inputs it reads."""
    context, entries = entry.forward.context, entry.entries
    optional = {i.name for i in context.block.inputs if i.optional}
    found = [ForwardArg(v, name, "Tensor", v in optional) for name, v in entries.items()]
    found += [
        a for a in forward_args(context, entry.forward, statements) if _reads(statements, a.source)
    ]
    unique: dict[str, ForwardArg] = {}
    for each in found:
        unique.setdefault(each.source, each)
    inputs = sorted(unique.values(), key=lambda a: a.optional)
    _check_inputs(entry.method, inputs, entries)
    return inputs


def _reads(statements: list[Statement], name: str) -> bool:
    return any(name in names_in(s) for s in statements)


def _entry(sample: Instance, value: ex.Expr) -> str:
    """The local that a method enters at; of several results the first, as the bare name means."""
    name = _to_name(value)
    found = _value(sample, name.split("."))
    return f"{name}.{next(iter(found.items))}" if isinstance(found, Outputs) else name


def _refer(forward: Forward, entered: Mapping[str, Value]) -> None:
    """Let new tensors have the device and the dtype of what a method enters with."""
    tensors = {name: v for name, v in entered.items() if isinstance(v, Tensor)}
    floating = [name for name, v in tensors.items() if v.type.dtype == "float"]
    if tensors:
        forward.around.device_of = ex.Name(next(iter(tensors)))
        forward.around.dtype_of = ex.Name(floating[0]) if floating else None


def _to_name(value: ex.Expr) -> str:
    """The local that a method's entry names: a node, or one of its results."""
    if isinstance(value, ex.Attribute):
        return f"{_to_name(value.value)}.{value.name}"
    assert isinstance(value, ex.Name)
    return value.id


def _check_inputs(method: Method, inputs: list[ForwardArg], entries: Mapping[str, str]) -> None:
    """Refuse a method that needs an input of the model for nothing but a size."""
    for arg in inputs:
        if entries and not arg.optional and arg.name not in entries:
            message = f"the method `{method.name}` needs the input `{arg.source}`"
            help = f"name it under `inputs` too, `{arg.source}: {arg.source}`"
            raise Unwritable(Diagnostic("E0408", message, method.span, help=help))


# Values inside inline blocks ----------------------------------------------------------------------


def _paths(expr: ex.Expr) -> Iterator[list[str]]:
    """The paths of names in an expression: `model.encoder.norm`."""
    if isinstance(expr, ex.Attribute):
        inner = list(_paths(expr.value))
        if len(inner) == 1 and _is_path(expr.value):
            yield [*inner[0], expr.name]
            return
        yield from inner
    elif isinstance(expr, ex.Name):
        yield [expr.id]
    else:
        for child in ex.children(expr):
            yield from _paths(child)


def _is_path(expr: ex.Expr) -> bool:
    return isinstance(expr, ex.Name) or (isinstance(expr, ex.Attribute) and _is_path(expr.value))


def _opened(instance: Instance, paths: list[list[str]]) -> Opened:
    """The inline blocks that paths lead into, but for those that only lead to an output."""
    found: Opened = {}
    for head, *rest in paths:
        inner = _inside(instance, head)
        if inner is None or not rest or rest[0] not in inner.values or rest[0] in inner.outputs:
            continue
        below = found.setdefault(head, {})
        below.update(_opened(inner, [rest]))
    return found


def _inside(instance: Instance, name: str) -> Instance | None:
    for step in instance.steps:
        node = step.node
        if isinstance(step, CallBlock) and isinstance(node, InlineNode) and node.name == name:
            return None if node.control.loop is not None else step.child
    return None


def _value(instance: Instance, path: list[str]) -> Value:
    head, *rest = path
    inner = _inside(instance, head) if rest else None
    if inner is not None and rest[0] in inner.values:
        return _value(inner, rest)
    value = instance.values.get(head)
    return value.items.get(rest[0]) if rest and isinstance(value, Outputs) else value


def _named(forward: Forward, expr: ex.Expr) -> ex.Expr:
    """`expr` with what lies in opened blocks as locals: `model.encoder` as one name."""

    def change(e: ex.Expr) -> ex.Expr | None:
        if not isinstance(e, ex.Attribute) or not _is_path(e):
            return None
        opened, path = forward.opened, next(_paths(e))
        for k, name in enumerate(path):
            if name not in opened:
                local: ex.Expr = ex.Name(".".join(path[: k + 1]))
                for attribute in path[k + 1 :]:
                    local = ex.Attribute(local, attribute)
                return local if k else None
            opened = opened[name]
        return ex.Name(".".join(path))

    return rebuild(expr, change)
