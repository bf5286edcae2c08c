"""The graphs of a model: one for each entry point, and two where it carries state.

A model that decodes step by step takes its state as an optional input. It becomes two graphs:
`prefill`, which starts without state, and `decode`, which goes on from it.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from netwright.artifact import Manifest

from netwright_runtime.export.refusal import Unexportable
from netwright_runtime.model import Compiled, Slot
from netwright_runtime.model.bounds import bounds, bounds_of
from netwright_runtime.model.compiled import slots

FORWARD = "forward"

UNNAMED = "output"
"""What an output is called to which the spec gives no name."""


@dataclass(frozen=True)
class Entry:
    """A graph to be exported.

    name     of its file in a folder of several
    method   of the module that it calls
    given    the optional inputs that it takes
    slots    its inputs, as the checker types them
    bounds   what drawn integers of an input stay below, so that each is fit wherever it is used
    below    what all integers of an input have to stay below
    outputs  the names of what it returns
    """

    name: str
    method: str
    given: frozenset[str]
    slots: tuple[Slot, ...]
    bounds: Mapping[str, int | str]
    below: Mapping[str, int | str]
    outputs: tuple[str, ...]


def entries(compiled: Compiled, given: frozenset[str] = frozenset()) -> list[Entry]:
    """All graphs of a model, that of `forward` first.

    Args:
        given: the optional inputs, without state, that the graphs take.

    Raises:
        Unexportable: no case of the model takes these inputs.
    """
    manifest = compiled.manifest
    _check(compiled, given)
    found = list(_with_and_without_state(compiled, FORWARD, given))
    for method in manifest.methods:
        found += _with_and_without_state(compiled, method.name, given)
    return found


def chosen(found: list[Entry], method: str | None) -> Entry:
    """One of several graphs: by its name or by its method's, else the first.

    Raises:
        Unexportable: there is no such one.
    """
    if method is None:
        return found[0]
    for entry in found:
        if method in (entry.name, entry.method):
            return entry
    names = ", ".join(f"`{entry.name}`" for entry in found)
    raise Unexportable(f"the model has no entry point `{method}`; it has {names}")


def _check(compiled: Compiled, given: frozenset[str]) -> None:
    if given in compiled.cases:
        return
    optional = [p.name for p in compiled.manifest.inputs if p.optional]
    wrong = ", ".join(f"`{name}`" for name in sorted(given - set(optional)) or sorted(given))
    listed = ", ".join(f"`{name}`" for name in optional) or "none"
    raise Unexportable(f"the model takes no optional input {wrong}; there are {listed}")


def _with_and_without_state(
    compiled: Compiled, method: str, given: frozenset[str]
) -> Iterator[Entry]:
    taken = set(_parameters(compiled, method))
    state = frozenset(compiled.manifest.state) & taken
    names = _names(compiled.manifest, method)
    usual = given & taken
    yield _entry(compiled, names[0] if state else method, method, usual)
    if state:
        yield _entry(compiled, names[1], method, usual | state)


def _names(manifest: Manifest, method: str) -> tuple[str, str]:
    """The graphs of an entry point with state: without it, and with it."""
    taken = {m.name for m in manifest.methods}
    if method == FORWARD and not taken & {"prefill", "decode"}:
        return "prefill", "decode"
    return method, f"{method}_with_{'_'.join(manifest.state)}"


def _parameters(compiled: Compiled, method: str) -> list[str]:
    """The names that a method of the emitted class takes."""
    owner: Any = compiled.namespace[compiled.manifest.class_name]
    return list(inspect.signature(getattr(owner, method)).parameters)[1:]


def _entry(compiled: Compiled, name: str, method: str, given: frozenset[str]) -> Entry:
    manifest = compiled.manifest
    entered = {} if method == FORWARD else compiled.compiler.entered(method)
    case = min((c for c in compiled.cases if given <= c), key=len)
    with torch.device("meta"):
        graph = compiled.graph(case)
    of_model = {slot.name: slot for slot in slots(graph)}
    taken: list[Slot] = []
    sources: dict[str, str] = {}
    for parameter in _parameters(compiled, method):
        source = entered[parameter].value if parameter in entered else parameter
        if source in of_model and (source in given or not _optional(manifest, source)):
            found = of_model[source]
            taken.append(Slot(parameter, found.dtype, found.shape, found.length))
        elif parameter in entered and source not in _optionals(manifest):
            taken.append(entered[parameter].slot)
        sources[parameter] = source
    outputs = [m.outputs for m in manifest.methods if m.name == method]
    names = outputs[0] if outputs else tuple(p.name or UNNAMED for p in manifest.outputs)
    drawn, below = (
        {mine: limits[source] for mine, source in sources.items() if source in limits}
        for limits in (bounds(graph), bounds_of(compiled, case))
    )
    return Entry(name, method, given, tuple(taken), drawn, below, names)


def _optionals(manifest: Manifest) -> set[str]:
    return {p.name for p in manifest.inputs if p.optional}


def _optional(manifest: Manifest, name: str) -> bool:
    return name in _optionals(manifest)
