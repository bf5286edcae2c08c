"""How long specs are, beside the source that they become and the reference's implementation."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import netwright
from netwright.driver.model import read
from netwright.driver.placeholders import assignments, required
from netwright.ir.program import Module
from ruamel.yaml import YAML
from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

from benchmarks.catalogue import SPECS, models
from benchmarks.result import Goal, Result, Table
from tests.references import code_lines, lines

LIMITS = {"vision/yolov8": 47, "vision/efficientnet": 109}
"""Lines that a file with all its variants may have, without the blocks that it shares."""

_RULE = (
    "Lines of code: neither blank, nor comment, nor docstring; in a spec, `doc` counts as a "
    "docstring. Of the default model the emitted source, of all its variants the spec and the "
    "reference."
)
_SHARED = (
    "Shared is what a spec uses of other files: each of these is counted whole, and with each of "
    "its users."
)
_REFERENCE = (
    "The reference is what `python -m tests.references.lines` counts: of the classes of its "
    "modules what they need to be built and called, without torch, configurations, loading and "
    "other heads. In brackets: plain torch that was written for the comparison, where no library "
    "has the model."
)


@dataclass(frozen=True)
class _Counted:
    """Lines of one spec; `reference` is 0 where none was counted, `own` where no library has it."""

    name: str
    variants: int
    spec: int
    shared: int
    emitted: int
    reference: int
    own: bool

    @property
    def ratio(self) -> float:
        return self.reference / (self.spec + self.shared)

    @property
    def cells(self) -> tuple[str, ...]:
        reference = f"({self.reference})" if self.own else str(self.reference or "")
        ratio = "" if self.own or not self.reference else f"{self.ratio:.1f} x"
        counts = (self.variants, self.spec, self.shared, self.emitted)
        return (self.name, *map(str, counts), reference, ratio)


def run() -> Result:
    """Count the lines of every spec."""
    goals = tuple(
        Goal(f"lines of the file `{name}`, all variants", _file(name), limit, "lines")
        for name, limit in LIMITS.items()
    )
    recorded = json.loads(lines.PATH.read_text(encoding="utf-8"))
    found = [_counted(name, recorded.get(name, {})) for name in models()]
    head = ("spec", "variants", "its lines", "shared", "emitted", "reference", "reference to both")
    table = Table(head, tuple(counted.cells for counted in found))
    notes = (_RULE, _SHARED, _REFERENCE, _mean(found))
    return Result("lines", "Lines", (), goals, notes, table)


def _mean(found: list[_Counted]) -> str:
    ratios = [counted.ratio for counted in found if counted.reference and not counted.own]
    mean = math.exp(sum(map(math.log, ratios)) / len(ratios))
    return (
        f"Over the {len(ratios)} specs with a library's reference, this is {mean:.1f} times the "
        "spec and what it shares, in the geometric mean."
    )


def _file(name: str) -> int:
    return len((SPECS / f"{name}.yaml").read_text(encoding="utf-8").splitlines())


def _counted(name: str, recorded: dict[str, Any]) -> _Counted:
    path = SPECS / f"{name}.yaml"
    module = read(path)[0].module
    assert module is not None
    emitted = netwright.emit(path, params=next(assignments(required(module, None))))
    return _Counted(
        name,
        sum(variant.purpose == "" for variant in module.variants.values()),
        spec_lines(path),
        sum(spec_lines(Path(file)) for file in {used.file for used in _used(module)}),
        len(code_lines.code_lines(emitted)),
        recorded.get("lines", 0),
        recorded.get("own", False),
    )


def _used(module: Module) -> Iterator[Module]:
    for used in module.uses.values():
        yield used
        yield from _used(used)


@cache
def spec_lines(path: Path) -> int:
    """Lines of a spec that are neither blank, nor comment, nor `doc`."""
    text = path.read_text(encoding="utf-8")
    docs = set(_docs(YAML(typ="safe", pure=True).compose(text)))
    written = (line.strip() for line in text.splitlines())
    return sum(
        bool(line) and not line.startswith("#") and number not in docs
        for number, line in enumerate(written)
    )


def _docs(node: Node | None) -> Iterator[int]:
    """The lines, from 0, of texts under `doc` that have lines of their own."""
    if isinstance(node, SequenceNode):
        for item in node.value:
            yield from _docs(item)
    if isinstance(node, MappingNode):
        for key, value in node.value:
            if key.value == "doc" and not node.flow_style:
                end = value.end_mark
                yield from range(key.start_mark.line, end.line + (end.column > 0))
            yield from _docs(value)
