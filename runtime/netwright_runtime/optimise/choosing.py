"""Level 3: what is fastest is found by running it, and never assumed."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from netwright_runtime.measure.peaks import synchronise
from netwright_runtime.measure.timing import Clock, Time, interleaved
from netwright_runtime.model.nearness import distance, tolerance
from netwright_runtime.optimise.candidates import EAGER, Candidate
from netwright_runtime.optimise.report import Tried

MARGIN = 0.02
"""Part of eager's time that a candidate has to save: less than that is noise."""

_ROUNDS = 15
_TURN = 0.01
"""Seconds of a turn: a quick model runs several times in it."""

Call = Mapping[str, Any]


def choose(
    model: nn.Module, others: list[Candidate], called: Call, first: Call, seconds: float
) -> tuple[nn.Module, str, tuple[Tried, ...]]:
    """The fastest of a model and other ways of running it, its name, and what was found of each.

    Args:
        called: the inputs to measure with, by name.
        first: the same inputs for a candidate's first call, which may say what is dynamic in them.
        seconds: no candidate is begun, and no round of measuring, once these are over.
    """
    end = time.monotonic() + seconds
    ready, tried = prepare(model, others, called, first, seconds)
    times = timed(ready, called, max(end - time.monotonic(), 0.0))
    name = fastest(times)
    return ready[name], name, tuple(_measured(outcome, times) for outcome in tried)


def prepare(
    model: nn.Module, others: list[Candidate], called: Call, first: Call, seconds: float
) -> tuple[dict[str, nn.Module], list[Tried]]:
    """The candidates that agree with the model, by name; and what became of each."""
    end = time.monotonic() + seconds
    expected = run(model, called)
    ready, tried = {EAGER: model}, [Tried(EAGER, error=0.0)]
    for candidate in others:
        if time.monotonic() >= end:
            tried.append(Tried(candidate.name, reason=f"not tried, {seconds:g} s were over"))
            continue
        made, outcome = _try(candidate, first, expected)
        tried.append(outcome)
        if made is not None:
            ready[candidate.name] = made
    return ready, tried


def run(model: nn.Module, called: Call) -> Any:
    """What a model gives; random functions draw the same at every run."""
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(0)
        return model(**called)


def _try(candidate: Candidate, called: Call, expected: Any) -> tuple[nn.Module | None, Tried]:
    try:
        made = candidate.make()
        error = distance(run(made, called), expected)
    except RuntimeError as fault:  # torch's compilers raise nothing else
        first = (str(fault).strip().splitlines() or [""])[0]
        return None, Tried(candidate.name, reason=f"{type(fault).__name__}: {first}")
    if error > tolerance([expected]):
        return None, Tried(candidate.name, error=error, reason="differs from eager")
    return made, Tried(candidate.name, error=error)


def timed(ready: Mapping[str, nn.Module], called: Call, seconds: float) -> dict[str, Time]:
    """The times of a call, by taking turns: on the CPU's clock, or on the wall's.

    With one thread the CPU's clock does not see what else the machine does. With several, a call
    that keeps more of them busy is no slower for it; and a GPU is waited for.
    """
    tensors = [value for value in called.values() if isinstance(value, Tensor)]
    device = tensors[0].device if tensors else torch.device("cpu")
    one = device.type == "cpu" and torch.get_num_threads() == 1
    clock: Clock = time.process_time if one else partial(_wall, device)
    tasks = {name: partial(_call, model, called) for name, model in ready.items()}
    return interleaved(tasks, _ROUNDS, 2, seconds=seconds, least=_TURN, clock=clock)


def _wall(device: torch.device) -> float:
    synchronise(device)
    return time.perf_counter()


def _call(model: nn.Module, called: Call) -> None:
    with torch.no_grad():
        model(**called)


def fastest(times: Mapping[str, Time]) -> str:
    """The quickest by its median, where it saves more than `MARGIN` of eager's time; else eager."""
    best = min(times, key=lambda name: times[name].median)
    saves = times[best].median <= (1 - MARGIN) * times[EAGER].median
    return best if saves else EAGER


def _measured(outcome: Tried, times: Mapping[str, Time]) -> Tried:
    found = times.get(outcome.name)
    if found is None:
        return outcome
    return replace(outcome, time=found, ratio=found.median / times[EAGER].median)
