"""Seeded faults: each takes a sound spec's text and yields faulty ones, with the line at fault.

A fault is seeded only where it is certain to be one; what it would be harmless in is not looked at.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from ruamel.yaml import YAML
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

Mutant = tuple[str, int]
"""The faulty text, and the line (from 1) on which the one error must stand."""

_STRING = re.compile(r"\"[^\"]*\"|'[^']*'")
_NAME = re.compile(r"(?<![\w.])([A-Za-z_]\w*)(?!\w|\s*\(|\s*=[^=])")


@dataclass(frozen=True)
class Text:
    """A scalar of the spec: where it stands, and what leads to it."""

    value: str
    start: int
    line: int
    path: tuple[str, ...]


class Source:
    """A spec's text with its scalars."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = text.split("\n")
        self.root: Node = YAML(typ="rt", pure=True).compose(text)

    @cached_property
    def scalars(self) -> list[Text]:
        """Values whose characters stand in the file as they are read."""
        return list(self._scalars(self.root, ()))

    @cached_property
    def keys(self) -> list[Text]:
        return list(self._keys(self.root, ()))

    def _scalars(self, node: Node, path: tuple[str, ...]) -> Iterator[Text]:
        if isinstance(node, MappingNode):
            for key, held in node.value:
                yield from self._scalars(held, (*path, str(key.value)))
        elif isinstance(node, SequenceNode):
            for item in node.value:
                yield from self._scalars(item, (*path, "-"))
        elif isinstance(node, ScalarNode):
            text = self._text(node, path)
            if text is not None:
                yield text

    def _keys(self, node: Node, path: tuple[str, ...]) -> Iterator[Text]:
        if isinstance(node, MappingNode):
            for key, held in node.value:
                here = (*path, str(key.value))
                text = self._text(key, here)
                if text is not None:
                    yield text
                yield from self._keys(held, here)
        elif isinstance(node, SequenceNode):
            for item in node.value:
                yield from self._keys(item, (*path, "-"))

    def _text(self, node: ScalarNode, path: tuple[str, ...]) -> Text | None:
        start = node.start_mark.index + (node.style in ("'", '"'))
        if self.text[start : start + len(node.value)] != node.value or "\n" in node.value:
            return None
        return Text(node.value, start, node.start_mark.line + 1, path)

    def replaced(self, start: int, end: int, new: str) -> Mutant:
        line = self.text.count("\n", 0, start) + 1
        return self.text[:start] + new + self.text[end:], line

    def within(self, scalar: Text, match: re.Match[str], new: str, group: int = 1) -> Mutant:
        """The text with one group of a match in a scalar replaced."""
        return self.replaced(
            scalar.start + match.start(group), scalar.start + match.end(group), new
        )

    @cached_property
    def expressions(self) -> list[Text]:
        """What stands under `graph` and is an expression."""
        skipped = {"doc", "key", "take", "persistent"}
        return [s for s in self.scalars if "graph" in s.path and not skipped & set(s.path)]

    def found(self, pattern: str) -> Iterator[tuple[Text, re.Match[str]]]:
        """Matches in expressions, outside strings."""
        for scalar in self.expressions:
            blank = _STRING.sub(lambda m: "'" + " " * (len(m[0]) - 2) + "'", scalar.value)
            for match in re.finditer(pattern, blank):
                yield scalar, match

    @cached_property
    def names(self) -> set[str]:
        """Names of nodes, params and inputs."""
        above = {"graph", "params", "inputs"}
        return {k.value for k in self.keys if len(k.path) > 1 and k.path[-2] in above}

    @cached_property
    def blocks(self) -> set[str]:
        return {k.value for k in self.keys if len(k.path) == 2 and k.path[0] == "blocks"}

    @cached_property
    def params(self) -> set[str]:
        return {k.value for k in self.keys if len(k.path) == 2 and k.path[0] == "params"}


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


def key(source: Source) -> Iterator[Mutant]:
    """A control key of a node, or a key of the spec, misspelt."""
    control = {"repeat", "from", "when", "outputs", "each", "persistent", "collect", "take"}
    top = {"variants", "inputs", "outputs", "init", "tie", "methods", "where", "state", "weights"}
    for found in source.keys:
        inner = found.value in control and "graph" in found.path[:-1]
        if inner or (len(found.path) == 1 and found.value in top - {"inputs"}):
            end = found.start + len(found.value)
            yield source.replaced(found.start, end, found.value + "q")


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
    nodes = [k for k in source.keys if len(k.path) > 1 and k.path[-2] == "graph"]
    by_line = {s.line: s for s in source.expressions if len(s.path) > 1 and s.path[-2] == "graph"}
    for first in nodes:
        here, below = by_line.get(first.line), by_line.get(first.line + 1)
        if here is None or below is None or here.path[:-1] != below.path[:-1]:
            continue
        reads = [_reads(name, below.value) for name in first.value.split(", ")]
        after = by_line.get(first.line + 2)
        explicit = after is not None and _reads(below.path[-1], after.value)
        if sum(reads) == 1 and explicit:
            at = first.line - 1
            lines = [*source.lines]
            lines[at], lines[at + 1] = lines[at + 1], lines[at]
            yield "\n".join(lines), first.line


def _reads(name: str, expression: str) -> int:
    """How often an expression reads a node by its name."""
    blank = _STRING.sub("''", expression)
    return len(re.findall(rf"(?<![\w.]){re.escape(name)}(?![\w(=])", blank)) * name.isidentifier()


def variant_param(source: Source) -> Iterator[Mutant]:
    """A param in a variant, misspelt."""
    for found in source.keys:
        if len(found.path) == 3 and found.path[0] == "variants":
            end = found.start + len(found.value)
            yield source.replaced(found.start, end, found.value + "_q")


def variant_type(source: Source) -> Iterator[Mutant]:
    """A number in a variant as a text."""
    for scalar in source.scalars:
        if scalar.path[0] == "variants" and len(scalar.path) == 3 and scalar.value.isdigit():
            yield source.replaced(scalar.start, scalar.start + len(scalar.value), '"wrong"')


def default_type(source: Source) -> Iterator[Mutant]:
    """A default that is no number where the param is declared `int`."""
    for scalar in source.scalars:
        if (
            scalar.path[0] == "params"
            and scalar.path[2:] == ("default",)
            and scalar.value.isdigit()
        ):
            if re.search(r"type: int\b", source.lines[scalar.line - 1]):
                end = scalar.start + len(scalar.value)
                yield source.replaced(scalar.start, end, '"wrong"')


def dtype(source: Source) -> Iterator[Mutant]:
    """`float[B]` as `floatq[B]`."""
    for scalar in source.scalars:
        match = re.match(r"(?:list\[)?(float|int|bool)\[", scalar.value)
        if (
            match is not None
            and {"inputs", "outputs"} & set(scalar.path)
            and "graph" not in scalar.path
        ):
            yield source.within(scalar, match, match[1] + "q")


def where(source: Source) -> Iterator[Mutant]:
    """A remainder of params that was 0 shall be 1."""
    for scalar in source.scalars:
        match = re.fullmatch(r"(\w+) % (\w+) == (0)", scalar.value)
        if scalar.path[0] == "where" and match is not None:
            if match[1] in source.params and match[2] in source.params:
                yield source.within(scalar, match, "1", 3)


def output_size(source: Source) -> Iterator[Mutant]:
    """The last dim of a declared output, one greater."""
    for scalar in source.scalars:
        match = re.fullmatch(r"\w+\[.*?(\w+)(\])", scalar.value)
        if scalar.path[0] == "outputs" and scalar.path[-1] == "type" and match is not None:
            yield source.within(scalar, match, " + 1]", 2)


def unpacked(source: Source) -> Iterator[Mutant]:
    """One name more than there are results."""
    for found in source.keys:
        if (
            len(found.path) > 1
            and found.path[-2] == "graph"
            and re.fullmatch(r"\w+, \w+, \w+", found.value)
        ):
            end = found.start + len(found.value)
            yield source.replaced(found.start, end, found.value + ", one_more")


def missing_argument(source: Source) -> Iterator[Mutant]:
    """A required argument left out."""
    pattern = r"^(?:Linear\((out_features=[^,()]*)\)|Conv2d\(.*(, kernel_size=[^,()]*))"
    for scalar, match in source.found(pattern):
        yield source.within(scalar, match, "", 1 if match[1] else 2)


def missing_input(source: Source) -> Iterator[Mutant]:
    """The second of two inputs of a block left out, both of which it needs."""
    for scalar, match in source.found(r"^([A-Z]\w*)\(.*\)\(\w+(, \w+)\)$"):
        declared = [k for k in source.keys if k.path[:-1] == ("blocks", match[1], "inputs")]
        text = source.text[source.text.find(f"\n  {match[1]}:") :].split("graph:")[0]
        if len(declared) == 2 and "optional" not in text:
            yield source.within(scalar, match, "", 2)


def removed_block(source: Source) -> Iterator[Mutant]:
    """A block that is used once, gone: the use is at fault."""
    for block in source.keys:
        if len(block.path) != 2 or block.path[0] != "blocks":
            continue
        uses = [m.start() for m in re.finditer(rf"(?<!\w){block.value}\b", source.text)]
        if len(uses) != 2 or len(source.blocks) < 2:
            continue
        first = block.line - 1
        rest = source.lines[first + 1 :]
        size = next((k for k, line in enumerate(rest) if re.match(r" {0,2}\S", line)), len(rest))
        use = next(at for at in uses if at != block.start)
        line = source.text.count("\n", 0, use) + 1
        lines = source.lines[:first] + source.lines[first + 1 + size :]
        yield "\n".join(lines), line - (1 + size if line > block.line else 0)


FAULTS: dict[str, Callable[[Source], Iterator[Mutant]]] = {
    f.__name__: f
    for f in (
        op, op_in_lower_case, function, method, argument, name, bracket, operator, key, duplicate,
        forward_reference, variant_param, variant_type, default_type, dtype, where, output_size,
        unpacked, missing_argument, missing_input, removed_block,
    )
}  # fmt: skip
