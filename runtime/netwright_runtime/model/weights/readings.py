"""How a file is to be read: which part of it, without which prefix, through which key map.

Files wrap a model's weights in what was around the model: a dict beside an optimiser's state
(`model_state`), `module.` of DataParallel, `model.` of Lightning, `_orig_mod.` of torch.compile.
Every reading that may be meant is tried by names and shapes, and the one that gives the model the
most weights is taken. Of equal ones it is the plainest: the first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from netwright.artifact import KeyRule
from torch import Tensor

from netwright_runtime.model.weights.keymap import Mapped, copies, mapped
from netwright_runtime.model.weights.source import Shapes, Source

_WRAPPERS = frozenset({"_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module"})
"""Levels that torch's own wrappers put into names, wherever they stand."""

_DEEPEST = 3
"""Levels of dicts inside dicts that are looked into."""

_PREFIXES = 8
"""First levels that may be a prefix, the most frequent ones."""


@dataclass(frozen=True, eq=False)
class Reading:
    """A file as it was read.

    inside   the keys of the dicts that the weights lie in, outermost first
    prefix   what was taken away from the front of names, `module.`
    key_map  the name of the spec's key map, None for none
    others   the other places inside the file that give the model as many weights
    """

    inside: tuple[str, ...]
    prefix: str
    key_map: str | None
    content: Mapped
    others: tuple[str, ...] = ()


def best(
    content: Mapping[str, Any],
    key_maps: Mapping[str | None, Sequence[KeyRule]],
    shapes: Shapes,
) -> Reading:
    """The reading that gives most weights of the model, and among these leaves the least over."""
    ranked: list[tuple[tuple[int, int], Reading]] = []
    whole: dict[Reading, list[Source]] = {}
    for inside, tensors in _dicts(content, ()):
        for prefix in _prefixes(tensors):
            named = _without(tensors, prefix)
            for name, rules in key_maps.items():
                result = mapped(_outlined(named, rules), rules, shapes)
                ranked.append((_score(result, shapes), Reading(inside, prefix, name, result)))
                whole[ranked[-1][1]] = named
    top = max(score for score, _ in ranked)
    chosen = [reading for score, reading in ranked if score == top]
    first = chosen[0]
    others = dict.fromkeys(".".join(r.inside) for r in chosen if r.inside != first.inside)
    found = first.content
    if copies(key_maps[first.key_map]):
        found = mapped(whole[first], key_maps[first.key_map], shapes)
    return Reading(first.inside, first.prefix, first.key_map, found, tuple(others))


def _outlined(given: Sequence[Source], rules: Sequence[KeyRule]) -> Sequence[Source]:
    """The tensors without their values where steps would copy those of every reading."""
    if not copies(rules):
        return given
    return [replace(source, tensor=source.tensor.to("meta")) for source in given]


def _dicts(
    content: Mapping[str, Any], inside: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], dict[str, Tensor]]]:
    """The dicts of a file, each with the tensors right in it."""
    yield inside, {str(name): v for name, v in content.items() if isinstance(v, Tensor)}
    for name, value in content.items():
        if isinstance(value, Mapping) and len(inside) < _DEEPEST:
            yield from _dicts(value, (*inside, str(name)))


def _prefixes(tensors: Mapping[str, Tensor]) -> list[str]:
    """Nothing, and the first one and two levels that several names begin with."""
    levels = [_levels(key) for key in tensors]
    once = Counter(f"{key[0]}." for key in levels if len(key) > 1)
    twice = Counter(f"{key[0]}.{key[1]}." for key in levels if len(key) > 2)
    frequent = [*once.most_common(_PREFIXES), *twice.most_common(_PREFIXES)]
    return ["", *(prefix for prefix, _ in frequent)]


def _without(tensors: Mapping[str, Tensor], prefix: str) -> list[Source]:
    """The tensors by their names without `prefix`, and without the levels of wrappers."""
    return [
        Source(".".join(_levels(key)).removeprefix(prefix), key, tensor)
        for key, tensor in tensors.items()
    ]


def _levels(key: str) -> list[str]:
    return [level for level in key.split(".") if level not in _WRAPPERS]


def _score(content: Mapped, shapes: Shapes) -> tuple[int, int]:
    """Weights that fit in name and shape count first, then names; what is left over counts less."""
    named = {
        source.name: source.tensor.shape for source in content.sources if source.name in shapes
    }
    fitting = sum(tuple(shape) == tuple(shapes[name]) for name, shape in named.items())
    return fitting + len(named), -len(content.sources)
