"""Types of values as written: `float[B, 3, H // 2, ...]`, `list[int[B, T]]`."""

from __future__ import annotations

import re

from netwright.diagnostics import Diagnostic, Report
from netwright.frontend.budgets import DEFAULT, Budgets
from netwright.frontend.expressions import parse
from netwright.frontend.faulty import Faulty
from netwright.frontend.identifiers import did_you_mean
from netwright.frontend.scalars import Part, Place
from netwright.ir.expr import Dots, Expr, ListExpr, Name
from netwright.ir.program import TypeExpr
from netwright.ir.types import ALIASES, DTYPES

ANY = TypeExpr("", ())
"""The type of an inline block's input: whatever comes."""

_TYPE = re.compile(r"\s*(?P<head>[A-Za-z_]\w*)\s*(?P<rest>\[.*\])\s*", re.ASCII | re.DOTALL)
_BARE = re.compile(r"\s*[A-Za-z_]\w*\s*", re.ASCII)


def parse_type(
    text: str, place: Place, report: Report, budgets: Budgets = DEFAULT
) -> TypeExpr | None:
    """The type that `text` holds, or None where it holds none, which is then reported."""
    return _parse(text, place, report, budgets, 0)


def _parse(
    text: str, place: Place, report: Report, budgets: Budgets, depth: int
) -> TypeExpr | None:
    span = place.span(0, len(text))
    match = _TYPE.fullmatch(text)
    if match is None or depth > 8:
        report.add(_no_type(text, place))
        return None
    head, start = match["head"], match.start("rest")
    if head == "list":
        inner = match["rest"][1:-1]
        item = _parse(inner, Part(place, start + 1), report, budgets, depth + 1)
        return None if item is None else TypeExpr("", (), item, span)
    dtype = ALIASES.get(head, head)
    if dtype not in DTYPES:
        where = place.span(match.start("head"), match.end("head"))
        help = did_you_mean(head, (*DTYPES, "list"))
        report.add(Diagnostic("E0207", f"`{head}` is not a dtype", where, help=help))
        return None
    dims = _dims(match["rest"], Part(place, start), report, budgets)
    return None if dims is None else TypeExpr(dtype, dims, None, span)


def _no_type(text: str, place: Place) -> Diagnostic:
    message = f"`{text.strip()}` is not a type"
    help = "a type is a dtype with its dims: `float[B, C, H, W]`"
    if _BARE.fullmatch(text):
        message = f"the type `{text.strip()}` has no dims"
        help = (
            f"write `{text.strip()}[B, C]` with its dims, or `{text.strip()}[]` for a single number"
        )
    return Diagnostic("E0109", message, place.span(0, len(text)), help=help)


def _dims(text: str, place: Place, report: Report, budgets: Budgets) -> tuple[Expr, ...] | None:
    parsed = parse(text, place, report, budgets, dots=True)
    if isinstance(parsed, Faulty) or not isinstance(parsed, ListExpr):
        if not isinstance(parsed, Faulty):
            report.add(Diagnostic("E0109", "dims are a list", parsed.span))
        return None
    dots = [d for d in parsed.items if isinstance(d, Dots)]
    if len(dots) > 1:
        report.add(Diagnostic("E0109", "`...` stands twice in a type", dots[1].span))
        return None
    return parsed.items


def dim_names(type: TypeExpr) -> dict[str, Name]:
    """The names in a type's dims, each where it stands first."""
    from netwright.ir.expr import walk

    found: dict[str, Name] = {}
    at: TypeExpr | None = type
    while at is not None:
        for dim in at.dims:
            for part in walk(dim):
                if isinstance(part, Name):
                    found.setdefault(part.id, part)
        at = at.item
    return found
