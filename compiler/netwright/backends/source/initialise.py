"""Initial values of parameters, and init rules as methods of the emitted model."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from netwright.backends.source.code import (
    Argument,
    Evaluate,
    For,
    Function,
    If,
    SetAttribute,
    Statement,
    call,
    path,
    self_attr,
)
from netwright.backends.source.layout import statements
from netwright.backends.source.naming import Names, snake
from netwright.backends.source.words import attribute_name, ctor_name
from netwright.ir import expr as ex
from netwright.ir.printer import replace_names, to_source
from netwright.ir.program import InitRule
from netwright.ops.initialisers import is_initialiser

FUNCTIONS = {
    "zeros": "zeros_",
    "ones": "ones_",
    "constant": "constant_",
    "normal": "normal_",
    "trunc_normal": "trunc_normal_",
    "uniform": "uniform_",
    "eye": "eye_",
    "dirac": "dirac_",
    "orthogonal": "orthogonal_",
    "xavier_uniform": "xavier_uniform_",
    "xavier_normal": "xavier_normal_",
    "kaiming_uniform": "kaiming_uniform_",
    "kaiming_normal": "kaiming_normal_",
    "sparse": "sparse_",
}
"""Initialisers of the language and the function of `torch.nn.init` that each one is."""


def split(init: ex.Expr) -> tuple[str, tuple[ex.Expr, ...], tuple[ex.Keyword, ...]]:
    """An initialiser's name and arguments: `normal(std=0.02)` or `zeros`."""
    if isinstance(init, ex.Call) and isinstance(init.func, ex.Name):
        return init.func.id, init.args, init.keywords
    assert isinstance(init, ex.Name)
    return init.id, (), ()


def initialiser(
    target: ex.Expr, sizes: tuple[ex.Expr, ...], init: ex.Expr | None, constructor: Any
) -> tuple[ex.Expr, list[ex.Expr]]:
    """`nn.Parameter(...)` for a learned tensor, and what has to be called on it afterwards.

    Without `init`: zeros for a vector, normal with a standard deviation of 0.02 for all others.
    """
    if init is None:
        init = (
            ex.Name("zeros")
            if len(sizes) <= 1
            else ex.Call(ex.Name("normal"), (), (ex.Keyword("std", ex.Literal(0.02)),))
        )
    name, args, keywords = split(init)
    if name in ("zeros", "ones"):
        return call("nn.Parameter", call(f"torch.{name}", *_sized(sizes))), []
    if name == "constant":
        value = constructor.expr(args[0] if args else keywords[0].value)
        shape = ex.TupleExpr(sizes) if sizes else ex.TupleExpr(())
        return call("nn.Parameter", call("torch.full", shape, value)), []
    made = call("nn.Parameter", call("torch.empty", *_sized(sizes)))
    return made, [_apply(name, args, keywords, target, constructor)]


def _sized(sizes: tuple[ex.Expr, ...]) -> tuple[ex.Expr, ...]:
    return sizes or (ex.TupleExpr(()),)


def _apply(
    name: str,
    args: tuple[ex.Expr, ...],
    keywords: tuple[ex.Keyword, ...],
    target: ex.Expr,
    constructor: Any,
) -> ex.Expr:
    named = tuple(ex.Keyword(k.name, constructor.expr(k.value)) for k in keywords)
    return ex.Call(
        path(f"nn.init.{FUNCTIONS[name]}"), (target, *(constructor.expr(a) for a in args)), named
    )


# Rules --------------------------------------------------------------------------------------


def rules(
    init: tuple[InitRule, ...], classes: set[str], constructor: Any
) -> tuple[list[Statement], list[Function]]:
    """Statements at the end of `__init__`, and the methods they call.

    Rules by class come as `self.apply(self._init_weights)`, patterns as a loop over the
    parameters, a single weight directly; runs of one kind keep their order, so that the last
    match wins.
    """
    calls_: list[Statement] = []
    methods: list[Function] = []
    for kind, group in _runs(init, classes):
        if kind == "class":
            name = _method_name(group, {method.name for method in methods})
            calls_ += _kept(group, constructor)
            methods.append(_by_class(name, group, constructor))
            calls_.append(Evaluate(call("self.apply", path(f"self.{name}")), span=group[0].span))
        elif kind == "path":
            calls_ += [_by_name(rule, constructor) for rule in group]
        else:
            calls_ += _by_pattern(group, constructor)
    return calls_, methods


def _method_name(group: list[InitRule], taken: set[str]) -> str:
    """`_init_weights`; where other rules stand between, the later ones say whose weights."""
    owners = dict.fromkeys(snake(rule.match.partition(".")[0]) for rule in group)
    return Names(taken).choose("_init_weights", f"_init_{'_and_'.join(owners)}")


def _runs(init: tuple[InitRule, ...], classes: set[str]) -> list[tuple[str, list[InitRule]]]:
    """Neighbouring rules of one kind: by class, by one weight's path, by a pattern of paths."""
    runs: list[tuple[str, list[InitRule]]] = []
    for rule in init:
        kind = "pattern" if "*" in rule.match else "path"
        if rule.match.split(".")[0] in classes:
            kind = "class"
        if runs and runs[-1][0] == kind:
            runs[-1][1].append(rule)
        else:
            runs.append((kind, [rule]))
    return runs


def _by_name(rule: InitRule, constructor: Any) -> Statement:
    """`nn.init.zeros_(self.head.weight)`."""
    target = self_attr(*rule.match.split("."))
    return Evaluate(_begun(target, rule, constructor), span=rule.span)


def _begun(target: ex.Expr, rule: InitRule, constructor: Any) -> ex.Expr:
    """`nn.init.zeros_(target)`, or `target.data.copy_(value)`."""
    if is_initialiser(rule.value):
        return _apply(*split(rule.value), target, constructor)
    copy = ex.Attribute(ex.Attribute(target, "data"), "copy_")
    return call(copy, constructor.expr(rule.value))


def _by_class(name: str, group: list[InitRule], constructor: Any) -> Function:
    body: list[Statement] = []
    for cls, weights in groupby(_merged(group), key=lambda merged: " | ".join(merged[0])):
        test: ex.Expr = ex.Call(ex.Name("isinstance"), (ex.Name("module"), ex.Name(cls)))
        applied = [_to_weight(attribute, rule, constructor) for _, attribute, rule in weights]
        first = applied[0]
        if len(applied) == 1 and isinstance(first, If):
            applied, test = first.body, ex.BoolOp("and", (test, first.condition))
        body.append(If(test, applied, span=first.span))
    static = not any("self." in _text(s) for s in body)
    arguments = [Argument("module", "nn.Module")]
    return Function(name, arguments, "None", body, decorators=("staticmethod",) if static else ())


def _to_weight(attribute: str, rule: InitRule, constructor: Any) -> Statement:
    """`nn.init.zeros_(module.bias)`, where there is a bias."""
    context, target = constructor.context, path(f"module.{attribute}")
    read = _params(rule, constructor)
    kept = {ctor_name(context, n): self_attr(attribute_name(context, n)) for n in read}
    applied = replace_names(_begun(target, rule, constructor), kept)
    statement = Evaluate(applied, span=rule.span)
    if not attribute.endswith("bias"):
        return statement
    exists = ex.Compare(target, ("is not",), (ex.Literal(None),))
    return If(exists, [statement], span=rule.span)


def _params(rule: InitRule, constructor: Any) -> list[str]:
    """The params that a rule's initialiser reads."""
    read = ex.free_names(rule.value)
    return [n for n in dict.fromkeys(read) if n in constructor.facts.sample.params]


def _kept(group: list[InitRule], constructor: Any) -> list[Statement]:
    """`self.depth = depth` for the params that a method with rules reads, unless `forward` does."""
    stored = constructor.forward.stored
    made: list[Statement] = []
    for rule in group:
        for name in _params(rule, constructor):
            if name not in stored:
                stored[name] = None
                target = self_attr(attribute_name(constructor.context, name))
                made.append(SetAttribute(target, constructor.expr(ex.Name(name)), span=rule.span))
    return made


def _text(statement: Statement) -> str:
    return "\n".join(line.text for line in statements([statement], 0))


def _merged(group: list[InitRule]) -> list[tuple[list[str], str, InitRule]]:
    """Rules for several classes with one initialiser and one weight, side by side, become one."""
    merged: list[tuple[list[str], str, InitRule]] = []
    for rule in group:
        owner, _, attribute = rule.match.partition(".")
        last = merged[-1] if merged else None
        if (
            last is not None
            and last[1] == attribute
            and to_source(last[2].value) == to_source(rule.value)
        ):
            last[0].append(owner)
        else:
            merged.append(([owner], attribute, rule))
    return merged


def _by_pattern(group: list[InitRule], constructor: Any) -> list[Statement]:
    body: list[Statement] = []
    parameter = ex.Name("parameter")
    for rule in group:
        begun = Evaluate(_begun(parameter, rule, constructor), span=rule.span)
        body.append(If(_matches(rule.match), [begun], span=rule.span))
    return [For(("name", "parameter"), call("self.named_parameters"), body, span=group[0].span)]


def _matches(pattern: str) -> ex.Expr:
    """The test that a parameter's name matches a pattern in which `*` stands for anything."""
    name = ex.Name("name")
    if "*" not in pattern:
        return ex.Compare(name, ("==",), (ex.Literal(pattern),))
    start, *middle, end = pattern.split("*")
    tests: list[ex.Expr] = []
    if start:
        tests.append(call("name.startswith", ex.Literal(start)))
    tests += [ex.Compare(ex.Literal(m), ("in",), (name,)) for m in middle if m]
    if end:
        tests.append(call("name.endswith", ex.Literal(end)))
    if not tests:
        return ex.Literal(True)
    return tests[0] if len(tests) == 1 else ex.BoolOp("and", tuple(tests))
