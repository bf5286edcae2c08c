"""What a fault is: data. A sound spec of `specs/` is the rest of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Any, Literal

from netwright.ops.entry import Op
from netwright.ops.plugin import CLASSES, Rule, describe
from netwright.ops.table import FUNCTIONS, MODULES
from netwright_runtime.verify import Finding

Layer = Literal["spec", "lowering", "rule", "plugin"]


class Unmatched(Exception):
    """An edit's text does not occur exactly once, or moves lines whose places are known."""


@dataclass(frozen=True)
class Edit:
    """A text that occurs exactly once, and what stands there instead."""

    old: str
    new: str

    def line(self, text: str) -> int:
        """The first line that changes, counted from 1."""
        if text.count(self.old) != 1:
            raise Unmatched(f"{text.count(self.old)} times: {self.old!r}")
        pairs = zip(self.old.splitlines(), self.new.splitlines(), strict=False)
        same = next((k for k, (a, b) in enumerate(pairs) if a != b), 0)
        return text.count("\n", 0, text.index(self.old)) + 1 + same


@dataclass(frozen=True)
class Lie:
    """An entry of the table of ops with one of its fields replaced by something wrong."""

    op: str
    told: Callable[[Any], Any]
    field: Literal["rule", "weights", "flops"] = "rule"

    @contextmanager
    def told_to_compiler(self) -> Iterator[None]:
        table: dict[str, Any] = MODULES if self.op in MODULES else FUNCTIONS
        honest: Op = table[self.op]
        table[self.op] = replace(honest, **{self.field: self.told(getattr(honest, self.field))})
        try:
            yield
        finally:
            table[self.op] = honest


@dataclass(frozen=True)
class Plugin:
    """A module class of a user's, as an op for a while, with the shape rule that comes with it."""

    cls: type
    rule: Rule | None = None

    @contextmanager
    def registered(self) -> Iterator[None]:
        op = describe(self.cls, self.rule)
        MODULES[op.name] = op
        try:
            yield
        finally:
            del MODULES[op.name], CLASSES[op.path]


@dataclass(frozen=True)
class Fault:
    """One fault in a model that is sound without it.

    layer         where it is seeded: the spec, the emitted source, a rule, a user's module
    kind          what sort of fault it is, as the tables group them
    architecture  the name of the sound spec
    at            patterns of the paths of the nodes at fault
    edits         of the spec's text, or of the emitted source
    also          other nodes that a finding may name, with why that is right
    """

    name: str
    layer: Layer
    kind: str
    architecture: str
    at: tuple[str, ...]
    edits: tuple[Edit, ...] = ()
    lie: Lie | None = None
    plugin: Plugin | None = None
    also: Mapping[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        return f"{self.architecture}: {self.name}"

    def named_by(self, finding: Finding, lines: frozenset[str]) -> bool:
        """Whether a finding names the node at fault; `lines` are `file:line` of the edits."""
        if any(fnmatchcase(finding.node, pattern) for pattern in (*self.at, *self.also)):
            return True
        return not finding.node and finding.place.rpartition(":")[0] in lines


def edits(*texts: str) -> tuple[Edit, ...]:
    """Old and new texts by turns."""
    pairs = zip(texts[::2], texts[1::2], strict=True)
    return tuple(Edit(old, new) for old, new in pairs)


NONE: Mapping[str, str] = {}


@dataclass(frozen=True)
class Seeding:
    """Makes the faults of one architecture."""

    architecture: str

    def spec(
        self, kind: str, name: str, at: str, *texts: str, also: Mapping[str, str] = NONE
    ) -> Fault:
        """A fault of the spec's author. `texts` are old and new by turns."""
        return self._fault("spec", kind, name, at, texts, also)

    def lowering(
        self, kind: str, name: str, at: str, *texts: str, also: Mapping[str, str] = NONE
    ) -> Fault:
        """A fault of the source back end, in what it emits."""
        return self._fault("lowering", kind, name, at, texts, also)

    def rule(self, kind: str, name: str, at: str, lie: Lie) -> Fault:
        """A fault of the checker."""
        return replace(self._fault("rule", kind, name, at, (), {}), lie=lie)

    def plugin(self, kind: str, name: str, at: str, plugin: Plugin, *texts: str) -> Fault:
        """A fault of a user's module, which the edits put into the spec."""
        return replace(self._fault("plugin", kind, name, at, texts, {}), plugin=plugin)

    def _fault(
        self,
        layer: Layer,
        kind: str,
        name: str,
        at: str,
        texts: tuple[str, ...],
        also: Mapping[str, str],
    ) -> Fault:
        return Fault(
            name, layer, kind, self.architecture, tuple(at.split()), edits(*texts), also=also
        )
