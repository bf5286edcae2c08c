"""What `forward` shares with a further entry point is written once: `forward` calls the method."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from netwright.backends.source.code import Assign, Statement, call
from netwright.backends.source.context import ForwardArg
from netwright.backends.source.walk import defined, expressions, names_in
from netwright.ir import expr as ex
from netwright.ir.printer import to_source

Key = tuple[object, ...]


@dataclass(frozen=True)
class Part:
    """What a method computes, by the names that `forward` has for it too.

    keys     of its statements
    inner    the locals that it binds
    results  those that it returns
    """

    method: str
    keys: frozenset[Key]
    inner: frozenset[str]
    results: tuple[str, ...]
    inputs: tuple[ForwardArg, ...]


def key(statement: Statement) -> Key:
    """What a statement does: equal keys compute the same."""
    texts = tuple(to_source(e) for e in expressions(statement))
    return type(statement), tuple(defined(statement)), texts


def delegated(statements: list[Statement], parts: Sequence[Part]) -> list[Statement]:
    """The statements of `forward`, plain, with calls of the methods that hold some of them.

    A method is called where all that it computes stands in `forward`, and nothing else of
    `forward` reads a value that the method keeps to itself.
    """
    for part in sorted(parts, key=lambda p: -len(p.keys)):
        statements = _with_call(statements, part)
    return statements


def _with_call(statements: list[Statement], part: Part) -> list[Statement]:
    held = [k for k, s in enumerate(statements) if key(s) in part.keys]
    if not held or {key(statements[k]) for k in held} != part.keys:
        return statements
    last = held[-1]
    before = [s for k, s in enumerate(statements[:last]) if k not in held]
    after = statements[last + 1 :]
    kept = part.inner.difference(part.results)
    if _reads(before, part.inner) or _reads(after, kept):
        return statements
    return [*before, _call(part, statements[last]), *after]


def _reads(statements: list[Statement], names: frozenset[str]) -> bool:
    return any(not names.isdisjoint(names_in(s)) for s in statements)


def _call(part: Part, last: Statement) -> Statement:
    """`x = self.encode(image)`, which stands for the last of the statements that it replaces."""
    given = [ex.Name(a.source) for a in part.inputs if not a.optional]
    named = {a.name: ex.Name(a.source) for a in part.inputs if a.optional}
    value = call(f"self.{part.method}", *given, **named)
    single = len(part.results) == 1
    comment = last.comment if single else ""
    flows = isinstance(last, Assign) and last.flows
    return Assign(part.results, value, flows, span=last.span, comment=comment)
