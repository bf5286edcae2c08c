"""Measured nodes as the rows of a tree, equal repeats in one row, as `netwright show` has them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from netwright_runtime.model import Cost


@dataclass(frozen=True)
class Peaks:
    """What the device reaches at best: operations and bytes per second."""

    flops: float
    bandwidth: float

    def ideal(self, flops: int, moved: int) -> float:
        """Seconds that nothing can be quicker than that computes and moves so much."""
        return max(flops / self.flops, moved / self.bandwidth)

    def bound(self, flops: int, moved: int) -> str:
        """What limits it: `compute` or `memory`."""
        return "compute" if flops / self.flops > moved / self.bandwidth else "memory"


@dataclass(frozen=True)
class Measured:
    """Of one node, or of several together; see `walks`."""

    seconds: float = 0.0
    moved: int = 0
    allocated: int = 0
    at_peak: int = 0

    def __add__(self, other: Measured) -> Measured:
        return Measured(
            self.seconds + other.seconds,
            self.moved + other.moved,
            self.allocated + other.allocated,
            self.at_peak + other.at_peak,
        )


@dataclass(frozen=True)
class NodeRow:
    """A node of the spec, or `repeats` equal ones together.

    names    the nodes' paths
    leaf     whether nothing below it has a row
    ideal    seconds by the roofline, those of the rows below added up
    bound    of a leaf that moves anything: `compute` or `memory`
    """

    depth: int
    name: str
    kind: str
    repeats: int
    names: tuple[str, ...]
    flops: int
    measured: Measured
    leaf: bool = True
    ideal: float = 0.0
    bound: str = ""

    @property
    def achieved(self) -> float:
        """The share of what the roofline admits."""
        return self.ideal / self.measured.seconds if self.measured.seconds else 0.0


@dataclass
class _Tree:
    """Rows by the paths of their nodes, in the order of the model."""

    rows: dict[tuple[str, ...], NodeRow] = field(default_factory=dict)
    parents: list[tuple[str, ...]] = field(default_factory=list)

    def add(self, cost: Cost) -> None:
        del self.parents[cost.depth :]
        names = _names(self.parents[-1] if self.parents else ("",), cost)
        self.parents.append(names)
        row = NodeRow(cost.depth, cost.name, cost.kind, cost.repeats, names, cost.flops, Measured())
        before = self.rows.get(names)
        if before is not None:  # a node of several steps, or a block that is called again
            kinds = dict.fromkeys([before.kind, row.kind])
            row = replace(before, kind=", ".join(kinds), flops=before.flops + row.flops)
        self.rows[names] = row


def folded(costs: Iterable[Cost], nodes: Mapping[str, Measured], peaks: Peaks) -> list[NodeRow]:
    """The rows of the nodes that were measured.

    Args:
        costs: the tree of the model, as the compiler counts it.
        nodes: what was measured, by path.
    """
    tree = _Tree()
    for cost in costs:
        tree.add(cost)
    sums = _sums(nodes)
    rows = []
    for names, row in tree.rows.items():
        found = [sums[name] for name in names if name in sums]
        if found:
            rows.append(replace(row, measured=sum(found, Measured())))
    return _with_roofline(rows, peaks)


def _names(parents: Sequence[str], cost: Cost) -> tuple[str, ...]:
    """The paths that a row stands for: `layers.0-2` for three of each of its parents."""
    own = [cost.name]
    if cost.repeats > 1:
        stem, _, span = cost.name.rpartition(".")
        first, _, last = span.partition("-")
        own = [f"{stem}.{index}" for index in range(int(first), int(last) + 1)]
    return tuple(f"{parent}.{name}" if parent else name for parent in parents for name in own)


def _sums(nodes: Mapping[str, Measured]) -> dict[str, Measured]:
    """What nodes and those below them take together."""
    sums: dict[str, Measured] = {}
    for path, measured in nodes.items():
        parts = path.split(".")
        for length in range(1, len(parts) + 1):
            name = ".".join(parts[:length])
            sums[name] = sums.get(name, Measured()) + measured
    return sums


def _with_roofline(rows: Sequence[NodeRow], peaks: Peaks) -> list[NodeRow]:
    """The rows with what is ideal for them, from the leaves upwards."""
    found: list[NodeRow] = []
    below: dict[int, float] = {}
    deeper = 0
    for row in reversed(rows):
        leaf = deeper <= row.depth
        moved = row.measured.moved
        ideal = peaks.ideal(row.flops, moved) if leaf else below.pop(row.depth + 1)
        below[row.depth] = below.get(row.depth, 0.0) + ideal
        bound = peaks.bound(row.flops, moved) if leaf and ideal else ""
        found.append(replace(row, leaf=leaf, ideal=ideal, bound=bound))
        deeper = row.depth
    return found[::-1]
