"""The tables of ops by name. A duplicate is an error; plugins add to `MODULES` through `register`."""

from __future__ import annotations

from netwright.ops import functions, modules
from netwright.ops.entry import FunctionOp, ModuleOp


def _by_name(ops: tuple[ModuleOp, ...] | tuple[FunctionOp, ...]) -> dict[str, ModuleOp | FunctionOp]:
    table: dict[str, ModuleOp | FunctionOp] = {}
    for op in ops:
        if op.name in table:
            raise ValueError(f"two ops are called {op.name}")
        table[op.name] = op
    return table


MODULES: dict[str, ModuleOp] = {k: v for k, v in _by_name(modules.ALL).items() if isinstance(v, ModuleOp)}
"""Module classes by name: `Conv2d`."""

FUNCTIONS: dict[str, FunctionOp] = {
    k: v for k, v in _by_name(functions.ALL).items() if isinstance(v, FunctionOp)
}
"""Functions and methods by the name that specs use: `cat`, `view`."""


def add_module(op: ModuleOp) -> None:
    """Add a user's module; ValueError where the name is taken."""
    if op.name in MODULES:
        raise ValueError(f"an op called {op.name} exists already")
    MODULES[op.name] = op


def method_named(name: str) -> FunctionOp | None:
    """The op that `x.name(...)` means; one that differs from the function is called `Tensor.name`."""
    return FUNCTIONS.get(f"Tensor.{name}", FUNCTIONS.get(name))
