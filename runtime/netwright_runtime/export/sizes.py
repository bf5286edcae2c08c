"""Sizes: those to trace at, those to check at, and what torch.export is told of them."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice, product
from typing import Any

from netwright.artifact import Manifest
from torch.export import Dim

from netwright_runtime.export.entries import Entry
from netwright_runtime.export.refusal import Unexportable
from netwright_runtime.model import Slot
from netwright_runtime.model.batch import batch_dim
from netwright_runtime.model.domains import domains, holds
from netwright_runtime.model.sizes import UnknownSize, evaluate, names_in

Sizes = dict[str, int]

_COMBINATIONS = 2000
"""Choices of sizes that are tried for one that meets the constraints between dims."""

_MAP = 64
"""Least height and width of a map to trace at: a size of 1 further down would seem constant."""

_FIRST = 5
"""Least size of other dims to trace at, above usual kernels, whose sizes decide branches. Each gets
another one, or two would seem to be equal."""

_SAMPLES = 3
"""Least size of the batch to trace at: a size of 1 would be taken for constant."""


def dims_of(slots: Iterable[Slot]) -> list[str]:
    """The dims that inputs bind, in order."""
    texts = [size for slot in slots for size in slot.shape if isinstance(size, str)]
    return list(dict.fromkeys(name for text in texts for name in sorted(names_in(text))))


def trace_sizes(manifest: Manifest, entry: Entry, fixed: Mapping[str, int]) -> Sizes:
    """The sizes at which a graph is traced.

    Raises:
        Unexportable: `fixed` names no dim, or breaks a constraint.
    """
    maps = _maps(entry.slots)
    names = dims_of(entry.slots)
    batch = batch_dim(manifest)
    least = {name: _MAP if name in maps else _FIRST + at for at, name in enumerate(names)}
    least |= {batch: _SAMPLES} if batch in least else {}
    found = _admissible(manifest, names, least, fixed, {})
    if found is None:
        listed = ", ".join(f"`{c}`" for c in manifest.constraints)
        said = ", ".join(f"{name}={size}" for name, size in fixed.items())
        raise Unexportable(f"no sizes meet {listed or 'the spec'} with {said or 'these inputs'}")
    return found


def check_sizes(
    manifest: Manifest, entry: Entry, traced: Sizes, fixed: Mapping[str, int]
) -> list[Sizes]:
    """Sizes to compare at, none of which is that of the trace: other ones, one sample, the least.

    Dims that are fixed stay. Where a model has one size only, that is the one.
    """
    names = list(traced)
    larger = {name: size + 1 for name, size in traced.items()}
    other = _admissible(manifest, names, larger, fixed, traced)
    batch = batch_dim(manifest)
    one = {**(other or traced), **({batch: 1} if batch in traced and batch not in fixed else {})}
    least = _admissible(manifest, names, {}, fixed, {})
    found = [sizes for sizes in (other, one, least) if sizes is not None]
    kept = [sizes for sizes in found if _admitted(manifest, sizes) and sizes != traced]
    return [sizes for at, sizes in enumerate(kept) if sizes not in kept[:at]] or [traced]


def dynamic_shapes(manifest: Manifest, entry: Entry, fixed: Mapping[str, int]) -> dict[str, Any]:
    """What torch.export is told of each axis of each input.

    A dim is a hint with a range, not a named `Dim`: a named one refuses every relation that a trace
    finds, and cannot stand for a sum such as `P + T`. Names are given back afterwards.
    """
    multiples = {dim.name: dim.multiple_of for dim in manifest.dims}
    parts: dict[str, Any] = {}

    def axis(size: str) -> Any:
        least, most = bounds(manifest, size)
        multiple = multiples.get(size, 1)
        if multiple == 1:
            return Dim.DYNAMIC(min=least, max=most) if size in multiples else Dim.DYNAMIC
        whole = Dim(f"_{size}", min=-(-least // multiple), max=most and most // multiple)
        return multiple * parts.setdefault(size, whole)

    def tensor(slot: Slot) -> Any:
        sizes = {
            at: axis(size)
            for at, size in enumerate(slot.shape)
            if isinstance(size, str) and not names_in(size) <= fixed.keys()
        }
        return sizes if slot.length is None else [sizes] * slot.length

    return {slot.name: tensor(slot) for slot in entry.slots}


def bounds(manifest: Manifest, dim: str) -> tuple[int, int | None]:
    """The least and the largest size of a dim that its own constraints leave; None for no end."""
    least = domains(manifest, {}).get(dim, (1,))[0]
    limits = [found for text in manifest.constraints for found in _limits(manifest, text, dim)]
    return least, min(limits, default=None)


def _limits(manifest: Manifest, constraint: str, dim: str) -> Iterator[int]:
    """The upper limits that `dim <= ...`, `dim < ...` or the same the other way round set."""
    node = ast.parse(constraint, mode="eval").body
    if not isinstance(node, ast.Compare):
        return
    sides = [node.left, *node.comparators]
    for left, operator, right in zip(sides, node.ops, sides[1:], strict=False):
        small, large = left, right
        if isinstance(operator, ast.Gt | ast.GtE):
            small, large = right, left
        elif not isinstance(operator, ast.Lt | ast.LtE):
            continue
        if isinstance(small, ast.Name) and small.id == dim:
            try:
                limit = int(evaluate(ast.unparse(large), manifest.params))
            except UnknownSize:
                continue
            yield limit - isinstance(operator, ast.Lt | ast.Gt)


def _maps(slots: Iterable[Slot]) -> set[str]:
    """The dims of images, as in `H // 8`: what comes behind samples and channels, in four axes."""
    return {
        name
        for slot in slots
        if slot.dtype == "float" and slot.length is None and len(slot.shape) == 4
        for size in slot.shape[2:]
        for name in names_in(str(size))
    }


def _admissible(
    manifest: Manifest,
    names: list[str],
    least: Mapping[str, int],
    fixed: Mapping[str, int],
    avoided: Mapping[str, int],
) -> Sizes | None:
    """The first sizes from `least` on that meet every constraint and are none of `avoided`."""
    unknown = fixed.keys() - {dim.name for dim in manifest.dims}
    if unknown:
        listed = ", ".join(f"`{dim.name}`" for dim in manifest.dims)
        raise Unexportable(f"the model has no dim `{min(unknown)}`; it has {listed or 'none'}")
    few = domains(manifest, least)
    known = {dim.name for dim in manifest.dims}
    free = [name for name in names if name in known]
    choices = [
        (fixed[name],)
        if name in fixed
        else tuple(size for size in few[name] if size != avoided.get(name)) or few[name]
        for name in free
    ]
    for combination in islice(product(*choices), _COMBINATIONS):
        sizes = dict(zip(free, combination, strict=True))
        if _admitted(manifest, sizes):
            return sizes
    return None


def _admitted(manifest: Manifest, sizes: Mapping[str, int]) -> bool:
    return all(holds(c, {**manifest.params, **sizes}) for c in manifest.constraints)
