"""The legend of an emitted file: what the letters of its shapes stand for."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from netwright.ir import expr as ex
from netwright.ir.classes import ModelFacts
from netwright.ir.dims import Dim, known
from netwright.ir.printer import to_source
from netwright.ir.program import Input, TypeExpr

WORDS = {"B": "batch", "H": "height", "W": "width"}
"""What a capital stands for wherever it is a size of an image or of a batch."""


def legend(model: ModelFacts) -> str:
    """`B batch, T of tokens (T <= max_len)`: sizes that are known at run time only, and their
    constraints."""
    names: dict[str, None] = {}
    for instance in model.root.instances:
        for name, size in instance.dims.items():
            if isinstance(size, Dim) and known(size) is None:
                names.setdefault(name)
    constraints = [c for c in model.block.where if set(ex.free_names(c)) & set(names)]
    parts = []
    for name in names:
        text = f"{name} {_meaning(name, names, model.block.inputs)}"
        rules = [to_source(c) for c in constraints if _is_about(c, names) == name]
        parts.append(f"{text} ({', '.join(rules)})" if rules else text)
    return ", ".join(parts)


def _meaning(name: str, names: Collection[str], inputs: Sequence[Input]) -> str:
    """A word that is sure to be right, else the input that is so large."""
    if name == "B" or ({"H", "W"} <= set(names) and name in WORDS):
        return WORDS[name]
    return next(f"of {given.name}" for given in inputs if name in _sizes(given.type))


def _sizes(type_: TypeExpr) -> list[str]:
    dims = type_.item.dims if type_.item else type_.dims
    return [name for dim in dims for name in ex.free_names(dim)]


def _is_about(constraint: ex.Expr, names: Collection[str]) -> str | None:
    """The size beside which a constraint stands: the one that it defines, or its first."""
    if isinstance(constraint, ex.Compare) and isinstance(constraint.left, ex.Name):
        if constraint.ops == ("==",) and constraint.left.id in names:
            return constraint.left.id
    return next((name for name in ex.free_names(constraint) if name in names), None)
