"""`where` in emitted files: what params must satisfy at build, and sizes at call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netwright.backends.source.code import If, Raise, Statement, call
from netwright.ir import expr as ex
from netwright.ir.printer import to_source
from netwright.source import Span

if TYPE_CHECKING:
    from netwright.backends.source.constructor import Constructor
    from netwright.backends.source.forward import Forward
    from netwright.backends.source.lookup import Lookup

_OPPOSITE = {"==": "!=", "!=": "==", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}


def at_build(constructor: Constructor) -> list[Statement]:
    """Checks of the constraints on params, at the start of `__init__`."""
    return [
        _check(constraint, constructor.expr(constraint))
        for constraint in constructor.facts.block.where
        if not _reads_sizes(constructor, constraint)
    ]


def at_call(forward: Forward) -> list[Statement]:
    """Checks of the constraints on the sizes of inputs, at the start of `forward`.

    Those that speak of an optional input are left to the code that uses it.
    """
    return [
        _check(constraint, forward.expr(constraint))
        for constraint in forward.facts.block.where
        if _reads_sizes(forward, constraint) and _always_known(forward, constraint)
    ]


def _reads_sizes(translator: Lookup, constraint: ex.Expr) -> bool:
    """Whether `constraint` speaks of an input's size that the constructor is not told."""
    facts = translator.facts
    sizes = {name for i in facts.instances for name in i.dims} | set(facts.dims)
    return bool((sizes - facts.needs) & set(ex.free_names(constraint)))


def _always_known(forward: Forward, constraint: ex.Expr) -> bool:
    """Whether all names that `constraint` reads are there in every call."""
    optional = {i.name for i in forward.facts.block.inputs if i.optional}
    for name in ex.free_names(constraint):
        place = forward.places.where.get(name)
        if name in optional or (place is not None and place.source in optional):
            return False
        if place is None and not forward.is_build_name(name):
            return False
    return True


def _check(constraint: ex.Expr, condition: ex.Expr) -> Statement:
    """`if dim % heads != 0: raise ValueError(...)`, which quotes the constraint."""
    text = f"`{to_source(constraint)}` does not hold"
    return refusal(negated(condition), text, constraint.span)


def refusal(test: ex.Expr, text: str, span: Span) -> Statement:
    """`if test: raise ValueError(text)`."""
    raised = Raise(call("ValueError", ex.Literal(text)), span=span)
    return If(test, [raised], span=span)


def negated(condition: ex.Expr) -> ex.Expr:
    if (
        isinstance(condition, ex.Compare)
        and len(condition.ops) == 1
        and condition.ops[0] in _OPPOSITE
    ):
        return ex.Compare(condition.left, (_OPPOSITE[condition.ops[0]],), condition.rights)
    return ex.Unary("not", condition)
