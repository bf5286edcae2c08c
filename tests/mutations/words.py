"""Faults of single words: what is misspelt, doubled, or in the wrong order."""

from __future__ import annotations

import re
from collections.abc import Iterator

from netwright.frontend import keys

from tests.mutations.source import Mutant, Source, reads

_NAME = re.compile(r"(?<![\w.])([A-Za-z_]\w*)(?!\w|\s*\(|\s*=[^=])")
_MAPPINGS = ("params", "inputs", "outputs")
_NODE = keys.CONTROL | set(keys.NODE_KINDS) | {"outputs", "init", "persistent"}


def op(source: Source) -> Iterator[Mutant]:
    """`Linear` as `Linearq`, in both forms."""
    for scalar, match in source.found(r"^([A-Z]\w*[a-z]\w*)(?=\(|$)"):
        yield source.within(scalar, match, match[1] + "q")


def op_in_lower_case(source: Source) -> Iterator[Mutant]:
    """`LayerNorm` as `layerNorm`."""
    for scalar, match in source.found(r"^([A-Z]\w*[a-z]\w*[A-Z]\w*)(?=\(|$)"):
        yield source.within(scalar, match, match[1][0].lower() + match[1][1:])


def function(source: Source) -> Iterator[Mutant]:
    """`cat(` as `catq(`."""
    for scalar, match in source.found(r"(?<![\w.])([a-z]\w*)(?=\()"):
        if match[1] not in source.names:
            yield source.within(scalar, match, match[1] + "q")


def method(source: Source) -> Iterator[Mutant]:
    """`x.flatten(` as `x.flattenq(`."""
    for scalar, match in source.found(r"[\w)\]]\.([a-z]\w*)(?=\()"):
        yield source.within(scalar, match, match[1] + "q")


def argument(source: Source) -> Iterator[Mutant]:
    """`kernel_size=` as `kernel_sizeq=`."""
    for scalar, match in source.found(r"[(,]\s*([a-z]\w*)(?==[^=])"):
        yield source.within(scalar, match, match[1] + "q")


def name(source: Source) -> Iterator[Mutant]:
    """A node, param or input in an expression, misspelt."""
    for scalar, match in source.found(_NAME.pattern):
        if match[1] in source.names and scalar.path[-1] != "op":
            yield source.within(scalar, match, match[1] + "_q")


def bracket(source: Source) -> Iterator[Mutant]:
    """The last bracket left out."""
    for scalar, match in source.found(r"(\))$"):
        yield source.within(scalar, match, "")


def operator(source: Source) -> Iterator[Mutant]:
    """`a + b` as `a + + * b`."""
    for scalar, match in source.found(r" ([+*/]) "):
        yield source.within(scalar, match, f"{match[1]} *")


def duplicate(source: Source) -> Iterator[Mutant]:
    """A node's line twice."""
    for found in source.keys:
        block = len(found.path) > 1 and found.path[-2] == "graph"
        line = source.lines[found.line - 1]
        alone = line.strip().startswith(found.value) and not line.rstrip().endswith(
            (":", ">-", "|")
        )
        flow = line.count("{") != line.count("}") or line.count("(") != line.count(")")
        if block and alone and not flow and found.value.isidentifier():
            lines = [*source.lines[: found.line], line, *source.lines[found.line :]]
            yield "\n".join(lines), found.line + 1


def forward_reference(source: Source) -> Iterator[Mutant]:
    """A node and the next one, which reads it by name, in the other order."""
    by_line = {s.line: s for s in source.expressions if len(s.path) > 1 and s.path[-2] == "graph"}
    for first in source.nodes:
        here, below = by_line.get(first.line), by_line.get(first.line + 1)
        if here is None or below is None or here.path[:-1] != below.path[:-1]:
            continue
        counts = [reads(name, below.value) for name in first.value.split(", ")]
        after = by_line.get(first.line + 2)
        explicit = after is not None and reads(below.path[-1], after.value)
        if sum(counts) == 1 and explicit:
            at = first.line - 1
            lines = [*source.lines]
            lines[at], lines[at + 1] = lines[at + 1], lines[at]
            yield "\n".join(lines), first.line


def self_reference(source: Source) -> Iterator[Mutant]:
    """A node that reads its own name."""
    for scalar, match in source.found(_NAME.pattern):
        own = scalar.path[-1]
        node = scalar.path[-2] == "graph" and own.isidentifier() and _unique(source, own)
        if node and match[1] in source.names:
            yield source.within(scalar, match, own)


def later_node(source: Source) -> Iterator[Mutant]:
    """A node that reads the last node of its graph, and is not that one."""
    for scalar, match in source.found(_NAME.pattern):
        graph = [k.value for k in source.nodes if k.path[:-1] == scalar.path[:-1]]
        last = graph[-1] if graph else ""
        fit = last.isidentifier() and _unique(source, last) and last != scalar.path[-1]
        if fit and match[1] in source.names:
            yield source.within(scalar, match, last)


def _unique(source: Source, name: str) -> bool:
    """Whether nothing else in the file bears the name."""
    return sum(key.value == name for key in source.keys) == 1


def key(source: Source) -> Iterator[Mutant]:
    """`repeat:` as `repeatq:`."""
    for found in source.keys:
        if of_the_language(found.path):
            yield source.instead(found, found.value + "q")


def key_with_letters_swapped(source: Source) -> Iterator[Mutant]:
    """`repeat:` as `rpeeat:`."""
    for found in source.keys:
        swapped = found.value[:1] + found.value[2:3] + found.value[1:2] + found.value[3:]
        if of_the_language(found.path) and swapped != found.value:
            yield source.instead(found, swapped)


def key_in_capitals(source: Source) -> Iterator[Mutant]:
    """`repeat:` as `Repeat:`."""
    for found in source.keys:
        if of_the_language(found.path):
            yield source.instead(found, found.value.capitalize())


def of_the_language(path: tuple[str, ...]) -> bool:
    """Whether the key at `path` is one of the language's, and not a name of the spec's."""
    section, *rest = path
    if not rest:
        return section in keys.SPEC
    if section == "blocks":
        return len(rest) == 2 or (len(rest) > 2 and of_the_language(tuple(rest[1:])))
    if section == "graph" and len(rest) > 2 and rest[1] in ("graph", "outputs"):
        return of_the_language(tuple(rest[1:]))
    if section == "graph":
        return len(rest) == 2 and rest[1] in _NODE
    if section in ("init", "weights"):
        return rest[-1] in keys.INIT_RULE | keys.KEY_RULE and "-" in rest
    return section in (*_MAPPINGS, "methods") and len(rest) == 2
