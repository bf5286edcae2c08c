"""The expression for a site: one that gives the right number in every instance and iteration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netwright.ir import expr as ex
from netwright.ir.classes import ClassFacts, Site
from netwright.ir.dims import Size, known
from netwright.ir.instance import Instance
from netwright.ir.program import (
    Loop,
    Node,
)
from netwright.ir.sizes import size_to_expr
from netwright.ir.values import Outputs, Tensor, TensorList, Value
from netwright.passes.evaluate import Evaluator
from netwright.passes.faults import Fault, Silent
from netwright.passes.frame import Frame
from netwright.passes.generalise.candidates import candidates
from netwright.passes.numbers import NumberError, SizeUnknown
from netwright.passes.work import spend


def choose(facts: ClassFacts, site: Site, found: list[list[Size]]) -> ex.Expr | None:
    """One expression that fits every instance and iteration."""
    place, _ = site
    actual = [[known(s) for s in sizes] for sizes in found]
    flat = [n for numbers in actual for n in numbers]
    if flat and all(type(s) is int and s == flat[0] for sizes in found for s in sizes):
        return ex.Literal(flat[0])
    loop = place.control.loop if isinstance(place, Node) and not place.control.shared else None
    counter = _counter(facts, place, loop) if loop is not None else ""
    for candidate in candidates(found, counter):
        if _fits(facts, place, candidate, actual):
            return candidate
    if flat and all(n == flat[0] for n in flat):
        return ex.Literal(flat[0])
    if loop is not None and found[0]:
        written = [size_to_expr(size) for size in found[0]]
        items = tuple(w for w in written if w is not None)
        one_each = ex.Index(ex.ListExpr(items), (ex.Name(counter),))
        if len(items) == len(written) and _fits(facts, place, one_each, actual):
            return one_each
    if loop is not None and all(numbers == actual[0] for numbers in actual):
        listed = ex.ListExpr(tuple(ex.Literal(n) for n in actual[0]))
        return ex.Index(listed, (ex.Name(counter),))
    return None


def _counter(facts: ClassFacts, place: object, loop: Loop) -> str:
    """The name that counts the iterations; the items of a list have another."""
    if loop.kind == "repeat" and len(loop.targets) == 1:
        name = loop.targets[0]
        runs: list[list[Any]] = [i.facts.get((place, "iteration"), []) for i in facts.instances]
        if all([step.get(name) for step in run] == list(range(len(run))) for run in runs):
            return name
    return "i"


def _fits(
    facts: ClassFacts, place: object, candidate: ex.Expr, actual: list[list[int | None]]
) -> bool:
    for number, numbers in enumerate(actual):
        instance = facts.instances[number]
        symbolic = facts.symbolic[number]
        fresh = {k: known(v) for k, v in symbolic.dims.items()}
        names = {**fresh, **instance.dims, **instance.params, **_numbers(instance.values)}
        spend(len(names) + len(numbers))
        frame = Frame(Instance(instance.block, instance.scope, {}, {}), names)
        steps: list[Any] = instance.facts.get((place, "iteration"), [])
        for iteration, expected in enumerate(numbers):
            names["i"] = iteration
            names.update(steps[iteration] if iteration < len(steps) else {})
            evaluator = Evaluator(frame)
            try:
                value = evaluator.number(candidate)
                wraps = _wraps(candidate, evaluator)
            except (Fault, Silent, SizeUnknown, NumberError):
                return False
            if value != expected or wraps:
                return False
    return True


def _wraps(candidate: ex.Expr, evaluator: Evaluator) -> bool:
    """Whether a computed index falls before a list's start, as `widths[i - 1]` does at first.

    What it gives is right by chance: the list's last item happens to be the size.
    """
    if isinstance(candidate, ex.IfElse):
        holds = evaluator.value(candidate.condition)
        return _wraps(candidate.then if holds else candidate.otherwise, evaluator)
    if isinstance(candidate, ex.Index) and len(candidate.items) == 1:
        (index,) = candidate.items
        at = evaluator.value(index) if ex.free_names(index) else 0
        if isinstance(at, int) and at < 0:
            return True
    return any(_wraps(child, evaluator) for child in ex.children(candidate))


def _numbers(values: Mapping[str, Value]) -> dict[str, Value]:
    return {k: v for k, v in values.items() if not isinstance(v, Tensor | TensorList | Outputs)}
