"""The classes of the file: `__init__`, entry points and `forward` of each."""

from __future__ import annotations

from netwright.backends.source import initialise
from netwright.backends.source.access import is_typed
from netwright.backends.source.arguments import ctor_args, declared, derived
from netwright.backends.source.chains import is_sequential_class
from netwright.backends.source.code import (
    Argument,
    Class,
    Evaluate,
    Extras,
    Function,
    Return,
    SetAttribute,
    Statement,
    call,
    path,
    self_attr,
)
from netwright.backends.source.constraints import at_build, at_call
from netwright.backends.source.constructor import Constructor
from netwright.backends.source.context import ClassContext, ForwardArg
from netwright.backends.source.delegate import Part, delegated
from netwright.backends.source.drop import drop_unused
from netwright.backends.source.forward import Forward
from netwright.backends.source.in_place import in_place
from netwright.backends.source.items import pass_items
from netwright.backends.source.methods import entry_point, written
from netwright.backends.source.nest import nest
from netwright.backends.source.places import resolve
from netwright.backends.source.rename import renamed
from netwright.backends.source.signature import (
    argument,
    forward_args,
    output_class,
    result,
    returns,
)
from netwright.backends.source.spelling import spelt
from netwright.backends.source.translate import DIM
from netwright.backends.source.walk import map_names
from netwright.ir import expr as ex
from netwright.ops.table import MODULES


def classes_of(extras: Extras, context: ClassContext) -> list[Class]:
    """A class and the NamedTuples that it returns; none for a chain, which its parent writes."""
    if context.is_chain or context.spliced:
        return []
    if is_sequential_class(context):
        return [_sequential(extras, context)]
    forward = Forward(extras, context)
    fields = output_class(context)
    methods = context.model.module.methods if context.is_root else ()
    entered = [written(entry_point(extras, context, method)) for method in methods]
    further = [made for several, _ in entered for made in several]
    parts = [part for _, several in entered for part in several]
    body = _forward_body(context, forward, parts, fields[0].name if fields else None)
    forward.stored.update(context.stored)
    init, rules, buffers = _init(extras, context, forward)
    inits = [init] if len(init.body) > 1 or init.arguments else []
    entries = [m for m in further if isinstance(m, Function)]
    arguments = [argument(a) for a in context.inputs]
    run = Function("forward", arguments, returns(context, fields), body)
    whole = Class(
        context.name,
        _doc(context),
        [*inits, *rules, *entries, run],
        [Argument(name, "Tensor") for name in buffers],
        span=context.block.span,
    )
    return [*fields, *(m for m in further if isinstance(m, Class)), whole]


def _sequential(extras: Extras, context: ClassContext) -> Class:
    """A class over `nn.Sequential`: its constructor passes the modules on."""
    name = context.block.inputs[0].name if context.block.inputs else ""
    context.inputs = [ForwardArg(name, "input", "Tensor")]
    constructor = Constructor(extras, context, None)
    items = constructor.sequential_items()
    build = Evaluate(call(ex.Attribute(call("super"), "__init__"), *items))
    body = pass_items(constructor, [build])
    context.ctor = ctor_args(context, constructor)
    init = Function("__init__", declared(context), "None", [*derived(context), *body])
    return Class(context.name, _doc(context), [init], base="nn.Sequential", span=context.block.span)


def _doc(context: ClassContext) -> str:
    return " ".join(context.block.doc.split())


# forward ------------------------------------------------------------------------------------


def _forward_body(
    context: ClassContext, forward: Forward, parts: list[Part], named: str | None
) -> list[Statement]:
    """The statements of `forward`, which may call methods for parts of it; `named` is the
    NamedTuple that it returns."""
    forward.statements += at_call(forward)
    forward.run(tuple(context.nodes()))
    statements = [*forward.statements, Return(result(context, forward, named))]
    statements = drop_unused(delegated(drop_unused(statements), parts))
    statements = resolve(nest(statements, in_place(context)), forward.places, DIM)
    context.inputs = forward_args(context, forward, statements)
    return renamed(forward, statements, context.inputs)


# __init__ -----------------------------------------------------------------------------------


def _init(
    extras: Extras, context: ClassContext, forward: Forward
) -> tuple[Function, list[Function], list[str]]:
    """The constructor, the methods that hold init rules, and the names of the buffers."""
    constructor = Constructor(extras, context, forward)
    made = [*at_build(constructor), *constructor.build()]
    rules: list[Function] = []
    if context.is_root:
        more, rules = _init_rules(context, constructor)
        made += [*more, *_ties(context)]
    made = spelt(pass_items(constructor, drop_unused(made)))
    context.ctor = ctor_args(context, constructor)
    body = [
        Evaluate(call(ex.Attribute(call("super"), "__init__"))),
        *derived(context),
        *made,
    ]
    init = Function("__init__", declared(context), "None", body)
    return init, rules, list(constructor.buffers)


def _ties(context: ClassContext) -> list[Statement]:
    """`self.head.weight = self.embed.weight`; below containers, weights are got by their names."""
    made: list[Statement] = []
    for target, source in context.model.ties:
        owner, _, name = target.rpartition(".")
        left = self_attr(*target.split("."))
        if not is_typed(context, target):
            left = ex.Attribute(call("self.get_submodule", ex.Literal(owner)), name)
        right = self_attr(*source.split("."))
        if not is_typed(context, source):
            right = call("self.get_parameter", ex.Literal(source))
        made.append(SetAttribute(left, right, comment="tied"))
    return made


def _init_rules(
    context: ClassContext, constructor: Constructor
) -> tuple[list[Statement], list[Function]]:
    own = {c.name for c in context.family.values()}
    rules = context.model.module.init
    statements, methods = initialise.rules(rules, set(MODULES) | own, constructor)
    for method in methods:
        for statement in method.body:
            _qualify(statement, own)
    return statements, methods


def _qualify(statement: Statement, local: set[str]) -> None:
    """`isinstance(module, Linear)` as `isinstance(module, nn.Linear)`; the file's own classes
    stay."""

    def change(name: ex.Name) -> ex.Expr | None:
        parts = name.id.split(" | ")
        if not all(p in MODULES or p in local for p in parts):
            return None
        classes = [ex.Name(p) if p in local else path(f"nn.{p}") for p in parts]
        union: ex.Expr = classes[0]
        for other in classes[1:]:
            union = ex.Binary("|", union, other)
        return union

    map_names(statement, change)
