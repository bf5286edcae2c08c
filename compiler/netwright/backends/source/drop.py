"""What nobody reads is dropped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from netwright.backends.source.code import (
    Assign,
    Evaluate,
    For,
    SetAttribute,
    Statement,
    target_names,
)
from netwright.backends.source.walk import defined, names_in
from netwright.ir import expr as ex


def drop_unused(statements: list[Statement]) -> list[Statement]:
    """Without statements whose results nobody reads; unread targets of an unpacking become `_`."""
    while True:
        _drop_appends(statements)
        read = {name for s in statements for name in names_in(s)}
        kept = [s for s in statements if not _is_dead(s, read)]
        for statement in kept:
            _blank(statement, read)
        if len(kept) == len(statements):
            return kept
        statements = kept


def _drop_appends(statements: list[Statement]) -> None:
    """Take out of loops what appends to lists that nobody reads."""
    loops = [s for s in statements if isinstance(s, For)]
    reads = Counter(name for s in statements for name in names_in(s))
    appends = Counter(name for loop in loops for name in _appended_to(loop))
    unread = {name for name, count in appends.items() if reads[name] == count}
    for loop in loops:
        loop.body = [s for s in loop.body if _list_of(s) not in unread]


def _is_dead(statement: Statement, read: set[str]) -> bool:
    if isinstance(statement, Assign):
        return not any(name in read for name in target_names(statement.targets))
    if isinstance(statement, For):
        made = set(defined(statement)) | set(_appended_to(statement))
        builds = any(isinstance(inner, SetAttribute) for inner in statement.body)
        return not builds and not made & read
    return False


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
