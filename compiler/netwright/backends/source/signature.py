"""The signature of `forward`: what it takes, and what it returns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netwright.backends.source.code import Argument, Class, Statement
from netwright.backends.source.context import (
    ClassContext,
    ForwardArg,
    annotation,
    shared_counters,
    tensor_annotation,
    tensorish,
)
from netwright.backends.source.naming import Names, plain
from netwright.backends.source.walk import defined, names_in
from netwright.ir import expr as ex
from netwright.ir.instance import Instance
from netwright.ir.printer import to_source
from netwright.ir.program import Block, InlineNode, Node
from netwright.ir.values import Outputs, Tensor, Value

if TYPE_CHECKING:
    from netwright.backends.source.forward import Forward

BUILTINS = frozenset({
    "range", "len", "enumerate", "zip", "sum", "min", "max", "abs", "round", "int", "float",
    "bool", "reversed", "isinstance", "tuple", "ValueError", "str",
})  # fmt: skip
GLOBALS = BUILTINS | {
    "self",
    "torch",
    "nn",
    "F",
    "math",
    "checkpoint",
    "drop_path",
    "linear_scan",
    "make_divisible",
}


def forward_args(
    context: ClassContext, forward: Forward, statements: list[Statement]
) -> list[ForwardArg]:
    """What `forward` takes: the declared inputs, and for an inline block what it reads from
    around it."""
    local = {d for s in statements for d in defined(s)}
    read: dict[str, None] = {}
    for statement in statements:
        for name in names_in(statement):
            if name not in local and name not in GLOBALS and not _is_class(context, name):
                read.setdefault(name)
    declared = [i.name for i in context.block.inputs]
    sources = [n for n in declared if _is_given(context, n)]
    if context.block.inline:
        sources = [n for n in (*declared, "", *read) if n in read]
        sources = list(dict.fromkeys(sources))
    taken = Names()
    args: list[ForwardArg] = []
    names = {s: taken.choose(plain(s), f"{plain(s)}_in") for s in sources if s}
    for source in sources:
        value = _input_value(context, source)
        name = names[source] if source else taken.choose("x", "hidden", "y")
        kind = tensor_annotation(value) if tensorish(value) else _number_kind(context, source)
        args.append(ForwardArg(source, name, kind, _is_optional(context, source)))
    return sorted(args, key=lambda a: a.optional)


def _number_kind(context: ClassContext, source: str) -> str:
    """The type of a number that `forward` is given: a size, or what a shared loop binds."""
    value = context.facts.sample.params.get(source)
    return annotation(value) if source in shared_counters(context) else "int"


def _is_class(context: ClassContext, name: str) -> bool:
    return any(name in (c.name, f"{c.name}Output") for c in context.family.values())


def _is_given(context: ClassContext, name: str) -> bool:
    return context.is_root or any(i.inputs.get(name) is not None for i in context.facts.instances)


def _is_optional(context: ClassContext, source: str) -> bool:
    name = source.partition(".")[0]
    return any(name in i.inputs and i.inputs[name] is None for i in context.facts.instances) or any(
        name not in i.inputs and name in i.params and i.params[name] is None
        for i in context.facts.instances
    )


def _input_value(context: ClassContext, source: str) -> Value:
    head, _, tail = source.partition(".")
    for instance in context.facts.instances:
        value = instance.inputs.get(head)
        if isinstance(value, Outputs):
            value = value.items.get(tail, value.first)
        if value is not None:
            return value
    return None


def argument(arg: ForwardArg) -> Argument:
    if arg.optional:
        return Argument(arg.name, f"{arg.annotation} | None", "None")
    return Argument(arg.name, arg.annotation)


# What it returns ---------------------------------------------------------------------------------


def result(context: ClassContext, forward: Forward, named: str | None) -> ex.Expr:
    facts = context.facts
    if facts.cut:
        context.returns_list = True
        taken = [_cut_value(context, forward, path) for path in facts.cut]
        return ex.ListExpr(tuple(taken)) if len(taken) > 1 else taken[0]
    if not context.block.outputs and len(facts.sample.outputs) > 1:
        name = _last(facts.sample)
        context.outputs = list(facts.sample.outputs)
        return ex.TupleExpr(tuple(ex.Name(f"{name}.{o}") for o in context.outputs))
    if not context.block.outputs:
        context.outputs = [""]
        return forward.name(_last(facts.sample))
    twice = twins(context.block, _loop_node(context))
    values = [(o.name, forward.expr(o.value)) for o in context.block.outputs if o.name not in twice]
    context.outputs = [n for n, _ in values]
    if len(values) == 1:
        return values[0][1]
    if named is not None:
        return ex.Call(ex.Name(named), (), tuple(ex.Keyword(n, v) for n, v in values))
    return ex.TupleExpr(tuple(v for _, v in values))


def twins(block: Block, node: Node | None) -> dict[str, str]:
    """The outputs of a chain's block that are also carried on, by which name: given once.

    `outputs: {x: map, maps: map}` is one value; the loop keeps it, and goes on with it. An
    expression that is written twice is computed twice, as in the graph.
    """
    if node is None or node.control.loop is None or node.control.loop.kind == "each":
        return {}
    inputs = {i.name for i in block.inputs}
    named = [o for o in block.outputs if o.name in inputs and isinstance(o.value, ex.Name)]
    carried = {to_source(o.value): o.name for o in named}
    given = {o.name: carried.get(to_source(o.value)) for o in block.outputs}
    return {name: twin for name, twin in given.items() if twin and name not in inputs}


def _loop_node(context: ClassContext) -> InlineNode | None:
    """The node that an inline block stands in."""
    if context.parent is None:
        return None
    for node in context.parent.block.nodes:
        if isinstance(node, InlineNode) and node.block is context.block:
            return node
    return None


def _cut_value(context: ClassContext, forward: Forward, path: str) -> ex.Expr:
    """A value that a cut gives: an inner one, or one of the block's own (`""`, `=name`)."""
    own, sample = context.block.outputs, context.facts.sample
    if path and not path.startswith("="):
        return forward.name(path)
    if own:
        return forward.expr(next(o.value for o in own if path in ("", f"={o.name}")))
    if not path:
        return forward.name(_last(sample))
    for node in context.block.nodes:
        value = sample.values.get(node.name)
        if isinstance(value, Outputs) and value.items.get(path[1:]) is sample.outputs[path]:
            return ex.Name(f"{node.name}{path.replace('=', '.')}")
    raise LookupError(path)


def output_class(context: ClassContext) -> list[Class]:
    """The NamedTuple that the model returns when it has several outputs."""
    outputs = context.block.outputs
    if not context.is_root or len(outputs) < 2:
        return []
    fields = [Argument(o.name, _output_annotation(context, o.name)) for o in outputs]
    return [
        Class(
            f"{context.name}Output",
            f"What `{context.name}` returns.",
            fields=fields,
            base="NamedTuple",
        )
    ]


def _output_annotation(context: ClassContext, name: str) -> str:
    """The type of an output, which may be None where an optional input is not given."""
    values = [i.outputs[name] for i in context.facts.instances if name in i.outputs]
    kind = tensor_annotation(next((v for v in values if v is not None), None))
    return f"{kind} | None" if any(v is None for v in values) else kind


def returns(context: ClassContext, fields: list[Class]) -> str:
    if fields:
        return fields[0].name
    sample = context.facts.sample
    if context.returns_list:
        if len(context.facts.cut) > 1:
            return "list[Tensor]"
        return _output_annotation(context, next(iter(sample.outputs)))
    twice = twins(context.block, _loop_node(context))
    kinds = [_output_annotation(context, name) for name in sample.outputs if name not in twice]
    return kinds[0] if len(kinds) == 1 else f"tuple[{', '.join(kinds)}]"


def _last(instance: Instance) -> str:
    """The node that a block without `outputs` gives."""
    wanted = instance.outputs.get("", next(iter(instance.outputs.values())))
    for node in reversed(instance.block.nodes):
        value = instance.values.get(node.name)
        if value is wanted or (isinstance(value, Outputs) and value.first is wanted):
            return node.name
    for name, value in instance.values.items():
        if value is wanted and isinstance(value, Tensor | tuple):
            return name
    raise LookupError(instance.block.name)
