"""One task at one size of the batch: every model in every way of running it, by turns."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from netwright_runtime.bench.memory import peak_bytes
from netwright_runtime.bench.result import TRAINING, Row
from netwright_runtime.bench.steps import Call
from netwright_runtime.bench.strategies import Strategy, Task
from netwright_runtime.measure.peaks import synchronise
from netwright_runtime.measure.timing import Clock, Time, interleaved
from netwright_runtime.model import Compiled

Progress = Callable[[str], None]
"""Told what is measured next."""

_ROUNDS = 10_000
"""More than the time for them ever allows."""

_TURN = 0.01
"""Seconds that a turn takes at least, so that calls of a small model are not cold ones."""


@dataclass(frozen=True)
class Subject:
    """A model that is measured; `compiled` is None for a reference."""

    name: str
    make: Callable[[], nn.Module]
    compiled: Compiled | None = None


@dataclass(frozen=True)
class Group:
    """What is measured by turns.

    task   one of `result`'s
    batch  samples of a call, None for a model without a batch
    """

    subjects: Sequence[Subject]
    strategies: Sequence[Strategy]
    task: str
    batch: int | None
    inputs: Mapping[str, Any]


@dataclass(frozen=True)
class Bench:
    """How groups are measured.

    folder   where strategies may leave files
    seconds  of steady calls, for each group
    """

    device: torch.device
    folder: Path
    seconds: float
    progress: Progress = lambda said: None
    clock: Clock = time.perf_counter

    def rows(self, group: Group) -> list[Row]:
        """A row for every model and strategy; one that fails says why."""
        if "torch._dynamo" in sys.modules:  # else nothing was compiled, and its import takes long
            torch.compiler.reset()  # what was compiled for other sizes would change what comes now
        calls: dict[str, Call] = {}
        rows: dict[str, Row] = {}
        for name, subject, strategy in _members(group):
            self.progress(name)
            rows[name], call = self._ready(subject, strategy, group)
            if call is not None:
                calls[name] = call
        for name, call in list(calls.items()):  # once more, now that all of them are in memory
            fault = _fault(call)
            if fault:
                rows[name] = replace(rows[name], failed=fault)
                del calls[name]
        self.progress(f"{group.task}, batch {group.batch}, by turns")
        times = interleaved(calls, _ROUNDS, seconds=self.seconds, least=_TURN, clock=self.clock)
        return [_timed(row, times[name]) if name in times else row for name, row in rows.items()]

    def _ready(self, subject: Subject, strategy: Strategy, group: Group) -> tuple[Row, Call | None]:
        """A row up to the steady calls, and the call; without it where something fails."""
        row = Row(subject.name, strategy.name, group.task, group.batch)
        training, inputs = group.task == TRAINING, group.inputs
        try:
            module = subject.make().train(training)
            task = Task(module, subject.compiled, inputs, training, self.device, self.folder)
            begin = self.clock()
            call = self._waiting(strategy.prepare(task))
            prepared = self.clock()
            call()
            first = self.clock()
            call()  # what is made once more: states of an optimiser, code for other strides
            memory = peak_bytes(call, self.device) if strategy.profiled else None
        except Exception as fault:  # whatever stops one strategy is a row, and no end of the others
            return replace(row, failed=reason(fault)), None
        found = replace(row, prepare=prepared - begin, first=first - prepared, memory=memory)
        return found, call

    def _waiting(self, call: Call) -> Call:
        """`call`, which ends when the device has done it."""

        def waited() -> Any:
            given = call()
            synchronise(self.device)
            return given

        return waited


def _members(group: Group) -> Iterator[tuple[str, Subject, Strategy]]:
    """Every model in every way that is one for it, with a name."""
    for subject in group.subjects:
        for strategy in group.strategies:
            if _applies(strategy, subject, group.task):
                name = f"{subject.name}, {strategy.name}, {group.task}, batch {group.batch}"
                yield name, subject, strategy


def _fault(call: Call) -> str:
    """Why a call fails, empty where it does not."""
    try:
        call()
    except Exception as fault:  # as above
        return reason(fault)
    return ""


def _applies(strategy: Strategy, subject: Subject, task: str) -> bool:
    knows = strategy.references or subject.compiled is not None
    return knows and (strategy.trains or task != TRAINING)


def _timed(row: Row, latency: Time) -> Row:
    return replace(row, latency=latency, throughput=(row.batch or 1) / latency.median)


def reason(fault: Exception) -> str:
    """What an exception says, in one line."""
    lines = [line.strip() for line in str(fault).splitlines() if line.strip()]
    return f"{type(fault).__name__}: {lines[0] if lines else 'no message'}"
