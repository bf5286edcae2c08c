"""Depth is free: 48 equal layers, compiled as a whole and by blocks, at once and ahead of time."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence

import torch
from netwright_runtime.measure.timing import Time, interleaved

from benchmarks import cold
from benchmarks.processes import ROOT, fresh_environment
from benchmarks.result import Goal, Result, Row

_WARM_UP, _SHALLOW, _DEEP = 3, 12, 48
_AHEAD = ("packaged_as_a_whole", "packaged_by_blocks")
_ROUNDS = int(os.environ.get("NETWRIGHT_DEPTH_ROUNDS", "1"))
_STEADY = 40

_NOTES = (
    "CPU seconds of a fresh process and of the compilers that it starts, from the call that "
    "compiles to the first output. torch and its compiler are imported before; Inductor's cache is "
    "empty; the headers that torch compiles once for a machine, and keeps elsewhere, are there, "
    "and so is the bytecode of Python. One thread.",
    "Sizes are in `benchmarks/specs` and `benchmarks/cold.py`: widths of 64 to 384, 128 tokens or "
    "64x64 pixels, one sample.",
    "`skips` calls its blocks at three sizes, and `alternating` has two kinds: they need code "
    "three times and twice.",
    "What one kind costs is half the C++ compiler, most of it whatever the block, so that a whole "
    "that compiles quickly (`residual`, `alternating`) leaves less to save. Calls are slower by "
    "what is not fused across borders. Ahead of time, AOTInductor's wrapper of one block alone "
    "takes 4 to 5 s of the C++ compiler.",
)


def run() -> Result:
    """All models in all ways, one process after the other."""
    with fresh_environment() as environment:
        for way in ("as_a_whole", *_AHEAD):  # what Python compiles of torch is there from now on
            _once("pre_norm", _WARM_UP, way, environment)
        return _result(environment)


def _result(environment: Mapping[str, str]) -> Result:
    rows: list[Row] = []
    goals: list[Goal] = []
    for name in cold.INPUTS:
        times = _cold(name, ("as_a_whole", "by_dynamo", "by_blocks"), (_DEEP,), environment)
        times |= _cold(name, ("by_blocks",), (_SHALLOW,), environment)
        whole, ours = times["as_a_whole", _DEEP], times["by_blocks", _DEEP]
        rows += (_row(name, way, depth, time, whole) for (way, depth), time in times.items())
        steady = _speed(name)
        rows += (Row(f"{name}: a call, {way}", time) for way, time in steady.items())
        slope = (ours.median - times["by_blocks", _SHALLOW].median) / (_DEEP - _SHALLOW)
        ratio = steady["by blocks"].median / steady["as a whole"].median
        goals += (
            Goal(
                f"{name}: cold start by blocks against the whole", ours.median / whole.median, 0.1
            ),
            Goal(f"{name}: for each further layer", slope, 0.02, "s"),
            Goal(f"{name}: a call by blocks against the whole", ratio, 1.02),
        )
    ahead = _cold("pre_norm", _AHEAD, (_DEEP,), environment)
    whole, ours = (ahead[way, _DEEP] for way in _AHEAD)
    rows += (_row("pre_norm", way, depth, time, whole) for (way, depth), time in ahead.items())
    goals.append(Goal("pre_norm: a package by blocks", ours.median / whole.median, 0.125))
    return Result("depth", "48 equal layers", tuple(rows), tuple(goals), _NOTES)


def _cold(
    name: str, ways: Sequence[str], depths: Sequence[int], environment: Mapping[str, str]
) -> dict[tuple[str, int], Time]:
    """CPU seconds by way and depth, of as many rounds as there are."""
    found: dict[tuple[str, int], list[float]] = {(w, d): [] for d in depths for w in ways}
    for _ in range(_ROUNDS):
        for (way, depth), seconds in found.items():
            seconds.append(_once(name, depth, way, environment))
    return {key: Time.of(seconds) for key, seconds in found.items()}


def _once(name: str, depth: int, way: str, environment: Mapping[str, str]) -> float:
    with tempfile.TemporaryDirectory() as cache:
        given = {**environment, "TORCHINDUCTOR_CACHE_DIR": cache, "OMP_NUM_THREADS": "1"}
        command = [sys.executable, "-m", "benchmarks.cold", name, str(depth), way]
        done = subprocess.run(
            command, env=given, cwd=ROOT, check=True, capture_output=True, text=True
        )
    return float(done.stdout.split()[-1])


def _row(name: str, way: str, depth: int, time: Time, whole: Time) -> Row:
    ratio = time.median / whole.median
    return Row(f"{name}: {depth} layers, {way.replace('_', ' ')}", time, ratio, "the whole")


def _speed(name: str) -> Mapping[str, Time]:
    """CPU seconds of a call, in turns; outputs are equal."""
    torch.set_num_threads(1)
    models = {"as a whole": cold.as_a_whole, "by blocks": cold.by_blocks}
    calls = {}
    with torch.no_grad():
        outputs = []
        for way, made in models.items():
            model, given = cold.built(name, _DEEP)
            outputs.append(made(model, given))
            calls[way] = lambda model=model, given=given: model(given)
        torch.testing.assert_close(*outputs, atol=1e-3, rtol=1e-3)
        return interleaved(calls, _STEADY, warm_up=3, clock=time.process_time)
