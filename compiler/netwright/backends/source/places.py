"""Where `forward` reads a size: which input, which axis."""

from __future__ import annotations

from collections.abc import Iterator

from netwright.backends.source.code import Assign, Statement
from netwright.backends.source.context import ClassContext, shared_counters
from netwright.backends.source.naming import RESERVED
from netwright.backends.source.walk import map_names, names_in
from netwright.ir import expr as ex
from netwright.ir.dims import Dim, Size, known
from netwright.ir.program import Input, TypeExpr
from netwright.ir.values import Outputs, Tensor


class Place:
    """One axis of one input; `item` for the first tensor of a list."""

    def __init__(self, source: str, axis: int, rank: int | None, item: bool = False) -> None:
        self.source = source
        self.axis = axis
        self.rank = rank
        self.item = item

    def read(self) -> ex.Expr:
        """`x.shape[axis]`."""
        owner: ex.Expr = ex.Name(self.source)
        if self.item:
            owner = ex.Index(owner, (ex.Literal(0),))
        return ex.Index(ex.Attribute(owner, "shape"), (ex.Literal(self.axis),))


class Places:
    """The sizes that a class's inputs have, by the spec's names for them."""

    def __init__(self, context: ClassContext) -> None:
        facts = context.facts
        self.facts = facts
        self.where: dict[str, Place] = {}
        self.runtime: set[str] = set(shared_counters(context))
        self.reads_running = any(
            "" in found
            for i in facts.instances
            for (_, kind), found in i.facts.items()
            if kind == "input"
        )
        for declared in facts.block.inputs:
            if all(i.inputs.get(declared.name) is not None for i in facts.instances):
                self._declared(declared)
        for declared in facts.block.inputs:
            self._declared(declared, certain=False)
        if facts.block.inline:
            self._captured()

    def has(self, name: str) -> bool:
        return name in self.where

    def enter(self, values: dict[str, object]) -> None:
        """Bind sizes anew from the values that a method enters with."""
        sample = self.facts.sample
        for name in list(self.where):
            size = sample.dims.get(name)
            for source, value in values.items():
                if isinstance(value, Tensor) and size in value.type.shape:
                    self.where[name] = Place(source, value.type.shape.index(size), value.type.rank)

    def _declared(self, declared: Input, certain: bool = True) -> None:
        """The names in an input's type; one that may be absent tells no size that a param tells."""
        sample = self.facts.sample
        type_, item = declared.type, False
        while type_.item is not None:
            type_, item = type_.item, True
        if not type_.dtype:
            return
        for name, axis, rank in _named_axes(type_):
            if not certain and (name in sample.params or name in sample.scope.table):
                continue
            self.where.setdefault(name, Place(declared.name, axis, rank, item))

    def _captured(self) -> None:
        """Sizes that an inline block reads from around it, found again in its own inputs."""
        for instance in self.facts.instances:
            for name, value in instance.params.items():
                if isinstance(value, Dim) and known(value) is None:
                    self.runtime.add(name)
                    place = self._find(instance.inputs, value)
                    if place is not None:
                        self.where.setdefault(name, place)

    def _find(self, inputs: dict[str, object], size: Size) -> Place | None:
        for name, value in inputs.items():
            if name == "" and not self.reads_running:
                continue
            source = name
            if isinstance(value, Outputs):
                source, value = f"{name}.{next(iter(value.items))}", value.first
            if isinstance(value, Tensor) and not self._optional(name):
                for axis, actual in enumerate(value.type.shape):
                    if actual == size:
                        return Place(source, axis, None)
        return None

    def _optional(self, name: str) -> bool:
        return any(i.inputs.get(name) is None for i in self.facts.instances)


def _named_axes(type_: TypeExpr) -> Iterator[tuple[str, int, int | None]]:
    """Names in a declared type with their axis, from the end where `...` stands before them."""
    dots = next((k for k, d in enumerate(type_.dims) if isinstance(d, ex.Dots)), None)
    for k, dim in enumerate(type_.dims):
        if isinstance(dim, ex.Name):
            axis = k if dots is None or k < dots else k - len(type_.dims)
            yield dim.id, axis, len(type_.dims) if dots is None else None


def resolve(statements: list[Statement], places: Places, mark: str) -> list[Statement]:
    """`statements` with every marked size read from an input's shape.

    Two or more sizes of one input are unpacked at the top (`B, T, C = x.shape`); a single one is
    read where it is used, if that is in the first statement, else at the top.
    """
    used: dict[str, list[int]] = {}
    for index, statement in enumerate(statements):
        for name in names_in(statement):
            if name.startswith(mark):
                used.setdefault(name[len(mark) :], []).append(index)
    head: list[Statement] = []
    inline: dict[str, ex.Expr] = {}
    by_input: dict[str, list[str]] = {}
    for name in used:
        by_input.setdefault(places.where[name].source, []).append(name)
    for names in by_input.values():
        place = places.where[names[0]]
        if len(names) == 1 and set(used[names[0]]) == {0} and len(used[names[0]]) == 1:
            inline[names[0]] = place.read()
        elif place.rank is not None and len(names) > 1 and not place.item:
            head.append(_unpack(places, names, place))
        else:
            head += [Assign((_local(name),), places.where[name].read()) for name in names]

    def change(name: ex.Name) -> ex.Expr | None:
        if not name.id.startswith(mark):
            return None
        bare = name.id[len(mark) :]
        return inline.get(bare, ex.Name(_local(bare)))

    return [*head, *(map_names(s, change) for s in statements)]


def _unpack(places: Places, names: list[str], place: Place) -> Statement:
    assert place.rank is not None
    targets = ["_"] * place.rank
    for name in names:
        targets[places.where[name].axis] = _local(name)
    return Assign(tuple(targets), ex.Attribute(ex.Name(place.source), "shape"))


def _local(dim: str) -> str:
    """The local that holds a dim; with a mark where the file means something else by its name."""
    return f"{dim}!" if dim in RESERVED else dim
