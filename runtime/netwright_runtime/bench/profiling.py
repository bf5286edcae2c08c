"""Where the time and the memory of a call go, by the nodes of the spec.

The time is that of the graph's nodes, which run the same kernels as the lines of the emitted
source, and of which each knows the spec's node that it was made for: a line of the source may hold
several. What no node of the spec takes is told as the rest.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import nn
from torch.fx import GraphModule

from netwright_runtime.bench.example import Examples, sizes_of
from netwright_runtime.bench.folding import Measured, NodeRow, Peaks, folded
from netwright_runtime.bench.run import VERSIONED, computing_with, device_of
from netwright_runtime.bench.steps import Arguments, inference
from netwright_runtime.bench.walks import Moved, Timed, Watch, path_of, weighed
from netwright_runtime.measure.machine import machine, versions
from netwright_runtime.measure.peaks import measured_bandwidth, measured_peak, synchronise
from netwright_runtime.measure.timing import Clock, Time, interleaved
from netwright_runtime.model import compiled

_ROUNDS = 1000


@dataclass(frozen=True)
class Profile:
    """Where a call goes.

    rows    in the order of the model
    nodes   seconds of all nodes of the spec together
    whole   seconds of the graph's run that they are a part of
    module  seconds of a call of the emitted module, which nobody watches
    peak    bytes that a call holds at most beyond weights and inputs
    """

    model: str
    sizes: Mapping[str, int]
    machine: Mapping[str, Any]
    versions: Mapping[str, str]
    peaks: Peaks
    rows: Sequence[NodeRow]
    nodes: float
    whole: float
    module: Time
    peak: int

    @property
    def outside(self) -> float:
        """Seconds between the nodes: inputs, sizes, weights that are fetched, and the watching."""
        return self.whole - self.nodes

    def to_json(self) -> dict[str, Any]:
        """The profile as plain data, in seconds and bytes."""
        rows = [{**asdict(row), "achieved": row.achieved} for row in self.rows]
        return {**asdict(self), "rows": rows, "outside": self.outside}


def profile(
    spec: str | os.PathLike[str],
    /,
    variant: str | None = None,
    *,
    params: Mapping[str, Any] | None = None,
    sizes: Mapping[str, int] | None = None,
    device: str = "cpu",
    threads: int | None = None,
    seconds: float = 5.0,
    clock: Clock = time.perf_counter,
) -> Profile:
    """Profile a call of a model in evaluation, without its optional inputs.

    Args:
        spec, variant, params: as in `netwright.build`.
        sizes: of the inputs' dims; others have usual ones.
        threads: that torch computes with; as torch is set without it.
        seconds: of calls.

    Raises:
        SpecError: the spec, the variant or a param is at fault.
        NotMeasured: the sizes do not fit the spec, or there is no such device.
    """
    where = device_of(device)
    model = compiled(spec, variant, params=params)
    chosen = sizes_of(model, sizes or {})
    inputs = Examples(model, where).inputs(chosen)
    with computing_with(threads):
        module = model.build(device=where).eval()
        with torch.device(where):
            graph = model.graph().eval()
        weights, peak = weighed(graph, inputs, where)
        runs, called = _runs(graph, module, inputs, where, seconds, clock)
        mean = _quicker_half(runs)
        peaks = Peaks(measured_peak(where, torch.float32), measured_bandwidth(where))
        rows = folded(model.compiler.costs(chosen), _by_path(graph, mean, weights), peaks)
        total = sum(row.measured.seconds for row in rows if row.depth == 0)
        said = model.manifest.model, chosen, machine(where), versions(VERSIONED), peaks
        return Profile(*said, tuple(rows), total, mean.whole, called, peak)


def _by_path(graph: GraphModule, runs: Timed, weights: Mapping[str, Moved]) -> dict[str, Measured]:
    """What the graph's nodes take, by the spec's node that each was made for."""
    found: dict[str, Measured] = {}
    for node in graph.graph.nodes:
        path = path_of(node)
        if path and node.op != "placeholder":
            seconds, weight = runs.nodes[node.name], weights[node.name]
            measured = Measured(seconds, weight.moved, weight.allocated, weight.at_peak)
            found[path] = found.get(path, Measured()) + measured
    return found


def _runs(
    graph: GraphModule,
    module: nn.Module,
    inputs: Mapping[str, Any],
    device: torch.device,
    seconds: float,
    clock: Clock,
) -> tuple[list[Timed], Time]:
    """Runs of the graph under a watch, which take turns with calls of the module."""
    watch = Watch(graph, device, clock)
    call = inference(module, Arguments.of(module, inputs))
    runs: list[Timed] = []

    def waited() -> None:
        call()
        synchronise(device)

    tasks = {"graph": lambda: runs.append(watch.timed(inputs)), "module": waited}
    times = interleaved(tasks, _ROUNDS, seconds=seconds, clock=clock)
    return runs[1:], times["module"]


def _quicker_half(runs: Sequence[Timed]) -> Timed:
    """The mean of the quicker half of the runs: what others do on the machine makes the rest slow.

    Means add up, as medians of the nodes would not.
    """
    kept = sorted(runs, key=lambda run: run.whole)[: (len(runs) + 1) // 2]
    nodes = {name: sum(r.nodes[name] for r in kept) / len(kept) for name in kept[0].nodes}
    return Timed(nodes, sum(run.whole for run in kept) / len(kept))
