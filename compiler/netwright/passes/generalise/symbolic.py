"""The second look at an instance, with its integers as symbols."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from netwright.diagnostics import Report
from netwright.ir import expr as ex
from netwright.ir.classes import ClassFacts
from netwright.ir.dims import Size, known, symbol
from netwright.ir.instance import Instance
from netwright.ir.values import Scope, Value
from netwright.passes.elaborate import Elaborator
from netwright.passes.generalise.groups import Parent
from netwright.passes.generalise.shapes import Shapes


def look_again(
    facts: ClassFacts, instance: Instance, parents: list[Parent], number: int
) -> Instance:
    """`instance` elaborated again with its integers as symbols."""
    params = {k: _as_symbol(k, v) for k, v in instance.params.items()}
    scope = Scope(
        instance.scope.module,
        instance.scope.params,
        {k: _as_symbol(k, v) for k, v in instance.scope.table.items()},
    )
    dims: dict[str, Size] = {}
    for name, size in instance.dims.items():
        dims[name] = _as_symbol(name, known(size)) if known(size) is not None else size
    given = _given_types(facts, parents)
    for name in _unbound(instance):
        dims.setdefault(name, symbol(name, 0, expr=ex.Name(name)))
    names = {**scope.table, **params, **dims}
    shapes = Shapes(facts, names, dims)
    inputs = {k: shapes.input(k, v, given.get(k)) for k, v in instance.inputs.items()}
    for name, size in dims.items():
        number_of = known(size)
        if number_of is not None:
            facts.dims.setdefault(name, number_of)
    training = bool(instance.training)
    elaborator = Elaborator(Report(), training, symbolic=True)
    return elaborator.root(Instance(instance.block, scope, params, inputs, dims))


def _unbound(instance: Instance) -> Iterator[str]:
    """Names of sizes that only an absent input would bind; they count as 0 (`in_channels +
    skip_channels`)."""
    known_names = {**instance.scope.table, **instance.params, **instance.dims}
    for declared in instance.block.inputs:
        if instance.inputs.get(declared.name) is None:
            for dim in declared.type.dims:
                if isinstance(dim, ex.Name) and dim.id not in known_names:
                    yield dim.id


def _as_symbol(name: str, value: Value) -> Value:
    if type(value) is int:
        return symbol(name, value, expr=ex.Name(name))
    return value


def _given_types(facts: ClassFacts, parents: list[Parent]) -> dict[str, list[Any]]:
    """For an inline block: what its parents give under each input's name, in their terms."""
    given: dict[str, list[Any]] = {}
    if not facts.block.inline:
        return given
    for parent, node, number, iteration in parents:
        if number >= len(parent.symbolic):
            continue
        found = parent.symbolic[number].facts.get((node, "given"), [])
        if iteration < len(found):
            types: dict[str, Any] = found[iteration]  # type: ignore[assignment]
            for name, type_ in types.items():
                given.setdefault(name, []).append(type_)
    return given
