"""Depth is free: Llama with 2, 16 and 126 equal layers."""

from __future__ import annotations

from functools import partial

import netwright
from netwright_runtime.measure.timing import interleaved

from benchmarks.processes import ROOT, fresh
from benchmarks.result import Goal, Result, rows

_SPEC = "specs/language/llama.yaml"
_VARIANT = "llama3-8b"
_DEPTHS = (2, 16, 126)
_ROUNDS = 11


def run() -> Result:
    """As a fresh process, as a user sees it, and within one that has checked before."""
    path = ROOT / _SPEC
    with fresh() as python:
        check = partial(partial, python, "-m", "netwright", "check", _SPEC, "--variant", _VARIANT)
        outside = interleaved({_process(d): check("--set", f"depth={d}") for d in _DEPTHS}, _ROUNDS)
    within = interleaved(
        {_call(d): partial(netwright.check, path, _VARIANT, depth=d) for d in _DEPTHS}, _ROUNDS
    )
    found = (*rows(outside, _process(2)), *rows(within, _call(2)))
    ratios = {row.name: row.ratio or 1.0 for row in found}
    goals = (
        Goal("126 layers against 2, `netwright check`", ratios[_process(126)], 1.2),
        Goal("126 layers against 2, `netwright.check()` again", ratios[_call(126)], 1.2),
    )
    return Result("layers", "Llama by depth", found, goals)


def _process(depth: int) -> str:
    return f"{depth} layers, fresh process"


def _call(depth: int) -> str:
    return f"{depth} layers, same process"
