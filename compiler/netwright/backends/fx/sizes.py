"""Sizes of the run time as nodes of a graph, each computed once."""

from __future__ import annotations

import operator
from collections.abc import Callable
from math import gcd

from torch.fx import Graph, Node

from netwright.ir.dims import Atom, Dim, Floor, Monomial, Size, Symbol
from netwright.ir.types import TensorType

Number = int | Node


class Sizes:
    """Reads sizes off the graph's inputs, and computes others when they are first used."""

    def __init__(self, graph: Graph, missing: Callable[[Symbol], Node]) -> None:
        """`missing` gives a symbol that no input bears, divided by its scale."""
        self._graph = graph
        self._missing = missing
        self._sources: dict[Dim, tuple[Node, int]] = {}
        self._items: dict[Dim, tuple[Node, int]] = {}
        self._nodes: dict[Dim, Number] = {}

    def learn(self, node: Node, type_: TensorType) -> None:
        """`node` is an input of this type; the first input that bears a size gives it."""
        for axis, size in enumerate(type_.shape):
            if isinstance(size, Dim):
                self._sources.setdefault(size, (node, axis))

    def learn_item(self, node: Node, type_: TensorType) -> None:
        """`node` is a list of tensors of this type; the first gives sizes that no tensor does."""
        for axis, size in enumerate(type_.shape):
            if isinstance(size, Dim):
                self._items.setdefault(size, (node, axis))

    def value(self, size: Size) -> Number:
        """`size` as an integer or a node."""
        if isinstance(size, int):
            return size
        if size not in self._nodes:
            found = self._read(size)
            self._nodes[size] = self._computed(size) if found is None else found
        return self._nodes[size]

    def _read(self, size: Dim) -> Node | None:
        if size in self._sources:
            return self._graph.call_method("size", self._sources[size])
        if size not in self._items:
            return None
        node, axis = self._items[size]
        item = self._graph.call_function(operator.getitem, (node, 0))
        return self._graph.call_method("size", (item, axis))

    def _borne(self, size: Dim) -> bool:
        return size in self._sources or size in self._items

    def _computed(self, size: Dim) -> Number:
        monomial, coefficient = size.terms[0]
        if len(size.terms) == len(monomial) == coefficient == 1:
            return self._alone(monomial[0])
        total: Number | None = None
        for monomial, coefficient in sorted(size.terms, key=lambda term: term[1] < 0):
            if total is None:
                total = self._term(monomial, coefficient)
            elif coefficient < 0:
                total = self._apply(operator.sub, total, self._term(monomial, -coefficient))
            else:
                total = self._apply(operator.add, total, self._term(monomial, coefficient))
        return 0 if total is None else total

    def _term(self, monomial: Monomial, coefficient: int) -> Number:
        product: Number | None = None
        for atom in monomial:
            factor, coefficient = self._factor(atom, coefficient)
            product = factor if product is None else self._apply(operator.mul, product, factor)
        if product is None:
            return coefficient
        return product if coefficient == 1 else self._apply(operator.mul, product, coefficient)

    def _factor(self, atom: Atom, coefficient: int) -> tuple[Number, int]:
        """The atom, and what is left of the coefficient where it cancels against a scale."""
        whole = Dim({(atom,): atom.scale}) if isinstance(atom, Symbol) else None
        if whole is None or not self._borne(whole):
            return self.value(Dim({(atom,): 1})), coefficient
        assert isinstance(atom, Symbol)
        shared = gcd(coefficient, atom.scale)
        value = self.value(whole)
        if atom.scale != shared:
            value = self._apply(operator.floordiv, value, atom.scale // shared)
        return value, coefficient // shared

    def _alone(self, atom: Atom) -> Number:
        if isinstance(atom, Symbol):
            whole = Dim({(atom,): atom.scale})
            if atom.scale == 1 or not self._borne(whole):
                return self._missing(atom)
            return self._apply(operator.floordiv, self.value(whole), atom.scale)
        function = operator.floordiv if isinstance(atom, Floor) else operator.mod
        return self._apply(function, self.value(atom.numerator), self.value(atom.denominator))

    def _apply(self, function: Callable[[int, int], int], left: Number, right: Number) -> Number:
        if isinstance(left, int) and isinstance(right, int):
            return function(left, right)
        return self._graph.call_function(function, (left, right))
