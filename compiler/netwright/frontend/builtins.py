"""Names that every spec knows: constants and functions."""

from __future__ import annotations

from netwright.ir.types import ALIASES, DTYPES
from netwright.ops import table

CONSTANTS = frozenset({"pi", "inf", "training"})
"""Beside `None`, `True` and `False`, which the parser reads."""

DTYPE_NAMES = frozenset(DTYPES) | frozenset(ALIASES)
"""A dtype is a value where a function takes one: `zeros([n], dtype=float32)`."""

NUMBER_FUNCTIONS = frozenset({
    "abs", "min", "max", "round", "ceil", "floor", "sqrt", "log", "exp", "len", "sum", "range",
    "zip", "enumerate", "reversed", "int", "float", "bool", "linspace", "make_divisible",
})  # fmt: skip


def is_function(name: str) -> bool:
    return name in NUMBER_FUNCTIONS or (name in table.FUNCTIONS and "." not in name)


def functions() -> list[str]:
    return [*(name for name in table.FUNCTIONS if "." not in name), *sorted(NUMBER_FUNCTIONS)]
