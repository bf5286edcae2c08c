"""The manifest of a model, from its elaboration and its emitted file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from netwright._version import __version__
from netwright.artifact import BlockClass, Dim, KeyRule, Manifest, Method, Port, Weight
from netwright.backends.source import Emitted
from netwright.backends.source.context import contexts
from netwright.driver.count import tied, total_parameters
from netwright.ir.classes import ModelFacts
from netwright.ir.dims import Size, show, symbols
from netwright.ir.expr import free_names
from netwright.ir.instance import Instance
from netwright.ir.printer import to_source
from netwright.ir.program import Module
from netwright.ir.types import TensorType
from netwright.ir.values import ModuleValue, Tensor, TensorList, Value
from netwright.passes.model import Elaboration
from netwright.source import NOWHERE


def manifest(elaboration: Elaboration, facts: ModelFacts, emitted: Emitted) -> Manifest:
    """What the runtime needs to know of a model; the same model always gives the same manifest."""
    module = elaboration.module
    return Manifest(
        model=elaboration.block.name,
        class_name=emitted.class_name,
        spec=module.path,
        spec_sha256=module.digest,
        netwright=__version__,
        variant=elaboration.variant,
        doc=elaboration.block.doc,
        params={name: _plain(value) for name, value in elaboration.params.items()},
        dims=tuple(_dims(elaboration)),
        constraints=tuple(_constraints(elaboration)),
        inputs=tuple(_inputs(elaboration)),
        outputs=tuple(_outputs(elaboration)),
        methods=tuple(Method(m.name, tuple(m.inputs), tuple(m.outputs)) for m in module.methods),
        classes=tuple(_classes(elaboration, facts, emitted)),
        parameters=total_parameters(elaboration),
        weights=tuple(_weights(elaboration)),
        state=dict(module.state),
        properties=dict(module.properties),
        key_maps=_key_maps(module),
        lines=tuple(_lines(module, emitted)),
    )


def _lines(module: Module, emitted: Emitted) -> Iterator[tuple[str, int, int] | None]:
    """Where each line comes from, files by their paths in the catalogue."""
    paths: dict[str, str] = {}
    _add_paths(module, paths)
    for span in emitted.spans:
        place = paths.get(span.file, span.file)
        yield None if span == NOWHERE else (place, span.line, span.column)


def _add_paths(module: Module, paths: dict[str, str]) -> None:
    """The paths of a file and of those that it uses, each visited once."""
    if module.file not in paths:
        paths[module.file] = module.path
        for used in module.uses.values():
            _add_paths(used, paths)


def _plain(value: Value) -> Any:
    """A param's value as data: lists as lists, a module by its name."""
    if isinstance(value, ModuleValue):
        return value.name
    return [_plain(v) for v in value] if isinstance(value, tuple) else value


def _fullest(elaboration: Elaboration) -> Instance:
    """The case in which the most optional inputs are given."""
    case = max(elaboration.cases, key=lambda c: len(c.given))
    return elaboration.cases[case]


def _types(value: Value) -> Iterator[TensorType]:
    if isinstance(value, Tensor):
        yield value.type
    elif isinstance(value, TensorList):
        yield value.item
    elif isinstance(value, tuple):
        for item in value:
            yield from _types(item)


def _dims(elaboration: Elaboration) -> Iterator[Dim]:
    """The symbols in the inputs' types, each once, in order of appearance."""
    seen: set[str] = set()
    for instance in elaboration.cases.values():
        for value in instance.inputs.values():
            for size in (d for type in _types(value) for d in type.shape):
                for symbol in symbols(size):
                    if symbol.name not in seen:
                        seen.add(symbol.name)
                        yield Dim(symbol.name, symbol.scale)


def _constraints(elaboration: Elaboration) -> Iterator[str]:
    """The constraints over sizes that the params alone do not decide."""
    for constraint in elaboration.block.where:
        if not set(free_names(constraint)) <= set(elaboration.params):
            yield to_source(constraint)


def _shape(type: TensorType) -> tuple[int | str, ...]:
    return tuple(_size(size) for size in type.shape)


def _size(size: Size) -> int | str:
    return size if isinstance(size, int) else show(size)


def _port(name: str, value: Value, optional: bool = False) -> Port:
    first = next(_types(value), None)
    kind = "tensor" if isinstance(value, Tensor) else "list"
    length = len(value) if isinstance(value, tuple) else None
    if first is None:
        return Port(name, "", (), kind, optional, length)
    return Port(name, first.dtype, _shape(first), kind, optional, length)


def _inputs(elaboration: Elaboration) -> Iterator[Port]:
    everything = _fullest(elaboration)
    for declared in elaboration.block.inputs:
        owner = everything if declared.optional else elaboration.primary
        value = owner.inputs.get(declared.name)
        yield _port(declared.name, value, declared.optional)


def _outputs(elaboration: Elaboration) -> Iterator[Port]:
    for name, value in elaboration.primary.outputs.items():
        yield _port(name, value)


def _classes(elaboration: Elaboration, facts: ModelFacts, emitted: Emitted) -> Iterator[BlockClass]:
    """The file's classes with the number of their instances in the model, as it is built."""
    repeats: Counter[str] = Counter()
    names = {f: context.name for f, context in contexts(facts).items()}

    def visit(instance: Instance, times: int) -> None:
        repeats[names[facts.class_of[instance]]] += times
        children = [c for c in instance.children.values() if isinstance(c, Instance)]
        for child, number in Counter(children).items():
            visit(child, times * number)

    visit(elaboration.primary, 1)
    yield from (BlockClass(name, repeats[name]) for name in emitted.classes if repeats[name])


def _weights(elaboration: Elaboration) -> Iterator[Weight]:
    twins = tied(elaboration)
    frozen = {p for case in elaboration.cases.values() for p in case.frozen_weights()}
    for path, weight in elaboration.weights().items():
        name = ".".join(path)
        shape = tuple(size for size in weight.shape if isinstance(size, int))
        yield Weight(
            name,
            shape,
            weight.dtype,
            weight.buffer,
            weight.persistent,
            path in frozen,
            twins.get(name),
        )


def _key_maps(module: Module) -> dict[str, tuple[KeyRule, ...]]:
    return {
        name: tuple(
            KeyRule(r.match, r.to, r.split, r.join, r.stack, r.unstack, r.dim, r.transpose)
            for r in rules
        )
        for name, rules in module.weights.items()
    }
