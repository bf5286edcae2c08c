"""The places of a class where a size was inferred, and what was found there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from netwright.ir.classes import ClassFacts, Site
from netwright.ir.dims import Dim, Size, known
from netwright.ir.instance import Instance
from netwright.passes.generalise.shape_reads import shape_sites


def sites_of(
    facts: ClassFacts, class_of: Mapping[Instance, ClassFacts]
) -> dict[Site, list[list[Size]]]:
    """Every place where a size was inferred: for each instance, a list by iteration."""
    sites: dict[Site, list[list[Size]]] = {}
    for number, instance in enumerate(facts.symbolic):
        for (place, kind), found in instance.facts.items():
            needs = _needed_there(facts, place, class_of) if kind == "dims" else {}
            for site, sizes in _sizes_of(place, kind, found, needs):
                rows = sites.setdefault(site, [[] for _ in facts.symbolic])
                rows[number] = sizes
    sites.update(shape_sites(facts))
    return sites


def _needed_there(
    facts: ClassFacts, place: object, class_of: Mapping[Instance, ClassFacts]
) -> dict[str, str]:
    """What the classes that are built at a place need to know of their inputs' sizes, and where
    it is."""
    needs: dict[str, str] = {}
    for child in facts.found(place, "child"):
        if isinstance(child, Instance) and child in class_of:
            there = class_of[child]
            needs.update({name: there.places.get(name, name) for name in there.needs})
    return needs


def _sizes_of(
    place: object, kind: str, found: list[Any], needs: Mapping[str, str]
) -> Iterator[tuple[Site, list[Size]]]:
    if kind.startswith("infer:"):
        if all(isinstance(f, int | Dim) for f in found):
            yield (place, kind), found
        elif all(isinstance(f, tuple) for f in found):
            for k in range(len(found[0])):
                yield (place, f"{kind}:{k}"), [f[k] for f in found]
    elif kind == "dims":
        for name, key in sorted(needs.items()):
            yield (place, f"dim:{name}"), [f.get(key, 0) for f in found]
    elif kind == "partial":
        for name in found[0]:
            rows = [f.get(name) for f in found]
            sizes = all(isinstance(r, int | Dim) for r in rows)
            if sizes and any(isinstance(r, Dim) for r in rows):
                yield (place, f"partial:{name}"), rows
    elif kind == "einops":
        for k, step in enumerate(found[0]):
            for at, sizes in _step_sizes(step.args):
                rows = [_at(f[k].args, at) for f in found]
                if sizes and all(isinstance(r, Dim) and known(r) is not None for r in rows):
                    yield (place, f"einops:{k}:{at[0]}:{at[1]}"), rows


def _step_sizes(args: tuple[Any, ...]) -> Iterator[tuple[tuple[int, int], bool]]:
    for j, arg in enumerate(args):
        if isinstance(arg, tuple):
            for m, item in enumerate(arg):
                yield (j, m), isinstance(item, Dim)
        else:
            yield (j, -1), isinstance(arg, Dim)


def _at(args: tuple[Any, ...], at: tuple[int, int]) -> Any:
    return args[at[0]] if at[1] < 0 else args[at[0]][at[1]]
