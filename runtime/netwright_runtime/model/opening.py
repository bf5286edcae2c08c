"""From a spec to a compiled model: the one place where the runtime calls the compiler."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from netwright.artifact import Artifact
from netwright.diagnostics import SpecError
from netwright.driver.build import ORIGIN
from netwright.driver.count import count, flops_by_node, total_parameters
from netwright.driver.graph import graph
from netwright.driver.model import Model, load, read
from netwright.driver.peak import peak_bytes
from netwright.driver.placeholders import required
from netwright.driver.rows import Row, rows
from netwright.driver.rows import sizes as chosen_sizes
from netwright.driver.write import artifact_of
from netwright.ir.dims import evaluate
from netwright.ir.printer import to_source
from netwright.ir.program import Module
from netwright.ir.values import ModuleValue, Value, tensors
from netwright.passes.methods import entered
from netwright.passes.model import Case, Elaboration
from torch import nn
from torch.fx import GraphModule

from netwright_runtime.model.compiled import (
    Compiled,
    Cost,
    Entered,
    Param,
    Refused,
    Slot,
    size_text,
)


def compiled(
    source: str | os.PathLike[str] | Model,
    /,
    variant: str | None = None,
    *,
    params: Mapping[str, Any] | None = None,
    **more: Any,
) -> Compiled:
    """Compile the model that `source` names.

    Args:
        source: a path, a name of the catalogue, or a loaded model.
        variant, params, more: as in `netwright.load`.

    Raises:
        SpecError: the spec, the variant or a param is at fault.
    """
    given = {**(params or {}), **more}
    model = load(source, variant, params=given)
    name = model.module.path if isinstance(source, Model) else os.fspath(source)
    return _compiled(name, model, given)


class NotBuilt(ValueError):
    """A module is not one that `netwright.build` made."""


def compiled_of(module: nn.Module) -> Compiled:
    """What the compiler knows of a live module that `netwright.build` made.

    Raises:
        NotBuilt: the module comes from elsewhere, or is wrapped.
    """
    model = getattr(sys.modules.get(type(module).__module__), ORIGIN, None)
    if model is None:
        raise NotBuilt(
            f"`{type(module).__name__}` was not built by `netwright.build`; pass the spec with it"
        )
    return compiled(model)


def variants(path: os.PathLike[str], given: Collection[str] = ()) -> list[str | None]:
    """What a spec can be built as: its variants, and None for its own defaults.

    The defaults are left out where they leave a param open that is not in `given`, and where a
    variant is the same; a library of blocks gives nothing. A spec that is at fault gives None, so
    that whoever builds it is told.
    """
    module = read(path)[0].module
    if module is None:
        return [None]
    if module.model is None:
        return []
    named: list[str | None] = list(module.variants)
    same = any(not v.values for v in module.variants.values())
    complete = all(param.name in given for param in required(module, None))
    return named if named and (same or not complete) else [None, *named]


def _compiled(name: str, model: Model, given: Mapping[str, Any]) -> Compiled:
    compiler = _Compiler(name, model, given)
    return Compiled(
        compiler.artifact.manifest,
        compiler.artifact.source,
        tuple(case.given for case in compiler.elaboration.cases if not case.training),
        compiler,
        name,
        model.variant,
        given,
        tuple(_settable(compiler.elaboration)),
        next((v.name for v in model.module.variants.values() if v.purpose == "verify"), ""),
        _files(model.module, {}),
    )


def _files(module: Module, found: dict[str, str]) -> dict[str, str]:
    """The files of a spec and of those that it uses, each once."""
    if module.path not in found:
        found[module.path] = module.file
        for used in module.uses.values():
            _files(used, found)
    return found


@dataclass(frozen=True, eq=False)
class _Compiler:
    """A loaded model, with what was asked of it."""

    name: str
    model: Model
    given: Mapping[str, Any]

    @cached_property
    def elaboration(self) -> Elaboration:
        return self.model.elaborate()

    @cached_property
    def artifact(self) -> Artifact:
        return artifact_of(self.model)

    def lower(self, given: frozenset[str], training: bool) -> GraphModule:
        return graph(self.model, inputs=given, training=training)

    def entered(self, method: str) -> dict[str, Entered]:
        found = next(m for m in self.model.module.methods if m.name == method)
        values = entered(self.elaboration, found)
        return {
            name: Entered(_slot(name, value), to_source(found.inputs[name]))
            for name, value in values.items()
        }

    def sizes(self, given: Mapping[str, int]) -> dict[str, int]:
        return chosen_sizes(self.elaboration, self.elaboration.primary, given)

    def costs(self, sizes: Mapping[str, int]) -> tuple[Cost, ...]:
        values = self.sizes(sizes)
        return tuple(_cost(row, values) for row in rows(count(self.elaboration)))

    def texts(self) -> dict[str, str]:
        sources, files = self.model.sources, _files(self.model.module, {})
        found = {path: sources.text(file) for path, file in files.items()}
        return {path: text for path, text in found.items() if text is not None}

    def flops(self, given: frozenset[str]) -> int | str:
        return size_text(count(self.elaboration, self.elaboration.cases[Case(given)]).flops)

    def flops_by_node(self, given: frozenset[str]) -> dict[str, int | str]:
        counts = count(self.elaboration, self.elaboration.cases[Case(given)])
        return {path: size_text(flops) for path, flops in flops_by_node(counts).items()}

    def peak(self, given: frozenset[str], sizes: Mapping[str, int]) -> int:
        return peak_bytes(self.elaboration.cases[Case(given)], sizes)

    def measure(self, params: Mapping[str, Any]) -> tuple[int, int | str]:
        try:
            elaboration = load(self.model, params=params).elaborate()
        except SpecError as fault:
            raise _refused(fault) from fault
        return total_parameters(elaboration), size_text(count(elaboration).flops)

    def vary(self, params: Mapping[str, Any], variant: str | None = None) -> Compiled:
        kept = {} if variant is None else self._needed(variant)
        try:
            model = load(self.model, variant, params={**kept, **params})
            return _compiled(self.name, model, {**self.given, **params})
        except SpecError as fault:
            raise _refused(fault) from fault

    def _needed(self, variant: str) -> dict[str, Any]:
        """What the user gave for params without a default, which the variant leaves open too."""
        names = (param.name for param in required(self.model.module, variant))
        return {name: self.given[name] for name in names if name in self.given}


def _slot(name: str, value: Value) -> Slot:
    items = list(tensors(value))
    shape = tuple(map(size_text, items[0].type.shape))
    return Slot(name, items[0].type.dtype, shape, len(items) if isinstance(value, tuple) else None)


def _cost(row: Row, sizes: Mapping[str, int]) -> Cost:
    counts, times = row.counts, row.times
    return Cost(
        row.depth,
        row.name,
        counts.kind,
        ", ".join(map(str, counts.results)),
        row.repeats,
        counts.parameters * times,
        evaluate(counts.flops, sizes) * times,
        evaluate(counts.activation, sizes) * times,
        counts.weight_bytes * times,
    )


def _refused(fault: SpecError) -> Refused:
    first = fault.diagnostics[0]
    return Refused(first.code, first.message, str(first.span))


def _settable(elaboration: Elaboration) -> Iterator[Param]:
    for param in elaboration.block.params:
        value = elaboration.params[param.name]
        if not isinstance(value, ModuleValue):
            yield Param(
                param.name, str(param.type), value, param.minimum, param.maximum, param.choices
            )
