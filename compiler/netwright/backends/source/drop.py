"""What nobody reads is dropped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from netwright.backends.source.code import (
    Assign,
    Evaluate,
    For,
    If,
    Statement,
    target_names,
)
from netwright.backends.source.walk import names_in
from netwright.ir import expr as ex


def drop_unused(statements: list[Statement]) -> list[Statement]:
    """Without statements whose results nobody reads; unread targets of an unpacking become `_`."""
    reads = Counter(name for s in statements for name in names_in(s))
    kept: list[Statement] = []
    for statement in reversed(statements):  # what reads a value stands after it
        if isinstance(statement, For):
            _drop_appends(statement, reads)
        if _is_dead(statement, reads):
            reads.subtract(names_in(statement))
        else:
            kept.append(statement)
    read = {name for name, count in reads.items() if count > 0}
    for statement in kept:
        _blank(statement, read)
    return kept[::-1]


def _drop_appends(loop: For, reads: Counter[str]) -> None:
    """Take out of a loop what appends to lists that nobody reads."""
    appends = Counter(_appended_to(loop))
    unread = {name for name, count in appends.items() if reads[name] == count}
    for statement in [s for s in loop.body if _list_of(s) in unread]:
        reads.subtract(names_in(statement))
        loop.body.remove(statement)


def _is_dead(statement: Statement, reads: Counter[str]) -> bool:
    """Whether a statement only binds names, which nothing but itself reads."""
    if not _only_binds(statement):
        return False
    own = Counter(names_in(statement)) if not isinstance(statement, Assign) else Counter()
    made = _bound(statement)
    return all(reads[name] <= own[name] for name in made)


def _only_binds(statement: Statement) -> bool:
    match statement:
        case For(body=body):
            return all(_only_binds(inner) for inner in body)
        case If(body=body, otherwise=otherwise):
            return all(_only_binds(inner) for inner in (*body, *otherwise))
    return isinstance(statement, Assign) or _list_of(statement) != ""


def _bound(statement: Statement) -> set[str]:
    """The names that a statement leaves bound, and the lists that it appends to; what a loop counts
    with means nothing after it."""
    match statement:
        case Assign(targets=targets):
            return set(target_names(targets))
        case For(body=body):
            return {name for inner in body for name in _bound(inner)}
        case If(body=body, otherwise=otherwise):
            return {name for inner in (*body, *otherwise) for name in _bound(inner)}
    return {_list_of(statement)}


def _appended_to(statement: For) -> Iterator[str]:
    yield from (name for inner in statement.body if (name := _list_of(inner)))


def _list_of(statement: Statement) -> str:
    """The list that a statement appends to, if it does."""
    match statement:
        case Evaluate(value=ex.Call(func=ex.Attribute(value=ex.Name(id=name), name="append"))):
            return name
    return ""


def _blank(statement: Statement, read: set[str]) -> None:
    if isinstance(statement, Assign):
        statement.targets = _blanked(statement.targets, read)
    elif isinstance(statement, For):
        for inner in statement.body:
            _blank(inner, read)


def _blanked(targets: tuple[object, ...], read: set[str]) -> tuple[object, ...]:
    if len(targets) == 1 and isinstance(targets[0], str):
        return targets
    return tuple(
        _blanked(t, read) if isinstance(t, tuple) else (t if t in read else "_") for t in targets
    )
