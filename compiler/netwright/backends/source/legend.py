"""The legend of an emitted file: what the letters of its shapes stand for."""

from __future__ import annotations

from collections.abc import Collection

from netwright.ir import expr as ex
from netwright.ir.classes import ModelFacts
from netwright.ir.dims import Dim, known
from netwright.ir.printer import to_source

WORDS = {
    "B": "batch",
    "T": "tokens",
    "S": "source tokens",
    "H": "height",
    "W": "width",
    "C": "channels",
    "N": "items",
    "E": "edges",
    "P": "past tokens",
    "L": "length",
}
"""What a capital usually stands for."""


def legend(model: ModelFacts) -> str:
    """`B batch, T tokens (T <= max_len)`: sizes that are known at run time only, and their
    constraints."""
    names: dict[str, None] = {}
    for instance in model.root.instances:
        for name, size in instance.dims.items():
            if isinstance(size, Dim) and known(size) is None:
                names.setdefault(name)
    constraints = [c for c in model.block.where if set(ex.free_names(c)) & set(names)]
    parts = []
    for name in names:
        text = f"{name} {WORDS[name]}" if name in WORDS else name
        rules = [to_source(c) for c in constraints if _is_about(c, names) == name]
        parts.append(f"{text} ({', '.join(rules)})" if rules else text)
    return ", ".join(parts)


def _is_about(constraint: ex.Expr, names: Collection[str]) -> str | None:
    """The size beside which a constraint stands: the one that it defines, or its first."""
    if isinstance(constraint, ex.Compare) and isinstance(constraint.left, ex.Name):
        if constraint.ops == ("==",) and constraint.left.id in names:
            return constraint.left.id
    return next((name for name in ex.free_names(constraint) if name in names), None)
