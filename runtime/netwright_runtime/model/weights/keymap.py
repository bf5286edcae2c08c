"""A spec's key map, applied: published keys to the model's own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import torch
from netwright.artifact import KeyRule
from torch import Tensor

Shapes = Mapping[str, Sequence[int]]
"""The shapes of a model's weights, by name."""


@dataclass(frozen=True, eq=False)
class Source:
    """A tensor of a file, under the name that it has in the model.

    key   its name in the file
    part  of a tensor that was split, which one, and of how many: (0, 3) is the first of three
    """

    name: str
    key: str
    tensor: Tensor
    part: tuple[int, int] | None = None


@dataclass(frozen=True, eq=False)
class Mapped:
    """What a key map makes of a file.

    dropped  keys that a step drops
    uncut    keys whose tensor cannot be split as a step says, each with the reason
    """

    sources: tuple[Source, ...]
    dropped: tuple[str, ...] = ()
    uncut: Mapping[str, str] = field(default_factory=dict)


class _Uncut(ValueError):
    """A tensor that does not have the parts that a step splits it into."""


def mapped(given: Iterable[Source], rules: Sequence[KeyRule], shapes: Shapes) -> Mapped:
    """The tensors of a file under the names that `rules` give them, step by step."""
    found: list[Source] = []
    dropped: list[str] = []
    uncut: dict[str, str] = {}
    for source in given:
        try:
            parts = list(_stepped(source, rules, shapes))
        except _Uncut as fault:
            uncut[source.key] = str(fault)
            continue
        found += parts
        if not parts:
            dropped.append(source.key)
    return Mapped(tuple(found), tuple(dropped), uncut)


def _stepped(source: Source, rules: Sequence[KeyRule], shapes: Shapes) -> Iterator[Source]:
    """What becomes of a tensor in the steps that are left."""
    for place, rule in enumerate(rules):
        if re.search(rule.match, source.name) is None:
            continue
        if rule.split:
            later = rules[place + 1 :]
            for part in _split(source, rule, later, shapes):
                yield from _stepped(part, later, shapes)
            return
        if rule.to is None:
            return
        source = replace(source, name=re.sub(rule.match, rule.to, source.name))
    yield source


def _split(
    source: Source, rule: KeyRule, later: Sequence[KeyRule], shapes: Shapes
) -> Iterator[Source]:
    """The parts of a tensor along the step's dim, as large as the model's weights."""
    tensor, count = source.tensor, len(rule.split)
    if not -tensor.ndim <= rule.dim < tensor.ndim:
        raise _Uncut(f"a step splits it along dim {rule.dim}, and it has {tensor.ndim}")
    names = [re.sub(rule.match, to, source.name) for to in rule.split]
    sizes = _sizes(names, rule.dim, later, shapes)
    whole = tensor.shape[rule.dim]
    if sum(sizes) != whole:
        if whole % count:
            raise _Uncut(f"a step splits it into {count} parts, and {whole} has no {count}th")
        sizes = [whole // count] * count
    parts = torch.split(tensor, sizes, rule.dim)
    for place, (name, part) in enumerate(zip(names, parts, strict=True)):
        yield Source(name, source.key, part, (place, count))


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
