"""Types of a class's inputs in the class's own terms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netwright.ir import expr as ex
from netwright.ir.classes import ClassFacts
from netwright.ir.dims import Dim, Size, known, symbol
from netwright.ir.program import TypeExpr
from netwright.ir.sizes import size_to_expr
from netwright.ir.types import TensorType
from netwright.ir.values import Outputs, Tensor, TensorList, Value
from netwright.passes.evaluate import Evaluator
from netwright.passes.faults import Fault, Silent
from netwright.passes.frame import Frame
from netwright.passes.generalise.candidates import key_of


class Shapes:
    """Types of a class's inputs in the class's terms."""

    def __init__(
        self, facts: ClassFacts, names: Mapping[str, Value], dims: dict[str, Size]
    ) -> None:
        self.facts = facts
        self.names = names
        self.dims = dims
        self.declared = {i.name: i.type for i in facts.block.inputs}

    def input(self, name: str, value: Value, given: list[Any] | None, place: str = "") -> Value:
        """An input in the class's terms; `place` says which it is, of a list `xs[0]`."""
        place = place or name
        if isinstance(value, Tensor):
            return Tensor(self._type(name, value.type, given, place), name, value.span)
        if isinstance(value, TensorList):
            return TensorList(self._type(name, value.item, None, place), name)
        if isinstance(value, tuple):
            return tuple(
                self.input(name, v, _items(given, k), f"{place}[{k}]") for k, v in enumerate(value)
            )
        if isinstance(value, Outputs):
            items = {
                k: self.input(f"{name}_{k}", v, _named(given, k)) for k, v in value.items.items()
            }
            return Outputs(items)
        return value

    def _type(
        self, name: str, actual: TensorType, given: list[Any] | None, place: str
    ) -> TensorType:
        declared = self.declared.get(name)
        while declared is not None and declared.item is not None:
            declared = declared.item
        if declared is not None and declared.dtype:
            sizes = self._from_declared(name, declared, actual.shape, place)
            return TensorType(actual.dtype, sizes)
        shape = [
            self._from_parents(name, f"{place}.{k}", k, d, actual.rank, given)
            for k, d in enumerate(actual.shape)
        ]
        return TensorType(actual.dtype, tuple(shape))

    def _from_declared(
        self, name: str, declared: TypeExpr, shape: tuple[Size, ...], place: str
    ) -> tuple[Size, ...]:
        dots = next((k for k, d in enumerate(declared.dims) if isinstance(d, ex.Dots)), None)
        result = list(shape)
        for k, dim in enumerate(declared.dims):
            if isinstance(dim, ex.Dots):
                continue
            at = k if dots is None or k < dots else k - len(declared.dims) + len(shape)
            result[at] = self._declared_size(dim, shape[at])
        for k, size in enumerate(result):
            if type(size) is int and size != 1 and dots is not None:
                result[k] = self._fresh(name, f"{place}.{k}", k, size, len(shape))
        return tuple(result)

    def _declared_size(self, dim: ex.Expr, actual: Size) -> Size:
        if isinstance(dim, ex.Name):
            found = self.names.get(dim.id, self.dims.get(dim.id, actual))
            return found if isinstance(found, int | Dim) else actual
        if isinstance(dim, ex.Literal) or known(actual) is None:
            return actual
        frame = Frame(self.facts.sample, {**self.names, **self.dims}, symbolic=True)
        try:
            value = Evaluator(frame).value(dim)
        except (Fault, Silent):
            return actual
        return value if isinstance(value, int | Dim) else actual

    def _from_parents(
        self,
        name: str,
        place: str,
        axis: int,
        actual: Size,
        rank: int,
        given: list[Any] | None,
    ) -> Size:
        """A dim of an inline block's input: the parent's expression where the block can write it
        too."""
        if known(actual) is None:
            return actual
        sizes = [t.shape[axis] for t in given or [] if isinstance(t, TensorType) and axis < t.rank]
        if sizes and all(key_of(s) == key_of(sizes[0]) for s in sizes):
            here = next((s for s in sizes if known(s) == known(actual)), sizes[0])
            written = size_to_expr(here)
            if isinstance(written, ex.Literal):
                return actual
            if written is not None and all(n in self.names for n in ex.free_names(written)):
                return here
            if isinstance(written, ex.Name):
                return self._bound(written.id, known(actual), place)
        return self._fresh(name, place, axis, known(actual), rank)

    def _fresh(self, name: str, place: str, axis: int, number: int | None, rank: int) -> Size:
        assert number is not None
        if number == 1:
            return 1
        if rank >= 4 and axis == 1:
            base = "in_channels"
        elif axis == rank - 1:
            base = "in_features"
        else:
            base = f"{name or 'x'}_size"
        return self._bound(base, number, place)

    def _bound(self, base: str, number: int | None, place: str) -> Size:
        found = self.dims.get(base)
        if found is not None and known(found) == number:
            return found
        free = base
        for suffix in ("", "_other", "_third"):
            free = base + suffix
            if free not in self.names and free not in self.dims:
                break
        self.dims[free] = symbol(free, number, expr=ex.Name(free))
        self.facts.places.setdefault(free, place)
        return self.dims[free]


def _items(given: list[Any] | None, index: int) -> list[Any] | None:
    if given is None:
        return None
    return [g[index] for g in given if isinstance(g, tuple) and index < len(g)]


def _named(given: list[Any] | None, name: str) -> list[Any] | None:
    if given is None:
        return None
    found = []
    for g in given:
        if isinstance(g, tuple):
            found += [
                v
                for item in g
                if isinstance(item, tuple) and len(item) == 2
                for k, v in [item]
                if k == name
            ]
    return found
