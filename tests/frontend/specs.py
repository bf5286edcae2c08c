"""Small specs for the tests of the front end."""

from __future__ import annotations

from collections.abc import Iterator

from netwright.frontend import Loaded, load_text
from netwright.ir.program import Block, InlineNode, Module, Node

HEAD = "netwright: 1\nmodel: M\n"
IMAGE = 'inputs: {x: "float[B, C, H, W]"}\n'


def sound(text: str) -> Module:
    """The program of a spec that has no errors."""
    loaded = load_text(text, "f.yaml")
    assert loaded.module is not None, messages(loaded)
    return loaded.module


def messages(loaded: Loaded) -> list[str]:
    return [f"{d.code} {d.span.line}:{d.span.column} {d.message}" for d in loaded.report]


def codes(text: str) -> list[tuple[str, int, int]]:
    """Code, line and column of every diagnostic."""
    return [(d.code, d.span.line, d.span.column) for d in load_text(text, "f.yaml").report]


def graph(nodes: str, beside: str = "") -> Module:
    """A model over an image with the given nodes, one a line."""
    lines = "".join(f"  {line}\n" for line in nodes.strip("\n").split("\n"))
    return sound(f"{HEAD}{beside}{IMAGE}graph:\n{lines}")


def node(module: Module, path: str) -> Node:
    """The node at a dotted path of the model."""
    assert module.model is not None
    block: Block = module.model
    *outer, last = path.split(".")
    for name in outer:
        inline = find(block, name)
        assert isinstance(inline, InlineNode)
        block = inline.block
    return find(block, last)


def find(block: Block, name: str) -> Node:
    found: Iterator[Node] = (n for n in block.nodes if n.name == name)
    return next(found)
