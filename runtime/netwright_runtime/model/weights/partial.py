"""What a load may leave out or change, because the caller says so."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from netwright_runtime.model.weights.source import Source


class UnknownName(ValueError):
    """A load is told of a key map, a dict, a weight or a layer that there is not."""


@dataclass(frozen=True)
class Partial:
    """What is not loaded as it is. In patterns, `*` matches any characters, dots included.

    skip         weights that stay as they are, and keys that are not used: `head.*`, where the
                 classes are others
    interpolate  weights whose positions are interpolated from the file's: `pos_embed`, where the
                 image is of another size or the sequence longer
    inserted     layers that the model has and the file lacks: with `blocks.4`, the file's
                 `blocks.4` is the model's `blocks.5`, and so on
    rest         whether everything else that does not fit is left out too, instead of an error
    """

    skip: tuple[str, ...] = ()
    interpolate: tuple[str, ...] = ()
    inserted: tuple[str, ...] = ()
    rest: bool = False

    def __post_init__(self) -> None:
        for layer in self.inserted:
            stack, _, number = layer.rpartition(".")
            if not (stack and number.isdecimal()):
                raise UnknownName(f"an inserted layer has a number, `blocks.4`; `{layer}` has none")

    def check(self, names: Collection[str], weights: Collection[str]) -> None:
        """Raise UnknownName for what is about no weight of the model, and no key of the file."""
        for pattern in (*self.skip, *self.interpolate):
            if not any(_pattern(pattern).fullmatch(name) for name in (*names, *weights)):
                raise UnknownName(f"`{pattern}` matches no weight, and no key of the file")
        for layer in self.inserted:
            if not any(name.startswith(f"{layer}.") for name in weights):
                raise UnknownName(f"the model has no layer `{layer}`")

    def skips(self, name: str) -> bool:
        return any(pattern.fullmatch(name) for pattern in self._skipped)

    def interpolates(self, name: str) -> bool:
        return any(pattern.fullmatch(name) for pattern in self._interpolated)

    def is_inserted(self, name: str) -> bool:
        return any(name.startswith(f"{layer}.") for layer in self.inserted)

    def moved(self, sources: Iterable[Source]) -> Iterator[Source]:
        """The sources with the numbers of their layers moved on, past those that are inserted."""
        for source in sources:
            name = source.name
            for layer in sorted(self.inserted, key=_number):
                name = _past(name, layer)
            yield replace(source, name=name)

    @cached_property
    def _skipped(self) -> list[re.Pattern[str]]:
        return [_pattern(text) for text in self.skip]

    @cached_property
    def _interpolated(self) -> list[re.Pattern[str]]:
        return [_pattern(text) for text in self.interpolate]


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, text.split("*"))), re.DOTALL)


def _number(layer: str) -> int:
    return int(layer.rpartition(".")[2])


def _past(name: str, layer: str) -> str:
    """`blocks.7.norm` past `blocks.4` is `blocks.8.norm`."""
    stack, _, place = layer.rpartition(".")
    number, dot, rest = name.removeprefix(f"{stack}.").partition(".")
    if not name.startswith(f"{stack}.") or not number.isdecimal() or int(number) < int(place):
        return name
    return f"{stack}.{int(number) + 1}{dot}{rest}"
