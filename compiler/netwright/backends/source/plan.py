"""Which classes an emitted file has, and what their sizes are in terms of their arguments.

Every block that the model uses becomes one class. A class is looked at once more for each of its
distinct instances, with its integers as symbols that carry the instance's number as a witness: each
inferred size then comes out as an expression over the class's own names. An expression is taken only
when it gives the right number in every instance; where none does, the class is split.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from netwright.diagnostics import Report
from netwright.ir import expr as ex
from netwright.ir.dims import Dim, Size, known, symbol
from netwright.ir.instance import Instance, ModuleChild
from netwright.ir.printer import to_source
from netwright.ir.program import Block, InlineNode, TypeExpr
from netwright.ir.sizes import size_to_expr, symbols_of
from netwright.ir.types import TensorType
from netwright.ir.values import Outputs, Scope, Tensor, TensorList, Value

Key = tuple[Block, tuple[str, ...], int]
"""A class: its block, the cut that `take` made of it, and the number of the group where it was split."""


@dataclass(eq=False)
class ClassPlan:
    """One class: its distinct instances, concrete and symbolic, in the same order."""

    key: Key
    block: Block
    concrete: list[Instance] = field(default_factory=list)
    symbolic: list[Instance] = field(default_factory=list)
    parents: list[tuple[ClassPlan, InlineNode | None, int, int]] = field(default_factory=list)
    """Where instances are made: parent, the inline node, the parent's instance, the iteration."""

    @property
    def sample(self) -> Instance:
        return self.concrete[0]

    def facts(self, place: object, kind: str) -> list[list[Any]]:
        """What was found at a place, for each symbolic instance a list by iteration."""
        return [s.facts.get((place, kind), []) for s in self.symbolic]

    def found(self, place: object, kind: str) -> list[Any]:
        """What was found at a place in the concrete instances, all in one list."""
        return [f for c in self.concrete for f in c.facts.get((place, kind), [])]
