"""Items of lists that an inline block reads by its loop's counter: the parent passes the item.

A stage that reads `depths[stage]` and `heads[stage]` takes a `depth` and `heads`, and no lists.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from netwright.backends.source.code import Assign, Statement, target_names
from netwright.backends.source.constructor import Constructor
from netwright.backends.source.context import ClassContext, is_modules
from netwright.backends.source.naming import Names, shadows_builtin, singular
from netwright.backends.source.walk import (
    comprehension_names,
    defined,
    expressions,
    map_expressions,
    names_in,
)
from netwright.ir import expr as ex
from netwright.ir.values import Value


def pass_items(constructor: Constructor, statements: list[Statement]) -> list[Statement]:
    """`statements` with `depth` for `depths[stage]`, where nothing else of `depths` is read."""
    context = constructor.context
    if not context.block.inline:
        return statements
    for name in list(constructor.needed):
        value = _around(context, name)
        if not isinstance(value, tuple) or not value or is_modules(value):
            continue
        index = _only_index(statements, name)
        if index is None or index not in constructor.needed:
            continue
        taken = {n for s in statements for n in (*names_in(s), *defined(s))} - {name}
        taken |= {n for s in statements for n in comprehension_names(s)} | set(constructor.nodes)
        slots = list(dict.fromkeys(_slots(context, statements, name)))
        words = [*(slots if len(slots) == 1 else []), singular(name), name]
        words = [w for w in words if not shadows_builtin(w) and Names(taken).free(w)]
        words = [*_named(statements, name), *words]
        if words:
            statements = _written(statements, name, words[0])
            _pass(constructor, statements, name, index, words[0], value[0])
    return statements


def _around(context: ClassContext, name: str) -> Value:
    sample = context.facts.sample
    return sample.params.get(name, sample.scope.table.get(name))


def _index(expr: ex.Expr, name: str) -> str | None:
    """`i` of `name[i]`; None for anything else."""
    match expr:
        case ex.Index(value=ex.Name(id=found), items=(ex.Name(id=index),)) if found == name:
            return index
    return None


def _only_index(statements: list[Statement], name: str) -> str | None:
    """The name by which `name` is indexed, if all that is read of it is that item."""
    indices = (_index(expr, name) for expr in _walked(statements))
    found = Counter(index for index in indices if index is not None)
    reads = sum(n == name for s in statements for n in names_in(s))
    bound = {n for s in statements for n in (*defined(s), *comprehension_names(s))}
    index = next(iter(found), None)
    return index if len(found) == 1 and found.total() == reads and index not in bound else None


def _named(statements: list[Statement], name: str) -> Iterator[str]:
    """What the spec calls an item: the target of `size = patch_sizes[stage]`."""
    for statement in statements:
        if isinstance(statement, Assign) and _index(statement.value, name):
            yield from target_names(statement.targets)


def _slots(context: ClassContext, statements: list[Statement], name: str) -> Iterator[str]:
    """What an item is called where it is handed on: an argument's name."""
    classes = {c.name: c for c in context.family.values()}
    for expr in _walked(statements):
        if not isinstance(expr, ex.Call):
            continue
        yield from (k.name for k in expr.keywords if _index(k.value, name))
        if isinstance(expr.func, ex.Name) and expr.func.id in classes:
            arguments = [a.name for a in classes[expr.func.id].ctor]
            given = zip(arguments, expr.args, strict=False)
            yield from (argument for argument, value in given if _index(value, name))


def _walked(statements: list[Statement]) -> Iterator[ex.Expr]:
    for statement in statements:
        for expr in expressions(statement):
            yield from ex.walk(expr)


def _written(statements: list[Statement], name: str, word: str) -> list[Statement]:
    """`statements` with `word` for the item of `name`."""
    for statement in statements:
        map_expressions(statement, lambda e: ex.Name(word) if _index(e, name) else None)
    return [s for s in statements if not _is_copy(s, word)]


def _is_copy(statement: Statement, word: str) -> bool:
    """Whether a statement is `word = word`."""
    match statement:
        case Assign(targets=targets, value=ex.Name(id=found)):
            return targets == (word,) and found == word
    return False


def _pass(
    constructor: Constructor,
    statements: list[Statement],
    name: str,
    index: str,
    word: str,
    item: Value,
) -> None:
    """Let the parent pass `name[index]` as `word`, and no longer what is not read any more."""
    at = constructor.hoisted.get(index, ex.Name(index))
    constructor.items[word] = (ex.Index(ex.Name(name), (at,)), item)
    constructor.needed.pop(name)
    constructor.needed[word] = None
    if not any(n == index for s in statements for n in names_in(s)):
        constructor.needed.pop(index)
