"""Measured nodes as the rows of a tree, equal repeats in one row, as `netwright show` has them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

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
    """A node of the spec, or `repeats` equal ones together, with all that is below.

    names  the nodes' paths
    leaf   whether nothing below it has a row
    ideal  seconds by the roofline, each node below by its own
    bound  of a leaf that computes or moves anything: `compute` or `memory`
    """

    depth: int
    name: str
    kind: str
    repeats: int
    names: tuple[str, ...]
    flops: int
    measured: Measured
    leaf: bool
    ideal: float
    bound: str

    @property
    def achieved(self) -> float:
        """The share of what the roofline admits."""
        return self.ideal / self.measured.seconds if self.measured.seconds else 0.0


@dataclass(eq=False)
class _Branch:
    """A row under construction; `own` is measured at its nodes, and not below them."""

    name: str
    kind: str
    repeats: int
    names: tuple[str, ...]
    flops: int = 0
    own: Measured | None = None
    below: dict[tuple[str, ...], _Branch] = field(default_factory=dict)


def folded(costs: Iterable[Cost], nodes: Mapping[str, Measured], peaks: Peaks) -> list[NodeRow]:
    """The rows of the nodes that were measured, in the order of the model.

    Args:
        costs: the tree of the model, as the compiler counts it.
        nodes: what was measured, by path.
    """
    root = _tree(costs)
    places: dict[str, _Branch] = {}
    for branch in _walked(root):
        for name in branch.names:
            places.setdefault(name, branch)
    for path, measured in nodes.items():
        branch = _place(places, path)
        branch.own = (branch.own or Measured()) + measured
    return [row for branch in root.below.values() for row in _rows(branch, 0, peaks)]


def _tree(costs: Iterable[Cost]) -> _Branch:
    """The model as a branch. A block without a key has no path: what it holds is its parent's."""
    root = _Branch("", "", 1, ("",))
    parents = [root]
    for cost in costs:
        del parents[cost.depth + 1 :]
        parents.append(_added(parents[-1], cost) if cost.name else parents[-1])
    return root


def _added(parent: _Branch, cost: Cost) -> _Branch:
    """A branch for a row; a node of several steps, or one that is called again, has one branch."""
    names = _names(parent.names, cost)
    branch = parent.below.setdefault(names, _Branch(cost.name, "", cost.repeats, names))
    branch.kind = ", ".join(dict.fromkeys(filter(None, [branch.kind, cost.kind])))
    branch.flops += cost.flops
    return branch


def _names(parents: Sequence[str], cost: Cost) -> tuple[str, ...]:
    """The paths that a row stands for: `layers.0-2` for three of each of its parents."""
    own = [cost.name]
    if cost.repeats > 1:
        stem, _, span = cost.name.rpartition(".")
        first, _, last = span.partition("-")
        numbers = range(int(first), int(last) + 1)
        own = [f"{stem}.{number}" if stem else str(number) for number in numbers]
    return tuple(f"{parent}.{name}" if parent else name for parent in parents for name in own)


def _walked(branch: _Branch) -> Iterator[_Branch]:
    yield branch
    for child in branch.below.values():
        yield from _walked(child)


def _place(places: Mapping[str, _Branch], path: str) -> _Branch:
    """The row of a node, or the nearest around it: a block that runs as one step is one node."""
    while path not in places:
        path = path.rpartition(".")[0]
    return places[path]


def _rows(branch: _Branch, depth: int, peaks: Peaks) -> list[NodeRow]:
    """The rows of a branch, its own first; none where nothing was measured."""
    inner = [row for child in branch.below.values() for row in _rows(child, depth + 1, peaks)]
    if branch.own is None and not inner:
        return []
    children = [row for row in inner if row.depth == depth + 1]
    own = branch.own or Measured()
    flops = max(branch.flops - sum(row.flops for row in children), 0)
    ideal = peaks.ideal(flops, own.moved)
    row = NodeRow(
        depth,
        branch.name,
        branch.kind,
        branch.repeats,
        branch.names,
        branch.flops,
        sum((row.measured for row in children), own),
        not inner,
        sum((row.ideal for row in children), ideal),
        peaks.bound(flops, own.moved) if ideal and not inner else "",
    )
    return [row, *inner]
