"""From instances back to classes: every inferred size as an expression over the class's own names.

Each class is elaborated again for each of its distinct instances, its integers being symbols
that carry the instance's number as a witness. Decisions fall as they fell for the numbers, and
every inferred size comes out as a polynomial over the class's names. An expression is taken only
if it gives the right number in every instance and iteration; where none does, the instances are
split into several classes.

    groups       instances to classes, and classes split
    owning       what instances own by the inputs that they are given
    symbolic     the second look; `shapes` has the types of its inputs
    sites        where sizes were inferred
    choose       the expression for each, among the `candidates`
    needs        what becomes an argument of the constructor
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from netwright.diagnostics import Report
from netwright.ir.classes import ClassFacts, ModelFacts
from netwright.ir.dims import known
from netwright.ir.instance import Instance, ModuleChild
from netwright.ir.program import Node
from netwright.passes.generalise.choose import choose
from netwright.passes.generalise.groups import classes_of, collect, leaves_first, regroup
from netwright.passes.generalise.needs import needs_of
from netwright.passes.generalise.owning import Modules, modules_of, owned_differently
from netwright.passes.generalise.sites import sites_of
from netwright.passes.generalise.symbolic import look_again
from netwright.passes.model import Elaboration
from netwright.passes.ties import ties
from netwright.passes.work import metered

__all__ = ["generalise"]

LOOKS = 8
"""How many times the work of a check may be spent, since a class is looked at for every split."""


def generalise(elaboration: Elaboration) -> ModelFacts:
    """The classes of the emitted file, leaves first.

    Raises:
        Exhausted: the instances differ in too many ways to find out, each split being another look.
    """
    with metered(elaboration.module, LOOKS):
        return _generalise(elaboration)


def _generalise(elaboration: Elaboration) -> ModelFacts:
    groups, modules = collect(elaboration), modules_of(elaboration)
    while True:
        classes, class_of, parents = classes_of(groups)
        for facts in classes:  # parents first, since an inline block reads its parent's symbols
            for number, instance in enumerate(facts.instances):
                facts.symbolic.append(look_again(facts, instance, parents.get(facts, []), number))
        split = _choose_all(classes, class_of, modules)
        if split is None:
            break
        groups = regroup(groups, *split)
    ordered = leaves_first(classes, class_of)
    return ModelFacts(
        elaboration.module,
        elaboration.block,
        elaboration.variant,
        elaboration.scope,
        elaboration.params,
        ordered,
        class_of,
        ties(elaboration, Report()),
        elaboration.given,
    )


def _choose_all(
    classes: list[ClassFacts], class_of: Mapping[Instance, ClassFacts], modules: Modules
) -> tuple[ClassFacts, list[object]] | None:
    """Choose every site's expression; where a class has to be split, that class and by what."""
    for facts in leaves_first(classes, class_of):
        differing = (
            _shared_built(facts)
            or _made_differently(facts, class_of)
            or owned_differently(facts, modules)
        )
        if differing is not None:
            return facts, differing
        for site, found in sites_of(facts, class_of).items():
            chosen = choose(facts, site, found)
            if chosen is None:
                return facts, [tuple(known(s) for s in sizes) for sizes in found]
            facts.sizes[site] = chosen
        facts.needs = needs_of(facts)
    return None


def _shared_built(facts: ClassFacts) -> list[object] | None:
    """For each instance, whether a shared loop runs at all, and so has a module; None where they
    agree."""
    for node in facts.block.nodes:
        if node.control.shared and node.control.when is None:
            runs = [bool(i.facts.get((node, "iteration"))) for i in facts.instances]
            if len(set(runs)) > 1:
                return list(runs)
    return None


def _made_differently(
    facts: ClassFacts, class_of: Mapping[Instance, ClassFacts]
) -> list[object] | None:
    """For each instance, of which kinds a node makes its modules; None where they agree.

    An instance in which the node makes none goes with the first.
    """
    for node in facts.block.nodes:
        rows = [frozenset(_kinds(i, node, class_of)) for i in facts.instances]
        kinds = list(dict.fromkeys(row for row in rows if row))
        if len(kinds) > 1 and facts.branches(node) is None:
            return [row or kinds[0] for row in rows]
    return None


def _kinds(
    instance: Instance, node: Node, class_of: Mapping[Instance, ClassFacts]
) -> Iterator[object]:
    """The classes of what a node makes, or its ops with what a choice of them was given."""
    partial = instance.facts.get((node, "partial"), [])
    for k, child in enumerate(instance.facts.get((node, "child"), [])):
        if isinstance(child, ModuleChild):
            yield child.op.name, repr(partial[k] if k < len(partial) else {})
        elif isinstance(child, Instance) and child in class_of:
            yield class_of[child]
