"""A model is built once, whatever a call decides: the same modules and weights in every case."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations

from netwright.diagnostics import Diagnostic, Report
from netwright.ir.instance import Instance, ModuleChild, Path, WeightDecl
from netwright.ir.values import Value, describe
from netwright.passes.work import spend

Leaf = ModuleChild | WeightDecl


def check_one_build(cases: Mapping[str, Instance], report: Report) -> None:
    """Report what two cases would build differently at one path; `cases` are told in words."""
    seen: set[tuple[Instance, Instance]] = set()
    for (first, one), (second, other) in combinations(cases.items(), 2):
        for path, was, would_be in _differences((), one, other, seen):
            told = f"{_told(was, would_be)} {first}, but {_told(would_be, was)} {second}"
            help = "what a call decides changes no weights: give the sizes, or use two nodes"
            message = f"`{'.'.join(path)}` is {told}"
            report.add(Diagnostic("E0306", message, would_be.span, help=help))


def _differences(
    path: Path, one: Instance, other: Instance, seen: set[tuple[Instance, Instance]]
) -> Iterator[tuple[Path, Leaf, Leaf]]:
    """What both hold below `path`, but not alike; equal blocks are looked at once."""
    if one is other or (one, other) in seen:
        return
    seen.add((one, other))
    for name in one.weights.keys() & other.weights.keys():
        if one.weights[name].shape != other.weights[name].shape:
            yield (*path, name), one.weights[name], other.weights[name]
    for below in one.children.keys() & other.children.keys():
        spend(1)
        was, would_be = one.children[below], other.children[below]
        if isinstance(was, Instance) and isinstance(would_be, Instance):
            yield from _differences((*path, *below), was, would_be, seen)
        elif isinstance(was, ModuleChild) and isinstance(would_be, ModuleChild):
            if was.op is not would_be.op or was.args != would_be.args:
                yield (*path, *below), was, would_be


def _told(built: Leaf, other: Leaf) -> str:
    """What is built; of a module's arguments those that `other` has otherwise."""
    if isinstance(built, WeightDecl):
        return f"of shape {_text(built.shape)}"
    if isinstance(other, WeightDecl):
        return f"`{built.op.name}`"
    args = [f"{n}={_text(v)}" for n, v in built.args.items() if v != other.args.get(n)]
    return f"`{built.op.name}({', '.join(args)})`"


def _text(value: Value) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_text, value))}]"
    return describe(value)
