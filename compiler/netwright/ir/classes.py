"""What the source back end writes from: one entry for each class of the emitted file.

A class is a block (or the part of one that `take` leaves) with all its distinct instances. Where
a size was inferred, `sizes` holds an expression over the class's own names that gives the right
number in every instance.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from netwright.ir.expr import Expr, IfElse, Name
from netwright.ir.instance import Instance, ModuleChild
from netwright.ir.program import Block, Module, ModuleNode, Node
from netwright.ir.values import ModuleValue, Scope, Value

Site = tuple[object, str]
"""A place (a node or expression) and what was inferred there (`infer:in_channels`, `dim:C`)."""


@dataclass(eq=False)
class ClassFacts:
    """One class.

    instances  the distinct instances in this configuration, over all cases
    symbolic   the same instances elaborated with their integers as symbols, for shapes in terms
    of the class dims       names that are sizes of the inputs and known at build: candidates for
    constructor arguments places     for an inline block, where such a size is: input and axis,
    `x.1` sizes      chosen expressions by site
    needs      the names in `dims` that building an instance needs
    group      0, or the number of the group where the instances of one block needed several classes
    """

    block: Block
    cut: tuple[str, ...]
    instances: list[Instance] = field(default_factory=list)
    symbolic: list[Instance] = field(default_factory=list)
    dims: dict[str, int] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    sizes: dict[Site, Expr] = field(default_factory=dict)
    needs: set[str] = field(default_factory=set)
    group: int = 0

    @property
    def sample(self) -> Instance:
        return self.instances[0]

    def found(self, place: object, kind: str) -> list[Any]:
        """What elaboration found at a place, over all instances and iterations."""
        return [f for i in self.instances for f in i.facts.get((place, kind), [])]

    def branches(self, node: Node) -> tuple[int, int] | None:
        """Of `op: ReLU if plain else GELU`, where in what was found a ReLU is, and where a GELU.

        None where only one of them was built, or where they are not modules of torch.
        """
        if not isinstance(node, ModuleNode) or not isinstance(node.callee, IfElse):
            return None
        built = {
            c.op.name: k
            for k, c in enumerate(self.found(node, "child"))
            if isinstance(c, ModuleChild)
        }
        then, otherwise = self._named(node.callee.then), self._named(node.callee.otherwise)
        if len(built) != 2 or set(built) != {then, otherwise}:
            return None
        return built[then], built[otherwise]

    def _named(self, callee: Expr) -> str:
        """The module that a callee names, through a param of the block if it is one."""
        name = callee.id if isinstance(callee, Name) else ""
        held = self.sample.params.get(name)
        return held.name if isinstance(held, ModuleValue) else name


@dataclass(eq=False)
class ModelFacts:
    """A model as the source back end sees it; `classes` come leaves first, the model last.

    params  the values of the model's params
    given   the params that a variant or an override gave, rather than their defaults
    ties    pairs of weights' names that share storage
    """

    module: Module
    block: Block
    variant: str | None
    scope: Scope
    params: Mapping[str, Value]
    classes: list[ClassFacts]
    class_of: Mapping[Instance, ClassFacts]
    ties: tuple[tuple[str, str], ...] = ()
    given: frozenset[str] = frozenset()

    @property
    def root(self) -> ClassFacts:
        return self.classes[-1]
