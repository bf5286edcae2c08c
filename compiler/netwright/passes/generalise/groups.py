"""Which instances become one class: by block, by what `take` leaves of it, by the modules given."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping

from netwright.ir.classes import ClassFacts
from netwright.ir.instance import Instance
from netwright.ir.program import Block, Node
from netwright.ir.values import ModuleValue, Value
from netwright.passes.model import Elaboration
from netwright.passes.work import spend

Parent = tuple[ClassFacts, Node, int, int]
"""The class, node, instance number and iteration that make a child."""

Groups = dict[tuple[Block, tuple[str, ...], int], list[Instance]]


def collect(elaboration: Elaboration) -> Groups:
    """All distinct instances of the model's cases, by block, outermost first."""
    groups: Groups = {}
    modules: dict[tuple[Block, tuple[str, ...]], dict[object, int]] = {}
    seen: set[Instance] = set()
    queue = deque(elaboration.cases.values())
    while queue:
        instance = queue.popleft()
        if instance in seen:
            continue
        seen.add(instance)
        place = (instance.block, instance.cut)
        kinds = modules.setdefault(place, {})
        group = kinds.setdefault(_modules(instance), len(kinds))
        groups.setdefault((*place, group), []).append(instance)
        queue += _made(instance)
    return groups


def _modules(instance: Instance) -> object:
    """The params that hold modules: no constructor takes them, so that each choice is a class."""
    held = [(k, v) for k, v in instance.params.items() if _holds_module(v)]
    return tuple(held)


def _holds_module(value: Value) -> bool:
    if isinstance(value, tuple):
        return any(_holds_module(v) for v in value)
    return isinstance(value, ModuleValue)


def _made(instance: Instance) -> Iterator[Instance]:
    """The instances that `instance` makes, including those that it calls again on other inputs."""
    for child in instance.children.values():
        if isinstance(child, Instance):
            yield child
    spend(len(instance.children) + len(instance.facts))
    for (_, kind), found in instance.facts.items():
        if kind == "child":
            yield from (f for f in found if isinstance(f, Instance) and not instance.cut)


def classes_of(
    groups: Groups,
) -> tuple[list[ClassFacts], dict[Instance, ClassFacts], dict[ClassFacts, list[Parent]]]:
    classes = [
        ClassFacts(block, cut, list(found), group=n) for (block, cut, n), found in groups.items()
    ]
    class_of = {i: facts for facts in classes for i in facts.instances}
    parents: dict[ClassFacts, list[Parent]] = {}
    for facts in classes:
        for number, instance in enumerate(facts.instances):
            for (place, kind), found in instance.facts.items():
                if kind != "child":
                    continue
                for iteration, child in enumerate(found):
                    if (
                        isinstance(child, Instance)
                        and child in class_of
                        and isinstance(place, Node)
                    ):
                        parents.setdefault(class_of[child], []).append(
                            (facts, place, number, iteration)
                        )
    return _parents_first(classes, class_of), class_of, parents


def _parents_first(
    classes: list[ClassFacts], class_of: Mapping[Instance, ClassFacts]
) -> list[ClassFacts]:
    return list(reversed(leaves_first(classes, class_of)))


def leaves_first(
    classes: list[ClassFacts], class_of: Mapping[Instance, ClassFacts]
) -> list[ClassFacts]:
    """Classes in the order in which a file defines them: what a class uses stands before it."""
    ordered: list[ClassFacts] = []
    visited: set[ClassFacts] = set()

    def visit(facts: ClassFacts) -> None:
        if facts in visited:
            return
        visited.add(facts)
        for instance in facts.instances:
            for child in _made(instance):
                if child in class_of:
                    visit(class_of[child])
        ordered.append(facts)

    visit(classes[0])
    return ordered


def regroup(groups: Groups, facts: ClassFacts, values: list[object]) -> Groups:
    """`groups` with the instances of one class split by what was found at a site."""
    new: Groups = {}
    for (block, cut, n), found in groups.items():
        if block is not facts.block or cut != facts.cut or n != facts.group:
            new[block, cut, n] = found
            continue
        taken = {m for (b, c, m) in groups if b is block and c == cut}
        by_value: dict[object, list[Instance]] = {}
        for instance, value in zip(found, values, strict=True):
            by_value.setdefault(value, []).append(instance)
        for k, part in enumerate(by_value.values()):
            new[block, cut, n if k == 0 else max(taken) + k] = part
    return new
