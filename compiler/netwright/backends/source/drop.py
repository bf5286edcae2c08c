"""What nobody reads is dropped."""

from __future__ import annotations

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
        read = {name for s in statements for name in names_in(s)}
        kept = [s for s in statements if not _is_dead(s, read)]
        for statement in kept:
            _blank(statement, read)
        if len(kept) == len(statements):
            return kept
        statements = kept


def _is_dead(statement: Statement, read: set[str]) -> bool:
    if isinstance(statement, Assign):
        return not any(name in read for name in target_names(statement.targets))
    if isinstance(statement, For):
        made = set(defined(statement)) | set(_appended_to(statement))
        builds = any(isinstance(inner, SetAttribute) for inner in statement.body)
        return not builds and not made & read
    return False


def _appended_to(statement: For) -> Iterator[str]:
    for inner in statement.body:
        if isinstance(inner, Evaluate) and isinstance(inner.value, ex.Call):
            func = inner.value.func
            if (
                isinstance(func, ex.Attribute)
                and isinstance(func.value, ex.Name)
                and func.name == "append"
            ):
                yield func.value.id


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
