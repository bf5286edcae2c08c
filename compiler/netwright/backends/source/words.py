"""What a class calls its sizes, its numbers and its flags."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from netwright.backends.source.attributes import location
from netwright.backends.source.context import ClassContext
from netwright.backends.source.naming import Names, snake
from netwright.ir import expr as ex
from netwright.ir.attributes import MODULE_ATTRIBUTES
from netwright.ir.instance import Instance
from netwright.ir.printer import to_source
from netwright.ir.program import Block, ExprNode, ModuleNode, Node


def ctor_name(context: ClassContext, name: str) -> str:
    """A name as a constructor's argument: a dim in a single capital becomes a word."""
    if name in context.ctor_names:
        return context.ctor_names[name]
    chosen = name
    around = context.parent
    if context.block.inline and name not in context.facts.dims and around is not None:
        own = {t for n in context.block.nodes for t in getattr(n, "targets", (n.name,))}
        chosen = name if name in own else ctor_name(around, name)
    elif name in context.facts.dims and not name.islower():
        taken = set(context.facts.sample.params) | reads(context.block)
        taken |= {*context.ctor_names.values(), *_passed_on(context)}
        chosen = Names(taken).choose(*_dim_words(context, name))
    context.ctor_names[name] = chosen
    return chosen


def _passed_on(context: ClassContext) -> set[str]:
    """Params of the file that a class takes for the classes that it builds."""
    table = context.facts.sample.scope.table
    children = {c for i in context.facts.instances for c in i.children.values()}
    return {
        arg.source
        for child in children
        if isinstance(child, Instance) and child in context.model.class_of
        for arg in context.of(child).ctor
        if arg.source in table
    }


def _dim_words(context: ClassContext, name: str) -> list[str]:
    """Words for a dim: what the parents call it, or what the first module that needs it
    does."""
    words: list[str] = []
    for facts in context.model.classes:
        for (place, kind), expr in facts.sizes.items():
            if kind == f"dim:{name}" and isinstance(place, Node) and isinstance(expr, ex.Name):
                children = facts.found(place, "child")
                if any(
                    isinstance(c, Instance) and context.model.class_of.get(c) is context.facts
                    for c in children
                ):
                    words.append(expr.id)
    if len(set(words)) == 1 and words[0].islower():
        return [words[0], f"{words[0]}_size", snake(name)]
    for (_, kind), expr in context.facts.sizes.items():
        if kind.startswith("infer:") and isinstance(expr, ex.Name) and expr.id == name:
            word = kind.split(":")[1]
            return [
                {"normalized_shape": "dim", "num_features": "channels", "embed_dim": "dim"}.get(
                    word, word
                ),
                "dim",
                snake(name),
            ]
    return ["dim" if name in ("C", "D") else snake(name), snake(name), f"{snake(name)}_size"]


def attribute_name(context: ClassContext, name: str) -> str:
    """The attribute that keeps a number for `forward`; a node of the same name has the name, and
    what every module has is not hidden (`half`)."""
    if context.host is not None:
        return _hosted_name(context, context.host, name)
    chosen = ctor_name(context, name)
    taken = chosen in _modules(context) or chosen in MODULE_ATTRIBUTES
    return f"{chosen}_value" if taken else chosen


def _hosted_name(context: ClassContext, host: ClassContext, name: str) -> str:
    """The attribute of a class that keeps a number of a block with `key: ""` in it."""
    own = {t for n in context.block.nodes if isinstance(n, ExprNode) for t in n.targets}
    if context.block.inline and name not in own and name not in context.facts.dims:
        return attribute_name(host, name)
    if (context, name) not in host.lent:
        chosen = ctor_name(context, name)
        taken = _modules(context) | _around(context)
        host.lent[context, name] = Names(taken).choose(chosen, f"{context.hosted_by}_{chosen}")
    return host.lent[context, name]


def _around(context: ClassContext) -> set[str]:
    """Names that mean something in the classes that a block's code is written into."""
    host = context.host
    return set() if host is None else _taken(host) | _around(host)


def _modules(context: ClassContext) -> set[str]:
    """The attributes that hold modules and weights, and the names of their nodes."""
    nodes = [n for n in context.block.nodes if not isinstance(n, ExprNode)]
    return {n.name for n in nodes} | {location(n).head for n in nodes}


def _taken(context: ClassContext) -> set[str]:
    """Names that mean something in a class: nodes, numbers, what it lent to blocks in it."""
    sample = context.facts.sample
    names = {t for n in context.block.nodes for t in (getattr(n, "targets", None) or (n.name,))}
    return names | {*sample.params, *sample.dims, *sample.scope.table, *context.lent.values()}


def flag_name(
    context: ClassContext,
    flags: Mapping[str, ex.Expr],
    stored: Iterable[str],
    expr: ex.Expr,
    hint: str,
) -> str:
    """A name for a condition that is kept for `forward`."""
    for name, known_expr in flags.items():
        if to_source(known_expr) == to_source(expr):
            return name
    taken = {n.name for n in context.block.nodes} | set(flags) | set(stored)
    taken |= _around(context)
    residual = any(
        isinstance(n, ExprNode)
        and isinstance(n.value, ex.IfElse)
        and n.value.condition is expr
        and isinstance(n.value.then, ex.Binary)
        for n in context.block.nodes
    )
    candidates = ["has_residual"] if residual else []
    candidates.append(f"use_{hint}" if hint else "enabled")
    chosen = Names(taken).choose(*candidates)
    if context.host is not None:
        context.host.lent[context, chosen] = chosen
    return chosen


def reads(block: Block) -> set[str]:
    """Every name that the expressions of a block read."""
    found: set[str] = set()
    for node in block.nodes:
        exprs: list[ex.Expr | None] = [
            node.control.when,
            node.control.otherwise,
            getattr(node, "value", None),
        ]
        if isinstance(node, ModuleNode):
            exprs += [*node.args.values(), *node.given.positional, *node.given.named.values()]
        for expr in exprs:
            if isinstance(expr, ex.Expr):
                found.update(ex.free_names(expr))
    return found
