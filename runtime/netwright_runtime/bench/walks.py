"""Runs of a model's graph, node by node: how long each takes, and what it moves and allocates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.fx import GraphModule, Interpreter, Node
from torch.profiler import record_function
from torch.utils._pytree import tree_leaves

from netwright_runtime.bench.memory import Allocation, allocations
from netwright_runtime.measure.peaks import synchronise
from netwright_runtime.measure.timing import Clock

_PREFIX = "netwright node "

_GATHERS = frozenset({"embedding", "getitem", "gather", "index_select", "take_along_dim"})
"""Functions that read as much of a table as they give."""


@dataclass(frozen=True)
class Timed:
    """Seconds of one run: of each node, and of the whole with what is between them."""

    nodes: Mapping[str, float]
    whole: float


@dataclass(frozen=True)
class Moved:
    """Bytes of a node: what it has to read and write at least, and what it allocates.

    at_peak  of what it allocated, what is alive when the whole run holds most
    """

    moved: int
    allocated: int
    at_peak: int


def path_of(node: Node) -> str:
    """The spec's node that `node` was made for, empty for none."""
    origin = node.meta.get("netwright")
    return "" if origin is None else ".".join(origin.path)


class _Walk(Interpreter):
    """Runs a graph on inputs by name."""

    def __init__(self, graph: GraphModule) -> None:
        super().__init__(graph)
        self.extra_traceback = False
        self.inputs = [str(n.target) for n in graph.graph.find_nodes(op="placeholder")]
        self.nodes = [node.name for node in graph.graph.nodes]

    def once(self, inputs: Mapping[str, Any]) -> Any:
        with torch.no_grad():
            return self.run(*(inputs.get(name) for name in self.inputs))


class Watch(_Walk):
    """Takes the time of every node. Nothing waits for a GPU until the run has ended."""

    def __init__(self, graph: GraphModule, device: torch.device, clock: Clock) -> None:
        super().__init__(graph)
        self._device, self._clock = device, clock
        self._marks: list[Any] = []

    def timed(self, inputs: Mapping[str, Any]) -> Timed:
        """The seconds of one run, by the graph's nodes."""
        self._marks.clear()
        self._mark()
        self.once(inputs)
        self._mark()
        synchronise(self._device)
        marks = list(self._seconds())
        starts, ends = marks[1:-1:2], marks[2:-1:2]
        spans = (end - start for start, end in zip(starts, ends, strict=True))
        return Timed(dict(zip(self.nodes, spans, strict=True)), marks[-1] - marks[0])

    def run_node(self, node: Node) -> Any:
        args, kwargs = self.fetch_args_kwargs_from_env(node)
        self._mark()
        value = getattr(self, node.op)(node.target, args, kwargs)
        self._mark()
        return value

    def _mark(self) -> None:
        if self._device.type == "cuda":
            make: Any = torch.cuda.Event  # which torch does not type
            event = make(enable_timing=True)
            event.record()
            self._marks.append(event)
        else:
            self._marks.append(self._clock())

    def _seconds(self) -> Iterator[float]:
        """The marks in seconds after the first."""
        first = self._marks[0]
        for mark in self._marks:
            cuda = self._device.type == "cuda"
            yield first.elapsed_time(mark) / 1e3 if cuda else mark - first


class _Weigh(_Walk):
    """Counts what every node moves, and marks it for the profiler."""

    def __init__(self, graph: GraphModule) -> None:
        super().__init__(graph)
        self.moved: dict[str, int] = {}

    def run_node(self, node: Node) -> Any:
        args, kwargs = self.fetch_args_kwargs_from_env(node)
        given = _tensors((args, kwargs))
        versions = [tensor._version for tensor in given]
        with record_function(_PREFIX + node.name):
            value = getattr(self, node.op)(node.target, args, kwargs)
        module = self.fetch_attr(str(node.target)) if node.op == "call_module" else None
        written = [tensor._version for tensor in given] != versions
        computes = node.op.startswith("call_")
        self.moved[node.name] = _moved(node, module, given, value, written) if computes else 0
        return value


def weighed(
    graph: GraphModule, inputs: Mapping[str, Any], device: torch.device
) -> tuple[dict[str, Moved], int]:
    """What the nodes of a run move and allocate, and the most bytes that it holds at once."""
    walk = _Weigh(graph)
    walk.once(inputs)  # what is made once is no part of a run
    walk.env.clear()
    found = allocations(lambda: walk.once(inputs), device, _PREFIX)
    alive, peak = alive_at_peak(found)
    taken: dict[str, int] = {}
    for event in found:
        if event.size > 0:
            taken[event.owner] = taken.get(event.owner, 0) + event.size
    owners = {name: _PREFIX + name for name in walk.nodes}
    nodes = {
        name: Moved(walk.moved[name], taken.get(owner, 0), alive.get(owner, 0))
        for name, owner in owners.items()
    }
    return nodes, peak


def alive_at_peak(events: Sequence[Allocation]) -> tuple[dict[str, int], int]:
    """By owner, the bytes that are held at the moment when most are, and their sum."""
    held = most = 0
    alive: dict[int, Allocation] = {}
    at_peak: dict[int, Allocation] = {}
    for event in events:
        held += event.size
        if event.size > 0:
            alive[event.address] = event
        else:
            alive.pop(event.address, None)
        if held > most:
            most, at_peak = held, dict(alive)
    found: dict[str, int] = {}
    for event in at_peak.values():
        found[event.owner] = found.get(event.owner, 0) + event.size
    return found, most


def _moved(
    node: Node, module: nn.Module | None, given: Sequence[Tensor], value: Any, written: bool
) -> int:
    """Bytes that are read and written: a view moves none, a look-up as much as it finds."""
    made = _tensors(value)
    shared = {tensor.untyped_storage().data_ptr() for tensor in given}
    if not written and all(t.untyped_storage().data_ptr() in shared for t in made):
        return 0
    results = sum(map(_bytes, made))
    target = getattr(node.target, "__name__", "")
    if isinstance(module, nn.Embedding | nn.EmbeddingBag) or target in _GATHERS:
        return 2 * results
    weights = [] if module is None else [*module.parameters(), *module.buffers()]
    read = {id(tensor): tensor for tensor in (*given, *weights)}
    return sum(map(_bytes, read.values())) + results


def _bytes(tensor: Tensor) -> int:
    """What a tensor has in memory: repeated by `expand`, it is there once."""
    return min(tensor.numel() * tensor.itemsize, tensor.untyped_storage().nbytes())


def _tensors(value: Any) -> list[Tensor]:
    return [leaf for leaf in tree_leaves(value) if isinstance(leaf, Tensor)]
