"""The two forms of a module: `Linear(out_features=10)` and `{op: Linear, out_features: 10}`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from netwright.frontend.formatting_calls import Parts, long_value, named, parts_of, short_value
from netwright.frontend.formatting_order import kind_of
from netwright.frontend.formatting_scalars import WIDTH, key_text, leaf_text
from netwright.frontend.formatting_tree import Branch, Entry, Leaf, Tree
from netwright.frontend.keys import CONTROL, RESERVED
from netwright.ir.expr import Attribute
from netwright.ir.program import ModuleNode, Node
from netwright.source import Span

_DOTTED = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Forms:
    """Chooses the form of every module.

    nodes    the program's nodes by the places of their keys
    long     write data wherever a module stands
    careful  places of nodes whose arguments mean something else in the other form
    """

    nodes: Mapping[Span, Node]
    long: bool
    careful: AbstractSet[Span]

    def apply(self, branch: Branch, role: str = "spec", indent: int = 0) -> None:
        step = 0 if branch.sequence else 2
        for entry in branch.entries:
            node = self.nodes.get(entry.place) if role == "graph" else None
            if isinstance(node, ModuleNode):
                entry.value = self.form(entry, node, indent)
            elif isinstance(entry.value, Branch):
                self.apply(entry.value, kind_of(entry, role), indent + step)

    def form(self, entry: Entry, node: ModuleNode, indent: int) -> Tree:
        held = entry.value
        careful = entry.place in self.careful
        if isinstance(held, Branch):
            short = None if self.long or careful else _short(held, node)
            return short if short is not None and _fits(entry, short, indent) else held
        if held.raw or (not self.long and _fits(entry, held, indent)):
            return held
        parts = parts_of(" ".join(held.text.split()), not node.given.implicit)
        if not (self.long or parts.args or parts.inputs):
            return held
        return _long(parts, node, careful)


def _fits(entry: Entry, leaf: Leaf, indent: int) -> bool:
    width = indent + len(key_text(entry.key, False)) + 2 + len(leaf_text(leaf, False))
    return leaf.block is None and width <= WIDTH


def _open(node: ModuleNode) -> bool:
    """Whether the module stands in another file, so that its arguments' kinds are not known."""
    return isinstance(node.callee, Attribute)


def _short(held: Branch, node: ModuleNode) -> Leaf | None:
    op = held.get("op")
    if held.commented or any(entry.key in CONTROL for entry in held.entries):
        return None
    if not isinstance(op, Leaf) or not _DOTTED.fullmatch(op.text):
        return None
    args: list[str] = []
    for entry in held.entries:
        if entry.key == "op":
            continue
        value = short_value(entry.value, node.args.get(entry.key))
        textual = not isinstance(entry.value, Leaf) or not entry.value.raw
        if value is None or (textual and _open(node)) or not _DOTTED.fullmatch(entry.key):
            return None
        args.append(f"{entry.key}={value}")
    return Leaf(f"{op.text}({', '.join(args)})" if args else op.text)


def _long(parts: Parts, node: ModuleNode, careful: bool) -> Branch:
    """The module as data. Arguments that would mean something else stay in a call."""
    kept = 0
    entries: list[Entry] = []
    for index, part in enumerate(parts.args):
        name, text = named(part)
        leaf = long_value(text, node.args.get(name))
        entries.append(_entry(name, leaf))
        if not name or name in RESERVED or (not leaf.raw and (careful or _open(node))):
            kept = index + 1
    del entries[:kept]
    op = f"{parts.callee}({', '.join(parts.args[:kept])})" if kept else parts.callee
    if parts.inputs is not None:
        entries.append(_entry("from", _received(parts.inputs)))
    return _branch([_entry("op", Leaf(op)), *entries])


def _received(inputs: tuple[str, ...]) -> Tree:
    pairs = [named(part) for part in inputs]
    if any(name for name, _ in pairs):
        return _branch([_entry(name, Leaf(text)) for name, text in pairs], flow=True)
    if len(inputs) == 1:
        return Leaf(inputs[0])
    return _branch([_entry("", Leaf(text)) for text in inputs], flow=True, sequence=True)


def _entry(key: str, value: Tree) -> Entry:
    return Entry(key, value, 0, Span.point(""))


def _branch(entries: list[Entry], flow: bool = False, sequence: bool = False) -> Branch:
    return Branch(entries, flow, sequence, 0, 0, 0)
