"""Misspelt keys: which one each was meant to be, so that nothing is said about its absence."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Set
from itertools import islice

from netwright.frontend import keys
from netwright.frontend.document import MappingValue, Scalar, Value
from netwright.frontend.identifiers import closest
from netwright.frontend.scope import BlockCallee, Callee, OpCallee

_LOOKED_AT = 1000
"""Keys of one mapping among which a misspelt one is looked for."""


def slips(value: MappingValue, known: Set[str]) -> dict[str, str]:
    """The unknown keys of `value` that look like a known one, and which."""
    unknown = islice((name for name in value.entries if name not in known), _LOOKED_AT)
    return _meant(unknown, known)


def misspelt(value: MappingValue, known: Set[str], meant: Set[str]) -> bool:
    """Whether an unknown key of `value` looks like one of `meant`."""
    return not meant.isdisjoint(slips(value, known).values())


def control_slips(value: MappingValue, callee: Callee | None) -> dict[str, str]:
    """The keys of a module node that are no arguments but misspelt control keys, and which.

    Where only the build knows the arguments, it takes a value that no argument has: a mapping, or
    what a loop walks.
    """
    arguments = arguments_of(callee)
    known = keys.CONTROL | {"op"}
    others = (name for name in value.entries if name not in known and name not in (arguments or ()))
    found = _meant(islice(others, _LOOKED_AT), (*(arguments or ()), *sorted(keys.CONTROL)))
    return {
        name: meant
        for name, meant in found.items()
        if meant in keys.CONTROL
        and (arguments is not None or _no_argument(value.entries[name].value, meant))
    }


def arguments_of(callee: Callee | None) -> Collection[str] | None:
    """The names of a module's arguments; None where only the build knows them."""
    if isinstance(callee, OpCallee):
        return [arg.name for arg in callee.op.args]
    if isinstance(callee, BlockCallee):
        return [param.name for param in callee.block.params]
    return None


def required_of(callee: Callee | None) -> list[str]:
    """The names of the arguments that a module needs, without what follows from its input."""
    if isinstance(callee, OpCallee):
        op = callee.op
        return [arg.name for arg in op.args if arg.required and arg.name not in op.infer]
    if isinstance(callee, BlockCallee):
        return [param.name for param in callee.block.params if param.default is None]
    return []


def _meant(names: Iterable[str], known: Collection[str]) -> dict[str, str]:
    found = ((name, closest(name, known)) for name in names)
    return {name: meant for name, meant in found if meant is not None}


def _no_argument(value: Value, meant: str) -> bool:
    if isinstance(value, MappingValue):
        return True
    return meant in keys.LOOPS and isinstance(value, Scalar) and " in " in value.text
