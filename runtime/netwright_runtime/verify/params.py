"""Drawing a spec's params: the models that its users may make of it."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

from netwright_runtime.model import Compiled
from netwright_runtime.model.compiled import Param, Refused

RULED_OUT = frozenset({"E0401", "E0402", "E0403", "E0501"})
"""Codes by which a spec itself rules params out: its `where`, bounds, types, and the budgets."""

_TRIES = 20


def drawn(compiled: Compiled, count: int, seed: int) -> Iterator[Compiled | Refused]:
    """`count` models with other params; Refused where the spec admits params that do not fit.

    One or two params change at a time, to values beside and around their own. What `where`, `min`,
    `max` or `choices` rule out is drawn anew.
    """
    random = Random(seed)
    for _ in range(count):
        found = _admitted(compiled, random)
        if found is not None:
            yield found


def _admitted(compiled: Compiled, random: Random) -> Compiled | Refused | None:
    for _ in range(_TRIES):
        params = _changed(compiled.settable, random)
        try:
            return compiled.compiler.vary(params)
        except Refused as refused:
            if refused.code not in RULED_OUT:
                said = ", ".join(f"{name}={value}" for name, value in params.items())
                return Refused(refused.code, f"with {said}: {refused}", refused.place)
    return None


def _changed(settable: tuple[Param, ...], random: Random) -> dict[str, Any]:
    chosen = random.sample(settable, min(len(settable), random.choice((1, 1, 2))))
    return {p.name: random.choice(values) for p in chosen if (values := list(_near(p)))}


def _near(param: Param) -> Iterator[Any]:
    """Values near a param's own, within its bounds."""
    value = param.value
    if param.choices:
        yield from (choice for choice in param.choices if choice != value)
    elif isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield from _within(param, (value + 1, value - 1, 2 * value, value // 2, 1, 3))
    elif isinstance(value, float):
        yield from _within(param, (value / 2, value * 2))
    elif isinstance(value, list | tuple) and value and all(type(v) is int for v in value):
        yield [v + 1 for v in value]
        yield [max(v - 1, 1) for v in value]


def _within(param: Param, values: tuple[float, ...]) -> Iterator[float]:
    low = param.minimum if param.minimum is not None else 0 if param.value == 0 else 1e-9
    high = param.maximum if param.maximum is not None else float("inf")
    return (v for v in values if low <= v <= high and v != param.value)
