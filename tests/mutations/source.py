"""A spec's text with its scalars and keys, each with its place, for seeding faults."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from ruamel.yaml import YAML
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

Mutant = tuple[str, int]
"""The faulty text, and the line (from 1) of the fault."""

_STRING = re.compile(r"\"[^\"]*\"|'[^']*'")


@dataclass(frozen=True)
class Text:
    """A scalar of the spec: where it stands, and what leads to it."""

    value: str
    start: int
    line: int
    path: tuple[str, ...]

    @property
    def end(self) -> int:
        return self.start + len(self.value)


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

    def instead(self, text: Text, new: str) -> Mutant:
        """The text with a whole scalar or key replaced."""
        return self.replaced(text.start, text.end, new)

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
            for match in re.finditer(pattern, blank(scalar.value)):
                yield scalar, match

    def below(self, *path: str) -> list[Text]:
        """The scalars whose path is `path` and one name more."""
        return [s for s in self.scalars if s.path[:-1] == path]

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

    def params_of(self, block: str) -> list[str]:
        return [k.value for k in self.keys if k.path[:-1] == ("blocks", block, "params")]

    def inputs_of(self, block: str) -> list[str]:
        return [k.value for k in self.keys if k.path[:-1] == ("blocks", block, "inputs")]

    @cached_property
    def nodes(self) -> list[Text]:
        """The names of nodes."""
        return [k for k in self.keys if len(k.path) > 1 and k.path[-2] == "graph"]


def blank(expression: str) -> str:
    """An expression in which nothing stands inside quotes."""
    return _STRING.sub(lambda m: "'" + " " * (len(m[0]) - 2) + "'", expression)


def reads(name: str, expression: str) -> int:
    """How often an expression reads a node by its name."""
    pattern = rf"(?<![\w.]){re.escape(name)}(?![\w(=])"
    return len(re.findall(pattern, blank(expression))) * name.isidentifier()
