"""The tensors of a file beside the weights of a model: what goes where, and what does not fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from netwright_runtime.model.weights.keymap import Mapped
from netwright_runtime.model.weights.loaded import LeftOver, Match, Misfit, Missing
from netwright_runtime.model.weights.nearest import nearest
from netwright_runtime.model.weights.partial import Partial
from netwright_runtime.model.weights.positions import NotPositions, interpolated
from netwright_runtime.model.weights.source import Source

_EXPLAINED = 50
"""Missing weights, and keys that are left over, that candidates are looked for."""


class _Unfit(ValueError):
    """A tensor that cannot be the weight of its name; the text says why."""


@dataclass(eq=False)
class Matched:
    """What a match found; its lists are those of `Loaded`.

    values  by the weight's name, the tensor that it takes, in the dtype of the file
    """

    values: dict[str, Tensor] = field(default_factory=dict)
    matches: dict[str, Match] = field(default_factory=dict)
    tied: dict[str, str] = field(default_factory=dict)
    begun: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    missing: list[Missing] = field(default_factory=list)
    left_over: list[LeftOver] = field(default_factory=list)
    misfits: list[Misfit] = field(default_factory=list)


def match(
    content: Mapped, weights: Mapping[str, Tensor], partial: Partial, images: bool
) -> Matched:
    """Lead every tensor of a file to its weight.

    Args:
        weights: the entries of the model's `state_dict`; tied ones are one object.
        images: whether the model takes images.
    """
    found = Matched()
    spare: list[Source] = []
    for source in partial.moved(content.sources):
        if partial.skips(source.name):
            found.skipped.append(source.key)
        elif source.name in weights:
            _take(found, source, weights[source.name], partial, images)
        else:
            spare.append(source)
    found.misfits += [Misfit(key, key, reason) for key, reason in content.unmade.items()]
    _share(found, weights)
    absent = _absent(found, weights, partial)
    _explain(found, weights, absent, spare)
    if partial.rest:
        found.kept += [n for n in weights if n not in found.values and n not in found.kept]
    return found


def _take(found: Matched, source: Source, weight: Tensor, partial: Partial, images: bool) -> None:
    """Take a tensor for the weight of its name, or note why it cannot be that."""
    name = source.name
    try:
        if name in found.matches:
            raise _Unfit(f"`{found.matches[name].key}` of the file is this weight too")
        value, match = _fitted(source, weight, partial.interpolates(name), images)
    except _Unfit as fault:
        found.misfits.append(Misfit(name, source.key, str(fault)))
        return
    found.values[name], found.matches[name] = value, match


def _fitted(
    source: Source, weight: Tensor, interpolates: bool, images: bool
) -> tuple[Tensor, Match]:
    """The tensor in the weight's shape, with what had to be done for it."""
    value, old, new = source.tensor, tuple(source.tensor.shape), tuple(weight.shape)
    if value.is_floating_point() != weight.is_floating_point():
        raise _Unfit(f"it holds {_name(value.dtype)}, and the weight {_name(weight.dtype)}")
    reshaped = stretched = None
    if old != new and _without_ones(old) == _without_ones(new):
        value, reshaped = value.reshape(new), old
    elif old != new and interpolates:
        value, stretched = _interpolated(value, new, images), old
    elif old != new:
        raise _Unfit(f"it is {list(old)}, and the weight {list(new)}")
    converted = None if value.dtype == weight.dtype else _name(value.dtype)
    made = (source.part, reshaped, stretched, converted, source.others, source.made)
    return value, Match(source.name, source.key, *made)


def _interpolated(value: Tensor, shape: Sequence[int], images: bool) -> Tensor:
    try:
        return interpolated(value, shape, images)
    except NotPositions as fault:
        raise _Unfit(f"it is {list(value.shape)}, the weight {list(shape)}: {fault}") from fault


def _without_ones(shape: Sequence[int]) -> list[int]:
    return [size for size in shape if size != 1]


def _name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def _share(found: Matched, weights: Mapping[str, Tensor]) -> None:
    """Tied weights: one that was found is there for all, and several have to be equal."""
    names: dict[int, list[str]] = {}
    for name, weight in weights.items():
        names.setdefault(id(weight), []).append(name)
    for group in names.values():
        given = [name for name in group if name in found.values]
        if len(group) == 1 or not given:
            continue
        first, *more = given
        for other in more:
            if not torch.equal(found.values[first], found.values[other]):
                reason = f"it differs from `{first}`, and the model ties the two"
                found.misfits.append(Misfit(other, found.matches[other].key, reason))
        for other in set(group) - set(given):
            found.tied[other] = first
        found.values.update(dict.fromkeys(group, found.values[first]))


def _absent(found: Matched, weights: Mapping[str, Tensor], partial: Partial) -> list[str]:
    """The weights that the file should have given and did not."""
    refused = {misfit.name for misfit in found.misfits}
    absent: list[str] = []
    for name, weight in weights.items():
        if name in found.values or name in refused:
            continue
        if partial.skips(name) or partial.is_inserted(name):
            found.kept.append(name)
        elif name.endswith("num_batches_tracked") and weight.ndim == 0:
            found.begun.append(name)
            found.values[name] = torch.zeros((), dtype=weight.dtype)
        else:
            absent.append(name)
    return absent


def _explain(
    found: Matched, weights: Mapping[str, Tensor], absent: Sequence[str], spare: Sequence[Source]
) -> None:
    """Missing weights and keys that are left over, each with those of the others like it."""
    lacking = {name: tuple(weights[name].shape) for name in absent}
    offered = {source.name: tuple(source.tensor.shape) for source in spare}
    keys = {source.name: source.key for source in spare}
    for place, (name, shape) in enumerate(lacking.items()):
        near = nearest(name, shape, offered) if place < _EXPLAINED else ()
        found.missing.append(Missing(name, shape, tuple(keys[n] for n in near)))
    for place, source in enumerate(spare):
        shape = offered[source.name]
        near = nearest(source.name, shape, lacking) if place < _EXPLAINED else ()
        found.left_over.append(LeftOver(source.key, source.name, shape, near))
