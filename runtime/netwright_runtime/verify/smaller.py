"""A small model that stands for a large one: the same spec with smaller params."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from netwright_runtime.model import Compiled, evaluate
from netwright_runtime.model.compiled import Param, Refused

WEIGHTS = 2_000_000
"""Weights that a model may have before another stands for it."""

FLOPS = 200_000_000
"""The same for the operations of one call, at the least sizes that the spec admits."""

_GAIN = 0.85
"""A step has to bring the cost below this part of what it was."""

_ROUNDS = 40


def smaller(compiled: Compiled, least: Mapping[str, int]) -> tuple[Compiled, str]:
    """The model to verify in place of `compiled`, and a note that says so.

    It is the variant that the spec calls `for: verify`. Where there is none, every param that makes
    the model cheaper is halved until it is small; where that does not help either, the model itself
    is taken.

    Args:
        least: the smallest sizes of the dims.
    """
    if _cost(compiled.compiler.measure({}), least) <= 1.0:
        return compiled, ""
    if compiled.smaller:
        found = compiled.compiler.vary({}, compiled.smaller)
        return found, f"the variant `{compiled.smaller}` stands for it"
    params = _halved(compiled, least)
    if not params:
        return compiled, ""
    said = ", ".join(f"{name}={value}" for name, value in params.items())
    return compiled.compiler.vary(params), f"a smaller model stands for it: {said}"


def _cost(measured: tuple[int, int | str], least: Mapping[str, int]) -> float:
    """What a model costs; 1 is the most that is verified as it is."""
    weights, flops = measured
    return max(weights / WEIGHTS, float(evaluate(flops, least)) / FLOPS)


def _halved(compiled: Compiled, least: Mapping[str, int]) -> dict[str, Any]:
    """Params that make the model small, one step after another."""
    params: dict[str, Any] = {}
    cost = _cost(compiled.compiler.measure({}), least)
    for _ in range(_ROUNDS):
        if cost <= 1.0:
            break
        for name, value in _steps(compiled.settable, params):
            found = _tried(compiled, {**params, name: value}, least)
            if found is not None and found < _GAIN * cost:
                params[name], cost = value, found
                break
        else:
            break
    return params


def _tried(compiled: Compiled, params: Mapping[str, Any], least: Mapping[str, int]) -> float | None:
    try:
        return _cost(compiled.compiler.measure(params), least)
    except Refused:
        return None


def _steps(settable: tuple[Param, ...], params: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Each param with a smaller value; what changes the structure, the lists, comes last."""
    found = [(p.name, _half(p, params.get(p.name, p.value))) for p in settable]
    changed = [(name, value) for name, value in found if value is not None]
    return iter(sorted(changed, key=lambda step: isinstance(step[1], list)))


def _half(param: Param, value: Any) -> Any:
    """Half of an integer, or of each one in a list; None where there is none."""
    least = max(int(param.minimum or 1), 1)
    if isinstance(value, int) and not isinstance(value, bool):
        return value // 2 if value // 2 >= max(least, 2) else None
    if isinstance(value, list | tuple) and value and all(type(v) is int for v in value):
        half = [max(v // 2, 1) for v in value]
        return half if half != list(value) else None
    return None
