"""A graph under construction: the values at hand, run at every drawn size, and draws from them.

A dim is what it is at every draw of the sizes: `(2, 2, 2)` is the number 2, `(5, 7, 6)` a symbol or
an expression over some. Two dims agree if they do at every draw.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, TypeVar

import torch
from torch import Tensor

from tests.strangers.choices import literal
from tests.strangers.evaluate import Results, plain
from tests.strangers.oracle import Oracle
from tests.strangers.state import REFUSALS, Frame, Store
from tests.strangers.syntax import Block, Expression, Node, Parameter

T = TypeVar("T")
Dim = tuple[int, ...]
WORDS = {torch.float32: "float", torch.int64: "int", torch.bool: "bool"}
COUNTERS = ("i", "j")
"""Names that loops count with: a size is not made of what has another value in each iteration."""
MAX_ITEMS = 60_000
"""Larger tensors would take the time of many small ones."""


class NothingFits(Exception):
    """No value at hand is what a proposal wants."""


@dataclass(frozen=True)
class Value:
    """A tensor at hand: how it is written, and what it is at every draw."""

    text: str
    data: tuple[Tensor, ...]

    @property
    def rank(self) -> int:
        return self.data[0].ndim

    @property
    def dtype(self) -> torch.dtype:
        return self.data[0].dtype

    @property
    def floating(self) -> bool:
        return self.dtype == torch.float32

    @property
    def dims(self) -> tuple[Dim, ...]:
        return tuple(self.dim(axis) for axis in range(self.rank))

    def dim(self, axis: int) -> Dim:
        return tuple(int(tensor.shape[axis]) for tensor in self.data)

    def const(self, axis: int) -> int | None:
        """The size of an axis that is a number."""
        sizes = set(self.dim(axis))
        return sizes.pop() if len(sizes) == 1 else None


@dataclass
class World:
    """What all graphs of one spec share. `params` are the model's, as texts."""

    rng: Random
    draws: int
    blocks: dict[str, Block] = field(default_factory=dict)
    params: dict[str, str] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    """Ops that were written."""
    begun: int = 0
    """Blocks that were begun."""
    depth: int = 0
    """Graphs around the one at hand."""

    def oracle(self, store: Store) -> Oracle:
        values: dict[str, Any] = {}
        for name, text in self.params.items():
            values[name] = literal(text, values)
        return Oracle(self.blocks, values, store)


class Hand:
    """One graph under construction."""

    def __init__(
        self, world: World, frames: Sequence[Frame], store: Store, params: dict[str, str] | None
    ) -> None:
        """`params` are those of the graph's block, None for the model's own."""
        self.world = world
        self.rng = world.rng
        self.store = store
        self.frames = list(frames)
        self.params = world.params if params is None else params
        self.nodes: list[Node] = []
        self.pool: list[Value] = []
        self.lists: list[str] = []
        """Nodes that are lists of tensors."""
        self.pending: list[Node] = []
        self.oracle = world.oracle(store)

    # Draws ------------------------------------------------------------------------------

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def one(self, items: Sequence[T]) -> T:
        """One of the items; NothingFits where there is none."""
        if not items:
            raise NothingFits
        return self.rng.choice(items)

    def whole(self, low: int, high: int) -> int:
        return self.rng.randint(low, high)

    def name(self, stem: str) -> str:
        """A name that nothing visible has."""
        taken = {*self.frames[0].values, *(n.name for n in self.pending), *self.params}
        number = 1
        while f"{stem}{number}" in taken:
            number += 1
        return f"{stem}{number}"

    # Values -----------------------------------------------------------------------------

    def value(self, text: str) -> Value:
        """An expression as a tensor; NothingFits where it is none."""
        try:
            found = [self.oracle.value(text, frame) for frame in self.frames]
        except REFUSALS as refusal:
            raise NothingFits from refusal
        atom = re.fullmatch(r"[\w.]+(\[[^\[\]]*\]|\([^()]*\))?", text)
        value = made(text if atom else f"({text})", found)
        if value is None:
            raise NothingFits
        return value

    def pick(self, fits: Callable[[Value], bool] = lambda value: True) -> Value:
        """One of the values at hand, mostly a late one; NothingFits where there is none."""
        found = [value for value in self.pool if fits(value)]
        if not found:
            raise NothingFits
        late = found[-3:]
        return self.one(late if self.chance(0.7) else found)

    def real(self, least: int = 0, most: int = 6) -> Value:
        return self.pick(lambda v: v.floating and least <= v.rank <= most)

    def tensor(self) -> Value:
        """Mostly a float."""
        return self.real() if self.chance(0.8) else self.pick()

    def has(self, fits: Callable[[Value], bool]) -> bool:
        return any(fits(value) for value in self.pool)

    def ranked(self, rank: int) -> Value:
        """A float of `rank` dims, made of another where need be."""
        if self.has(lambda v: v.floating and v.rank == rank) and self.chance(0.85):
            return self.pick(lambda v: v.floating and v.rank == rank)
        source = self.real()
        extra = source.rank - rank
        if extra > 0:
            at = self.whole(0, rank - 1) if rank else 0
            text = f"{source.text}.flatten({at}, {at + extra})" if rank else f"{source.text}.sum()"
        elif extra < 0:
            new = ["None"] * -extra + [":"] * min(source.rank, 2)
            self.rng.shuffle(new)
            text = f"{source.text}[{', '.join([*new, '...'])}]"
        else:
            text = f"{source.text} * 2"
        return self.value(text)

    def like(self, value: Value) -> Value:
        """A value of the same dims, made where there is none."""

        def fits(other: Value) -> bool:
            return (
                other.dims == value.dims
                and other.dtype == value.dtype
                and (other.text != value.text)
            )

        if self.has(fits) and self.chance(0.8):
            return self.pick(fits)
        forms = [value.text, f"{value.text} * 2", f"{value.text}.detach()"]
        return self.value(self.one([*forms, f"ones_like({value.text})"]))

    def beside(self, value: Value) -> Value:
        """A value that broadcasts with another."""

        def fits(other: Value) -> bool:
            pairs = zip(other.dims[::-1], value.dims[::-1], strict=False)
            return other.dtype == value.dtype and all(
                a == b or set(a) == {1} or set(b) == {1} for a, b in pairs
            )

        return self.pick(fits) if self.has(fits) and self.chance(0.8) else self.like(value)

    def weight(self, *sizes: int) -> Value:
        """A new parameter."""
        shape = "[" + ", ".join(self.number(size) for size in sizes) + "]"
        node = Parameter(self.name("w"), shape, self.one(["", "ones", "normal(std=0.02)"]))
        self.pending.append(node)
        data = tuple(torch.randn(sizes) for _ in self.frames)
        for frame, tensor in zip(self.frames, data, strict=True):
            frame.values[node.name] = tensor
        return Value(node.name, data)

    def indices(self, high: int, shape: Sequence[Dim]) -> Value:
        """Integers below `high`."""

        def fits(v: Value) -> bool:
            return (
                v.dtype == torch.int64
                and v.dims == tuple(shape)
                and all(int(t.min()) >= 0 and int(t.max()) < high for t in v.data)
            )

        if self.has(fits) and self.chance(0.7):
            return self.pick(fits)
        sizes = ", ".join(self.size(dim) for dim in shape)
        count = " * ".join(self.size(dim) for dim in shape) or "1"
        return self.value(f"(arange({count}) % {high}).reshape([{sizes}])")

    # Texts ------------------------------------------------------------------------------

    def size(self, dim: Dim) -> str:
        """How a dim is written."""
        if len(set(dim)) == 1:
            return self.number(dim[0])
        found = [
            name
            for name, held in self.frames[0].values.items()
            if type(held) is int and tuple(frame.values.get(name) for frame in self.frames) == dim
        ]
        if found and self.chance(0.8):
            return self.one(found)
        for value in self.rng.sample(self.pool, len(self.pool)):
            if dim in value.dims:
                axis = value.dims.index(dim)
                if value.text.isidentifier():
                    return f"{value.text}.shape[{axis}]"
        return self.one(found) if found else "0"

    def number(self, number: int) -> str:
        """How a number is written: often as a param, or as arithmetic over one."""
        held = {
            name: value
            for name, value in self.frames[0].values.items()
            if type(value) is int
            and name not in COUNTERS
            and len({f.values.get(name) for f in self.frames}) == 1
            and value > 0
        }
        options = [name for name, value in held.items() if value == number]
        options += [f"{number // v} * {n}" for n, v in held.items() if v > 1 and number % v == 0]
        options += [
            f"{n} // {v // number}"
            for n, v in held.items()
            if v and number and v % number == 0 and v > number
        ]
        if options and self.chance(0.5):
            return self.one(options)
        if number > 1 and len(self.params) < 4 and self.chance(0.15):
            return self.param(str(number))
        return str(number)

    def param(self, text: str) -> str:
        """A new param of the block at hand with this default."""
        name = self.name("n")
        self.params[name] = text
        for frame in self.frames:
            frame.values[name] = literal(text, frame.values)
        self.oracle = self.world.oracle(self.store)
        return name

    def written(self, item: Any) -> str:
        """An argument as it is written."""
        match item:
            case Value(text=text) | Raw(text=text):
                return text
            case bool() | None | float():
                return str(item)
            case int():
                return self.number(item)
            case str():
                return f"'{item}'"
        return "[" + ", ".join(map(self.written, item)) + "]"

    # Nodes ------------------------------------------------------------------------------

    def add(self, node: Node) -> list[Value]:
        """Take a node, with the parameters that it needs; NothingFits where a draw refuses it."""
        nodes = [*self.pending, node]
        kept = [(dict(f.values), dict(f.calls), f.flow) for f in self.frames]
        try:
            found = self._run(nodes)
        except REFUSALS as refusal:
            self._undo(nodes, kept)
            raise NothingFits from refusal
        self.pending = []
        self.nodes += nodes
        return self._taken(node, found)

    def _run(self, nodes: Sequence[Node]) -> list[Any]:
        found: list[Any] = []
        for frame in self.frames:
            for node in nodes:
                last = self.oracle.node(node, frame)
            found.append(last)
        return found

    def _undo(self, nodes: Sequence[Node], kept: list[Any]) -> None:
        for node in nodes:
            for name in node.name.split(", "):
                self.store.forget(self.frames[0].path + name)
        for frame, (values, calls, flow) in zip(self.frames, kept, strict=True):
            frame.values, frame.calls, frame.flow = values, calls, flow
        self.drop_pending()

    def drop_pending(self) -> None:
        """Forget the parameters of a proposal that came to nothing."""
        for node in self.pending:
            for frame in self.frames:
                frame.values.pop(node.name, None)
        self.pending = []

    def _taken(self, node: Node, found: list[Any]) -> list[Value]:
        """The tensors that a node gives, each by the name under which it is read."""
        names = node.name.split(", ")
        if len(names) > 1:
            parts = [[list(_items(f))[k] for f in found] for k in range(len(names))]
            values = [made(n, p) for n, p in zip(names, parts, strict=True)]
        elif isinstance(found[0], Results):
            values = [
                made(node.name if k == 0 else f"{node.name}.{name}", [f.items[name] for f in found])
                for k, name in enumerate(found[0].items)
            ]
        elif isinstance(found[0], list):
            self.lists.append(node.name)
            values = [
                made(f"{node.name}[{k}]", [f[k] for f in found]) for k in range(len(found[0]))
            ]
        else:
            values = [made(node.name, found)]
        taken = [v for v in values if v is not None]
        self.pool += taken
        return taken

    def expression(self, text: str, stem: str = "v") -> list[Value]:
        return self.add(Expression(self.name(stem), text))


@dataclass(frozen=True)
class Raw:
    """An argument that is already a text."""

    text: str


def _items(found: Any) -> list[Any]:
    return list(found.items.values()) if isinstance(found, Results) else list(found)


def made(text: str, found: Sequence[Any]) -> Value | None:
    """A value of what an expression gave at every draw, if it is a tensor of a decent size."""
    data = [plain(item) for item in found]
    if not all(isinstance(item, Tensor) and 0 < item.numel() <= MAX_ITEMS for item in data):
        return None
    return Value(text, tuple(data))
