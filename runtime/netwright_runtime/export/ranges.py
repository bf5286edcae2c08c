"""An exported program takes the sizes that the spec admits, and knows them by the spec's names.

A trace may conclude more than the spec says: that a map is at least 64 wide, since at 32 a stride
further down sees one pixel and takes another branch of torch's to the same numbers. Such guards
are dropped where they refuse sizes that the spec admits; the check at these sizes shows whether
the program is right there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from netwright.artifact import Manifest
from torch.export import ExportedProgram
from torch.utils._sympy.numbers import int_oo
from torch.utils._sympy.value_ranges import ValueRanges

from netwright_runtime.export.entries import Entry
from netwright_runtime.export.sizes import Sizes, bounds
from netwright_runtime.model import Slot, UnknownSize, evaluate

_SIZE = re.compile(r"L\['(\w+)'\](?:\[(\d+)\])?\.size\(\)\[(\d+)\]")
"""How a guard names the size of an input: `L['image'].size()[2]`, `L['past'][0].size()[3]`."""

_SYMBOL = re.compile(r"\b[su]\d+\b")


def admit(
    program: ExportedProgram, manifest: Manifest, entry: Entry, sizes: Iterable[Sizes]
) -> None:
    """Let a program take every size that the spec admits."""
    guards: list[str] = program._guards_code
    by_name = {slot.name: slot for slot in entry.slots}
    guards[:] = [g for g in guards if all(_holds(g, by_name, at) for at in sizes)]
    for symbol, name in symbols(program, manifest, entry).items():
        if symbol not in program.range_constraints:
            continue
        least, most = bounds(manifest, name)
        before = program.range_constraints[symbol]
        upper = int_oo if most is None else most
        program.range_constraints[symbol] = ValueRanges(min(least, before.lower), upper)


def symbols(program: ExportedProgram, manifest: Manifest, entry: Entry) -> dict[Any, str]:
    """Which dim of the spec each symbol of the program is."""
    dims = {dim.name for dim in manifest.dims if dim.multiple_of == 1}
    return {
        size.node.expr: name
        for size, name in _sizes(program, entry)
        if name in dims and size.node.expr.is_Symbol
    }


def names(program: ExportedProgram, manifest: Manifest, entry: Entry) -> dict[str, str]:
    """What the spec calls the sizes that the program calls `s77` or `32*s30`.

    A dim that is a multiple gives a name to its part too: `s30` is `(H//32)`.
    """
    multiples = {dim.name: dim.multiple_of for dim in manifest.dims}
    found: dict[str, str] = {}
    for size, name in _sizes(program, entry):
        expression = size.node.expr
        found.setdefault(str(expression), name)
        free = list(expression.free_symbols)
        if multiples.get(name, 1) > 1 and len(free) == 1 and not expression.is_Symbol:
            found.setdefault(str(free[0]), f"({name}//{multiples[name]})")
    return found


def readable(size: object, named: Mapping[str, str]) -> int | str:
    """A size of the program in the spec's names."""
    text = str(size)
    if text.isdigit():
        return int(text)
    return named.get(text) or _SYMBOL.sub(lambda match: named.get(match[0], match[0]), text)


def _sizes(program: ExportedProgram, entry: Entry) -> Iterable[tuple[Any, str]]:
    """Each symbolic size of an input beside the spec's text for it."""
    values = {
        node.name: node.meta["val"] for node in program.graph.nodes if node.op == "placeholder"
    }
    given = iter(program.graph_signature.user_inputs)
    for slot in entry.slots:
        for _ in range(1 if slot.length is None else slot.length):
            value = values[str(next(given))]
            for size, text in zip(value.shape, slot.shape, strict=True):
                if not isinstance(size, int) and isinstance(text, str):
                    yield size, text


def _holds(guard: str, slots: Mapping[str, Slot], sizes: Sizes) -> bool:
    """Whether a guard holds at these sizes; one that is about something else does."""
    found: dict[str, Any] = {}

    def put(match: re.Match[str]) -> str:
        name = f"size{len(found)}"
        found[name] = evaluate(slots[match[1]].shape[int(match[3])], sizes)
        return name

    try:
        return bool(evaluate(_SIZE.sub(put, guard), found))
    except (UnknownSize, SyntaxError):
        return True
