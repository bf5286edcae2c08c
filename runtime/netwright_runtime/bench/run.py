"""Runs a benchmark: everything in one process, what is compared by turns."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import nn

from netwright_runtime.bench.example import Examples, sizes_of
from netwright_runtime.bench.faults import NotMeasured
from netwright_runtime.bench.groups import Bench, Group, Progress, Subject, reason
from netwright_runtime.bench.references import reference
from netwright_runtime.bench.result import INFERENCE, TRAINING, Report
from netwright_runtime.bench.strategies import STRATEGIES, Strategy
from netwright_runtime.measure.machine import machine, versions
from netwright_runtime.measure.timing import Clock, Time, interleaved
from netwright_runtime.model import Compiled, compiled
from netwright_runtime.model.batch import batch_dim

VERSIONED = ("netwright", "torch", "onnxruntime", "timm", "transformers", "torchvision")

_BUILDS = 5


def bench(
    spec: str | os.PathLike[str],
    /,
    variant: str | None = None,
    *,
    params: Mapping[str, Any] | None = None,
    against: str = "",
    sizes: Mapping[str, int] | None = None,
    batches: Sequence[int] = (),
    training: bool = False,
    strategies: Sequence[str] = tuple(STRATEGIES),
    device: str = "cpu",
    threads: int | None = None,
    seconds: float = 5.0,
    progress: Progress = lambda said: None,
    clock: Clock = time.perf_counter,
) -> Report:
    """Measure a model in several ways of running it, and a reference beside it.

    Args:
        spec, variant, params: as in `netwright.build`.
        against: a model of others, as `references.reference` reads it.
        sizes: of the inputs' dims; others have usual ones.
        batches: sizes of the batch, each measured; without them the one in `sizes`.
        training: steps of training, too.
        strategies: names of `STRATEGIES`.
        threads: that torch and onnxruntime compute with; as torch is set without it.
        seconds: of steady calls, for each size of the batch and each task.

    Raises:
        SpecError: the spec, the variant or a param is at fault.
        NotMeasured: what was asked for cannot be measured.
    """
    chosen = [_strategy(name) for name in strategies]
    where = device_of(device)
    model = compiled(spec, variant, params=params)
    subjects = [Subject(model.manifest.model, partial(model.build, device=where), model)]
    if against:
        subjects.append(Subject(against, partial(_on, where, reference(against))))
    tasks = (INFERENCE, TRAINING) if training else (INFERENCE,)
    points = _points(model, sizes or {}, batches)
    with computing_with(threads), tempfile.TemporaryDirectory() as folder:
        rig = Bench(where, Path(folder), seconds, progress, clock)
        parameters = {subject.name: _parameters(subject) for subject in subjects}
        progress("builds, by turns")
        built = _builds(spec, variant, params, subjects, seconds, clock)
        inputs = [(batch, Examples(model, where).inputs(point)) for batch, point in points]
        rows = [
            row
            for task in tasks
            for batch, given in inputs
            for row in rig.rows(Group(subjects, chosen, task, batch, given))
        ]
        batch_name = batch_dim(model.manifest)
        return Report(
            model.manifest.model,
            against,
            machine(where),
            versions(VERSIONED),
            {name: size for name, size in points[0][1].items() if name != batch_name},
            parameters,
            built,
            tuple(rows),
        )


def _strategy(name: str) -> Strategy:
    if name not in STRATEGIES:
        raise NotMeasured(f"there is no strategy `{name}`, only {', '.join(STRATEGIES)}")
    return STRATEGIES[name]


def device_of(name: str) -> torch.device:
    """The device called `name`; NotMeasured where this machine has none."""
    if name == "cuda" and not torch.cuda.is_available():
        raise NotMeasured("torch finds no GPU on this machine; `--device cpu` is left")
    if name not in ("cpu", "cuda"):
        raise NotMeasured(f"there is no device `{name}`, only cpu and cuda")
    return torch.device(name)


@contextmanager
def computing_with(threads: int | None) -> Iterator[None]:
    """Let torch compute with so many threads for a while."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _points(
    model: Compiled, sizes: Mapping[str, int], batches: Sequence[int]
) -> list[tuple[int | None, dict[str, int]]]:
    """The sizes of the dims for each size of the batch."""
    name = batch_dim(model.manifest)
    if name is None:
        if batches:
            raise NotMeasured("the model has no dim of independent samples, so no `--batch`")
        return [(None, sizes_of(model, sizes))]
    given = [{**sizes, name: batch} for batch in batches] or [dict(sizes)]
    found = [sizes_of(model, point) for point in given]
    return [(point[name], point) for point in found]


def _parameters(subject: Subject) -> int:
    """The number of a model's parameters; NotMeasured for a reference that cannot be made."""
    if subject.compiled is not None:
        return subject.compiled.manifest.parameters
    try:
        return sum(p.numel() for p in subject.make().parameters())
    except Exception as fault:  # a reference's constructor is not ours and may raise anything
        raise NotMeasured(f"`{subject.name}` cannot be made: {reason(fault)}") from fault


def _builds(
    spec: str | os.PathLike[str],
    variant: str | None,
    params: Mapping[str, Any] | None,
    subjects: Sequence[Subject],
    seconds: float,
    clock: Clock,
) -> dict[str, Time]:
    """From the spec to a module, and each model's constructor alone."""
    tasks: dict[str, Callable[[], object]] = {
        "spec to module": lambda: compiled(spec, variant, params=params).build()
    }
    tasks |= {f"constructor of {subject.name}": subject.make for subject in subjects}
    return interleaved(tasks, _BUILDS, warm_up=0, seconds=seconds, clock=clock)


def _on(device: torch.device, make: Callable[[], nn.Module]) -> nn.Module:
    with torch.device(device):
        return make()
