"""Sizes to check a spec with where it leaves params open and no variant gives them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from netwright.ir.program import Module, Param
from netwright.ir.values import ModuleValue, Value
from netwright.ops.table import MODULES

Draw = Callable[[Param], int]


def required(module: Module, variant: str | None) -> tuple[Param, ...]:
    """The params that the model needs and `variant` does not give."""
    given = set() if variant is None else set(module.variants[variant].values)
    return tuple(
        p for p in module.params if p.default is None and not p.optional and p.name not in given
    )


def assignments(params: tuple[Param, ...]) -> Iterator[dict[str, Value]]:
    """Values to try for `params`, most telling first.

    Distinct primes show every size that is mixed up. A spec may want sizes that divide one another,
    so that distinct multiples of 24 come next, and then one size for all.
    """
    for sizes in ((5, 7, 11, 13, 17, 19, 23, 29), (96, 48, 24, 192, 72, 144), (64,)):
        yield {p.name: _value(p, sizes[k % len(sizes)]) for k, p in enumerate(params)}


def _value(param: Param, size: int) -> Value:
    if param.choices:
        choice = param.choices[0]
        return ModuleValue(MODULES["Identity"]) if param.type == "module" else choice
    return _of_type(param, param.type, size)


def _of_type(param: Param, kind: str, size: int) -> Value:
    if kind.startswith("list["):
        return (_of_type(param, kind[5:-1], size),) * 2
    match kind:
        case "int":
            return int(_bounded(param, size))
        case "float":
            return float(_bounded(param, 0.5))
        case "bool":
            return False
        case "str":
            return ""
    return ModuleValue(MODULES["Identity"])


def _bounded(param: Param, value: int | float) -> int | float:
    if param.minimum is not None:
        value = max(value, param.minimum)
    return value if param.maximum is None else min(value, param.maximum)
