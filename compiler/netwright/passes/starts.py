"""What init rules make of the weights of a model: each weight that a rule matches, in their order.

A weight that several rules match is there several times; the last of them is how it begins. A tied
weight begins as the one that it is tied to, whatever rules its own name matches.
"""

from __future__ import annotations

from collections.abc import Iterator

from netwright.diagnostics import Diagnostic, Report
from netwright.ir.instance import Initial, Instance, Path, named
from netwright.ir.program import InitRule
from netwright.ops.broadcast import show_shape
from netwright.ops.initialisers import is_initialiser
from netwright.passes.evaluate import Evaluator
from netwright.passes.faults import Fault
from netwright.passes.frame import Frame
from netwright.passes.model import Elaboration
from netwright.passes.rules import matches
from netwright.passes.ties import ties
from netwright.passes.weights import fits, initial

Below = tuple[str, Path]
"""A class above a weight, and the weight's path below it."""


def starts(elaboration: Elaboration) -> Iterator[tuple[str, Initial]]:
    """A weight's name and how it begins, rule by rule."""
    for rule, names in _found(elaboration):
        begins = _begins(elaboration, rule)
        yield from ((name, begins) for name in names)


def check_values(elaboration: Elaboration, report: Report) -> None:
    """Hold what rules compute to the weights that begin with it (E0301, E0305)."""
    if all(is_initialiser(rule.value) for rule in elaboration.module.init):
        return
    shapes = {".".join(path): weight.shape for path, weight in elaboration.weights().items()}
    for rule, names in _found(elaboration):
        if is_initialiser(rule.value):
            continue
        try:
            begins = _begins(elaboration, rule)
        except Fault as error:
            report.add(error.diagnostic)
            continue
        for name in names:
            if begins.value is not None and not fits(begins, shapes[name]):
                message = (
                    f"`{name}` is {show_shape(shapes[name])}, and begins with {begins.value.type}"
                )
                report.add(Diagnostic("E0301", message, rule.value.span))
                break


def _begins(elaboration: Elaboration, rule: InitRule) -> Initial:
    block = Instance(elaboration.block, elaboration.scope, {}, {})
    return initial(Evaluator(Frame(block, dict(elaboration.params))), rule.value)


def _found(elaboration: Elaboration) -> Iterator[tuple[InitRule, list[str]]]:
    """The weights that each rule is about."""
    module = elaboration.module
    weights: dict[Path, tuple[Below, ...]] = {}
    for instance in elaboration.cases.values() if module.init else ():
        weights.update(_weights(instance, (), ()))
    tied = {target for target, _ in ties(elaboration, Report())}
    for rule in module.init:
        found: list[str] = []
        for path, classes in weights.items():
            name = ".".join(path)
            owned = any(f"{cls}.{'.'.join(below)}" == rule.match for cls, below in classes)
            if name not in tied and (owned or matches(rule.match, name)):
                found.append(name)
        yield rule, found


def _weights(
    instance: Instance, prefix: Path, above: tuple[tuple[str, int], ...]
) -> Iterator[tuple[Path, tuple[Below, ...]]]:
    """Every parameter's path, with the classes that it stands below; `above` has their depths."""
    if not instance.block.inline:  # its name is that of a node, and no class's
        above = (*above, (instance.block.name, len(prefix)))
    own = [(prefix, above, weight) for weight in instance.weights.values()]
    for path, child in instance.children.items():
        below = (*prefix, *named(path))
        if isinstance(child, Instance):
            yield from _weights(child, below, above)
        else:
            classes = (*above, (child.op.name, len(below)))
            own += [(below, classes, weight) for weight in child.weights]
    for at, classes, weight in own:
        if not weight.buffer:
            path = (*at, *weight.name.split("."))
            inside = ((cls, tuple(name.split("."))) for cls, name in weight.inside)
            yield path, (*((cls, path[depth:]) for cls, depth in classes), *inside)
