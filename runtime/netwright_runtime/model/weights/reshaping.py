"""What steps of a key map make of tensors: parts of one, or one of several."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

import torch
from netwright.artifact import KeyRule
from torch import Tensor

from netwright_runtime.model.weights.source import Source

_NUMBER = "#"
"""In the name of an item that was stacked: its number."""


class Unmade(ValueError):
    """A tensor that is not such as a step wants it; the text says why."""


def transposed(source: Source) -> Source:
    """Its last two dims in the other order, as a layer that multiplies from the right has them."""
    if source.tensor.ndim < 2:
        raise Unmade(f"a step transposes it, and it has {_dims(source.tensor)}")
    return replace(source, tensor=source.tensor.mT, made=(*source.made, "transposed"))


def parts(source: Source, names: Sequence[str], dim: int, sizes: Sequence[int]) -> list[Source]:
    """The parts along a dim, as large as the weights that they become; equal where that is open."""
    whole, count = _size(source, dim, "splits"), len(names)
    if sum(sizes) != whole:
        if whole % count:
            raise Unmade(f"a step splits it into {count} parts, and {whole} has no {count}th")
        sizes = [whole // count] * count
    return _several(source, names, torch.split(source.tensor, list(sizes), dim), "split")


def items(source: Source, dim: int, name: Callable[[int], str]) -> list[Source]:
    """The items along a dim, which is then gone."""
    count = _size(source, dim, "unstacks")
    names = [name(number) for number in range(count)]
    return _several(source, names, torch.unbind(source.tensor, dim), "unstacked")


def item_names(name: str, rule: KeyRule) -> Callable[[int], str]:
    """The names of the items that a step unstacks a tensor into, by number."""

    def numbered(number: int) -> str:
        return re.sub(rule.match, rule.unstack.replace(_NUMBER, str(number)), name)

    return numbered


def joined(name: str, group: Sequence[Source], rule: KeyRule) -> Source:
    """The tensors one after the other along a dim, in the order of the step."""
    placed: dict[int, Source] = {}
    for source in group:
        found = _match(source, rule)
        wanted = [found.expand(part) for part in rule.join]
        if found[0] not in wanted:
            raise Unmade(f"a step joins `{'`, `'.join(wanted)}`, and it is `{found[0]}`")
        placed[wanted.index(found[0])] = source
    absent = [part for k, part in enumerate(rule.join) if k not in placed]
    if absent:
        raise Unmade(f"a step joins it with `{'`, `'.join(absent)}`, which the file lacks")
    ordered = [placed[k] for k in sorted(placed)]
    _size(ordered[0], rule.dim, "joins")
    return _one(name, ordered, lambda tensors: torch.cat(tensors, rule.dim), "joined", rule.dim)


def stacked(name: str, group: Sequence[Source], rule: KeyRule) -> Source:
    """The tensors side by side along a new dim, by their numbers."""
    placed: dict[int, Source] = {}
    for source in group:
        number = _match(source, rule).expand(rule.stack)
        if not number.isdecimal():
            raise Unmade(f"a step stacks it by its number, and `{number}` is none")
        placed[int(number)] = source
    absent = sorted(set(range(max(placed) + 1)) - placed.keys())
    if absent:
        raise Unmade(f"a step stacks it with number {absent[0]}, which the file lacks")
    ordered = [placed[k] for k in sorted(placed)]
    return _one(name, ordered, lambda tensors: torch.stack(tensors, rule.dim), "stacked")


def _match(source: Source, rule: KeyRule) -> re.Match[str]:
    found = re.search(rule.match, source.name)
    assert found is not None
    return found


def _size(source: Source, dim: int, does: str) -> int:
    if not -source.tensor.ndim <= dim < source.tensor.ndim:
        raise Unmade(f"a step {does} it along dim {dim}, and it has {_dims(source.tensor)}")
    return source.tensor.shape[dim]


def _dims(tensor: Tensor) -> str:
    return f"{tensor.ndim} dim" + "s" * (tensor.ndim != 1)


def _several(
    source: Source, names: Sequence[str], tensors: Sequence[Tensor], how: str
) -> list[Source]:
    made, count = (*source.made, how), len(names)
    return [
        replace(source, name=name, tensor=tensor, part=(place, count), made=made)
        for place, (name, tensor) in enumerate(zip(names, tensors, strict=True))
    ]


def _one(
    name: str,
    ordered: Sequence[Source],
    make: Callable[[list[Tensor]], Tensor],
    how: str,
    dim: int | None = None,
) -> Source:
    """One tensor of several, which agree in all sizes but that of `dim`."""
    first = ordered[0]
    for other in ordered[1:]:
        if _but(first.tensor, dim) != _but(other.tensor, dim):
            shapes = f"{list(first.tensor.shape)} and {list(other.tensor.shape)}"
            raise Unmade(f"`{first.key}` and `{other.key}` are to be {how}, and are {shapes}")
    keys = [key for source in ordered for key in source.keys]
    done = dict.fromkeys(step for source in ordered for step in source.made)
    return Source(
        name,
        keys[0],
        make([source.tensor for source in ordered]),
        others=tuple(keys[1:]),
        made=(*done, how),
    )


def _but(tensor: Tensor, dim: int | None) -> tuple[object, ...]:
    """The dtype and sizes of a tensor, that of `dim` left open."""
    shape = list(tensor.shape)
    if dim is not None and -len(shape) <= dim < len(shape):
        shape[dim] = -1
    return tensor.dtype, len(shape), *shape
