"""What an instance owns by an optional input: without that input it needs no weights for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from netwright.ir import expr as ex
from netwright.ir.classes import ClassFacts
from netwright.ir.instance import Instance
from netwright.ir.program import ExprNode, Node
from netwright.passes.model import Elaboration
from netwright.passes.work import spend

Modules = Mapping[Instance, Instance]
"""For each instance, one that stands for all that are the same module in other cases."""


def modules_of(elaboration: Elaboration) -> Modules:
    """Which instances are one module of the model that is built."""
    found: dict[Instance, Instance] = {}

    def stands(instance: Instance) -> Instance:
        while found.setdefault(instance, instance) is not instance:
            instance = found[instance]
        return instance

    roots = list(elaboration.cases.values())
    queue = [(roots[0], root) for root in roots]
    seen: set[tuple[Instance, Instance]] = set()
    while queue:
        pair = queue.pop()
        if pair in seen:
            continue
        seen.add(pair)
        one, other = pair
        spend(1 + len(other.children))
        found[stands(other)] = stands(one)
        queue += _pairs(one, other)
    return {instance: stands(instance) for instance in list(found)}


def _pairs(one: Instance, other: Instance) -> Iterator[tuple[Instance, Instance]]:
    """The children of two instances of one module that are one module, too."""
    for path, child in other.children.items():
        first = one.children.get(path, child)
        if isinstance(first, Instance) and isinstance(child, Instance):
            yield first, child


def owned_differently(facts: ClassFacts, modules: Modules) -> list[object] | None:
    """For each instance, which of the nodes that an optional input decides on its module has; None
    where they agree.

    A constructor knows no input, so that such a node is built for all instances of a class.
    """
    nodes = [node for node in facts.block.nodes if _by_input(node, facts)]
    owned: dict[Instance, set[str]] = {}
    for instance in facts.instances:
        held = owned.setdefault(modules.get(instance, instance), set())
        held |= {n.name for n in nodes if any(instance.facts.get((n, "when"), []))}
    rows = [frozenset(owned[modules.get(i, i)]) for i in facts.instances]
    return list(rows) if len(set(rows)) > 1 else None


def _by_input(node: Node, facts: ClassFacts) -> bool:
    """Whether a node that may own weights is there only with some inputs."""
    if isinstance(node, ExprNode) or node.control.when is None:
        return False
    values = {t: n.value for n in facts.block.nodes if isinstance(n, ExprNode) for t in n.targets}
    names, read = ex.free_names(node.control.when), set[str]()
    while names := [n for n in names if n not in read]:
        read.update(names)
        names = [m for n in names if n in values for m in ex.free_names(values[n])]
    return any(name in read for i in facts.instances for name in i.inputs)
