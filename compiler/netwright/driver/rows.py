"""The counts of a model as the rows of a table, repeats folded into one row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from netwright.driver.count import Counts
from netwright.driver.failure import CallError
from netwright.ir.dims import Symbol, evaluate, symbols
from netwright.ir.instance import Instance
from netwright.ir.values import Tensor, TensorList, Value
from netwright.passes.model import Elaboration

_USUAL = {"B": 1, "N": 1, "H": 224, "W": 224, "T": 128, "S": 128, "L": 128}
_OTHER = 16


@dataclass(frozen=True)
class Row:
    """One row. What `counts` says holds for one of `repeats` equal nodes; `times` is how often the
    model has them, all around them included."""

    depth: int
    name: str
    counts: Counts
    repeats: int
    times: int


def rows(counts: Counts, depth: int | None = None) -> Iterator[Row]:
    """The rows below the model itself, to `depth` levels (None for all)."""
    return _rows(counts, 0, 1, depth)


def _rows(counts: Counts, level: int, times: int, depth: int | None) -> Iterator[Row]:
    if depth is not None and level >= depth:
        return
    for group in _folded(counts.children):
        first, all_times = group[0], times * len(group)
        yield Row(level, _name(group), first, len(group), all_times)
        yield from _rows(first, level + 1, all_times, depth)


def _folded(children: tuple[Counts, ...]) -> Iterator[list[Counts]]:
    """Neighbours that differ by an index alone, together: `layers.0` to `layers.31`."""
    group: list[Counts] = []
    for child in children:
        if group and not _follows(group[-1], child):
            yield group
            group = []
        group.append(child)
    if group:
        yield group


def _follows(before: Counts, after: Counts) -> bool:
    (*stem, last), (*other, index) = before.name.split("."), after.name.split(".")
    consecutive = last.isdigit() and index.isdigit() and int(index) == int(last) + 1
    return consecutive and stem == other and before.shape == after.shape


def _name(group: list[Counts]) -> str:
    if len(group) == 1:
        return group[0].name
    return f"{group[0].name}-{group[-1].name.rpartition('.')[2]}"


# Sizes --------------------------------------------------------------------------------------


def sizes(elaboration: Elaboration, instance: Instance, given: Mapping[str, int]) -> dict[str, int]:
    """A number for every dim of the model's inputs: as given, else a usual one.

    Raises CallError for a dim that the model does not have, and for a size that it does not take.
    """
    found = {s.name: s for value in instance.inputs.values() for s in _symbols(value)}
    unknown = [name for name in given if name not in found]
    if unknown:
        known = ", ".join(found) or "none"
        raise CallError(f"the model has no dim `{unknown[0]}`; its dims are {known}")
    chosen = {name: given.get(name, _default(symbol)) for name, symbol in found.items()}
    for name, size in chosen.items():
        if size % found[name].scale:
            raise CallError(f"`{name}` has to be a multiple of {found[name].scale}, not {size}")
    return chosen


def _default(symbol: Symbol) -> int:
    usual = _USUAL.get(symbol.name, _OTHER)
    return -(-usual // symbol.scale) * symbol.scale


def _symbols(value: Value) -> Iterator[Symbol]:
    if isinstance(value, Tensor | TensorList):
        type = value.type if isinstance(value, Tensor) else value.item
        for size in type.shape:
            yield from symbols(size)
    elif isinstance(value, tuple):
        for item in value:
            yield from _symbols(item)


def to_json(counts: Counts, values: Mapping[str, int], times: int = 1) -> dict[str, object]:
    """The counts as plain data, at these sizes; nodes below in `nodes`, nothing folded."""
    return {
        "name": counts.name,
        "op": counts.kind,
        "results": [str(t) for t in counts.results],
        "parameters": counts.parameters * times,
        "weight_bytes": counts.weight_bytes * times,
        "flops": evaluate(counts.flops, values) * times,
        "activation_bytes": evaluate(counts.activation, values) * times,
        "nodes": [to_json(child, values, times) for child in counts.children],
    }
