"""The tables of ops by name. A duplicate is an error; plugins add to `MODULES` through
`register`."""

from __future__ import annotations

from typing import TypeVar

from netwright.ops import functions, modules
from netwright.ops.entry import FunctionOp, ModuleOp

OpT = TypeVar("OpT", ModuleOp, FunctionOp)


def _by_name(ops: tuple[OpT, ...]) -> dict[str, OpT]:
    table: dict[str, OpT] = {}
    for op in ops:
        if op.name in table:
            raise ValueError(f"two ops are called {op.name}")
        table[op.name] = op
    return table


MODULES: dict[str, ModuleOp] = _by_name(modules.ALL)
"""Module classes by name: `Conv2d`."""

FUNCTIONS: dict[str, FunctionOp] = _by_name(functions.ALL)
"""Functions and methods by the name that specs use: `cat`, `view`."""


def add_module(op: ModuleOp) -> None:
    """Add a user's module; ValueError where the name is taken."""
    if op.name in MODULES:
        raise ValueError(f"an op called {op.name} exists already")
    MODULES[op.name] = op


def method_named(name: str) -> FunctionOp | None:
    """The op that `x.name(...)` means; one that differs from the function is called
    `Tensor.name`."""
    return FUNCTIONS.get(f"Tensor.{name}", FUNCTIONS.get(name))
