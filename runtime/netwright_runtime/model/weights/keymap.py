"""A spec's key map, applied: published keys to the model's own."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from netwright.artifact import KeyRule

from netwright_runtime.model.weights.reshaping import (
    Unmade,
    item_names,
    items,
    joined,
    parts,
    stacked,
    transposed,
)
from netwright_runtime.model.weights.source import Shapes, Source


@dataclass(frozen=True, eq=False)
class Mapped:
    """What a key map makes of a file.

    dropped  keys that a step drops
    unmade   keys whose tensor is not such as a step wants it, each with the reason
    """

    sources: tuple[Source, ...]
    dropped: tuple[str, ...] = ()
    unmade: Mapping[str, str] = field(default_factory=dict)


def copies(rules: Sequence[KeyRule]) -> bool:
    """Whether steps make new tensors of those of a file, and not views of them."""
    return any(rule.join or rule.stack for rule in rules)


def mapped(given: Sequence[Source], rules: Sequence[KeyRule], shapes: Shapes) -> Mapped:
    """The tensors of a file under the names that `rules` give them, step by step."""
    found, unmade = list(given), dict[str, str]()
    for place, rule in enumerate(rules):
        met = [source for source in found if re.search(rule.match, source.name)]
        made = _made(met, rule, rules[place + 1 :], shapes, unmade)
        found = [new for source in found for new in made.get(source, [source])]
    told = unmade.keys() | {key for source in found for key in source.keys}
    dropped = (key for source in given for key in source.keys if key not in told)
    return Mapped(tuple(found), tuple(dropped), unmade)


def _made(
    met: Sequence[Source],
    rule: KeyRule,
    later: Sequence[KeyRule],
    shapes: Shapes,
    unmade: dict[str, str],
) -> dict[Source, list[Source]]:
    """What a step makes of the tensors that it is about, in the place of the first that it takes
    for it."""
    made: dict[Source, list[Source]] = {source: [] for source in met}
    for group in _groups(met, rule):
        try:
            made[group[0]] = _of_group(group, rule, later, shapes)
        except Unmade as fault:
            unmade.update({key: str(fault) for source in group for key in source.keys})
    return made


def _groups(met: Sequence[Source], rule: KeyRule) -> list[list[Source]]:
    """The tensors that become one: those that get the same name."""
    if not (rule.join or rule.stack):
        return [[source] for source in met]
    assert rule.to is not None
    by_name: dict[str, list[Source]] = {}
    for source in met:
        by_name.setdefault(re.sub(rule.match, rule.to, source.name), []).append(source)
    return list(by_name.values())


def _of_group(
    group: list[Source], rule: KeyRule, later: Sequence[KeyRule], shapes: Shapes
) -> list[Source]:
    one = group[0]
    if rule.transpose:
        group = [transposed(source) for source in group]
    if rule.split:
        names = [re.sub(rule.match, to, one.name) for to in rule.split]
        return parts(group[0], names, rule.dim, _sizes(names, rule.dim, later, shapes))
    if rule.unstack:
        return items(group[0], rule.dim, item_names(one.name, rule))
    if rule.to is None:
        return group if rule.transpose else []
    name = re.sub(rule.match, rule.to, one.name)
    if rule.join:
        return [joined(name, group, rule)]
    if rule.stack:
        return [stacked(name, group, rule)]
    return [replace(source, name=name) for source in group]


def _sizes(names: Sequence[str], dim: int, later: Sequence[KeyRule], shapes: Shapes) -> list[int]:
    """How large the model's weights of these names are along `dim`; 0 where it has none."""
    final = [_renamed(name, later) for name in names]
    held = [shapes.get(name, ()) for name in final]
    return [shape[dim] if -len(shape) <= dim < len(shape) else 0 for shape in held]


def _renamed(name: str, rules: Sequence[KeyRule]) -> str:
    """The name after the steps that rename."""
    for rule in rules:
        if rule.to is not None:
            name = re.sub(rule.match, rule.to, name)
    return name
