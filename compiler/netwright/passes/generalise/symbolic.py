"""The second look at an instance, with its integers as symbols."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from netwright.diagnostics import Report
from netwright.ir import expr as ex
from netwright.ir.classes import ClassFacts
from netwright.ir.dims import Dim, Size, known, symbol
from netwright.ir.instance import Instance
from netwright.ir.values import ModuleValue, Scope, Value
from netwright.passes.elaborate import Elaborator
from netwright.passes.evaluate import Evaluator
from netwright.passes.faults import Fault, Silent
from netwright.passes.frame import Frame
from netwright.passes.generalise.groups import Parent
from netwright.passes.generalise.shapes import Shapes


def look_again(
    facts: ClassFacts, instance: Instance, parents: list[Parent], number: int
) -> Instance:
    """`instance` elaborated again with its integers as symbols."""
    module = instance.scope.module
    table = _with_modules({k: _as_symbol(k, v) for k, v in instance.scope.table.items()}, instance)
    params = _with_modules(
        {k: _as_symbol(k, v) for k, v in instance.params.items()}, instance, table
    )
    scope = Scope(module, instance.scope.params, table)
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


def _with_modules(
    values: dict[str, Value], instance: Instance, around: Mapping[str, Value] = MappingProxyType({})
) -> dict[str, Value]:
    """`values` in which a module that is its param's default has that default's arguments:
    `GroupNorm(num_groups=width)`, and not 8."""
    found = dict(values)
    for param in (*instance.scope.module.params, *instance.block.params):
        held = found.get(param.name)
        if not isinstance(held, ModuleValue) or not held.args or param.default is None:
            continue
        own = Instance(instance.block, instance.scope, {}, {}, {})
        frame = Frame(own, {**around, **found}, symbolic=True)
        try:
            default = Evaluator(frame).value(param.default)
        except (Fault, Silent):
            continue
        if isinstance(default, ModuleValue) and _numbers(default) == _numbers(held):
            found[param.name] = replace(held, args=default.args)
    return found


def _numbers(module: ModuleValue) -> tuple[object, dict[str, Value]]:
    """What a module is, and its arguments as numbers."""
    numbers = {k: known(v) if isinstance(v, Dim) else v for k, v in module.args}
    return module.target, numbers


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
