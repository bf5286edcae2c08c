"""A model is built once, whatever a call decides: the same modules and weights in every case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from netwright.diagnostics import Diagnostic, Report
from netwright.ir.instance import Instance, ModuleChild, Path, WeightDecl
from netwright.ir.values import Value, describe
from netwright.passes.work import spend

Built = Instance | ModuleChild | WeightDecl


def check_one_build(cases: Mapping[str, Instance], report: Report) -> None:
    """Report what a case would build otherwise than those before it; `cases` are told in words."""
    build = _Build(report)
    for told, instance in cases.items():
        build.add(told, (), instance)


@dataclass
class _Build:
    """What stands at each path of weights, and in which case it was first seen."""

    report: Report
    found: dict[Path, tuple[str, Built]] = field(default_factory=dict)

    def add(self, told: str, path: Path, built: Built) -> None:
        spend(2)
        first, before = self.found.setdefault(path, (told, built))
        if first != told and before is built:
            return
        if isinstance(built, Instance):
            for name, weight in built.weights.items():
                self.add(told, (*path, name), weight)
            for below, child in built.children.items():
                self.add(told, (*path, *below), child)
        elif isinstance(before, type(built)) and _made(before) != _made(built):
            was, would_be = _told(before, built), _told(built, before)
            message = f"`{'.'.join(path)}` is {was} {first}, but {would_be} {told}"
            help = "what a call decides changes no weights: give the sizes, or use two nodes"
            self.report.add(Diagnostic("E0306", message, built.span, help=help))


def _made(built: Built) -> object:
    if isinstance(built, ModuleChild):
        return built.op.name, dict(built.args)
    return built.shape if isinstance(built, WeightDecl) else None


def _told(built: Built, other: Built) -> str:
    """What is built here; of a module's arguments those that `other` has otherwise."""
    if isinstance(built, ModuleChild) and isinstance(other, ModuleChild):
        args = [f"{n}={_text(v)}" for n, v in built.args.items() if v != other.args.get(n)]
        return f"`{built.op.name}({', '.join(args)})`"
    return f"of shape {_text(built.shape)}" if isinstance(built, WeightDecl) else "a block"


def _text(value: Value) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_text, value))}]"
    return describe(value)
