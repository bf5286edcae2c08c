"""The sizes that a model's symbolic dims may take."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netwright.artifact import Manifest

from netwright_runtime.model.sizes import UnknownSize, evaluate, names_in

FEW = 6
"""Sizes to draw from, the smallest that the constraints leave."""

_LARGEST = 4096


def domains(manifest: Manifest, minimum: Mapping[str, int]) -> dict[str, tuple[int, ...]]:
    """The smallest sizes for each dim that its own constraints admit, ascending.

    Args:
        minimum: the least size, for the dims that a property needs larger.
    """
    return {
        dim.name: _domain(manifest, dim.name, dim.multiple_of, minimum.get(dim.name, 1))
        for dim in manifest.dims
    }


def smallest(manifest: Manifest) -> dict[str, int]:
    """The least size of each dim by itself; constraints between dims are not looked at."""
    return {name: sizes[0] for name, sizes in domains(manifest, {}).items()}


def _domain(manifest: Manifest, name: str, multiple: int, least: int) -> tuple[int, ...]:
    own = [c for c in manifest.constraints if _decided(c, name, manifest.params)]
    found: list[int] = []
    for size in range(multiple, _LARGEST * multiple, multiple):
        if size >= least and all(holds(c, {**manifest.params, name: size}) for c in own):
            found.append(size)
        if len(found) == FEW:
            break
    return tuple(found) or (multiple,)


def _decided(constraint: str, name: str, params: Mapping[str, Any]) -> bool:
    return name in names_in(constraint) and names_in(constraint) <= {name, *params}


def holds(constraint: str, names: Mapping[str, Any]) -> bool:
    """Whether a constraint holds; one that these names do not decide does."""
    try:
        return bool(evaluate(constraint, names))
    except UnknownSize:
        return True
