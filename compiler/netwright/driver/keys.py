"""Weights' paths that the source back end has to look at before it can say that it writes them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, takewhile

from netwright.ir.expr import Binary, Expr, Name
from netwright.ir.program import (
    BufferNode,
    InlineNode,
    KeyPart,
    Module,
    ModuleNode,
    Node,
    ParameterNode,
)


def unusual_keys(module: Module) -> bool:
    """Whether the source back end may refuse where weights lie, in the file or one that it uses.

    It never does where keys are names and numbers, `{i}` and `blocks.{i + 1}`, each node's apart.
    """
    files, queue = {module}, [module]
    while queue:
        fresh = set(queue.pop().uses.values()) - files
        files |= fresh
        queue += fresh
    graphs = (g for file in files for block in file.all_blocks() for g in _graphs(block.nodes))
    return any(_is_odd(graph) for graph in graphs)


def _graphs(nodes: tuple[Node, ...]) -> Iterator[tuple[Node, ...]]:
    yield nodes
    for node in nodes:
        if isinstance(node, InlineNode):
            yield from _graphs(node.block.nodes)


def _is_odd(nodes: tuple[Node, ...]) -> bool:
    modules = [n for n in nodes if isinstance(n, ModuleNode | InlineNode)]
    if any(isinstance(n, InlineNode) and n.flat for n in modules):
        return True
    keys = [n.control.key for n in modules if n.control.key is not None]
    owned = [n for n in nodes if isinstance(n, ParameterNode | BufferNode)]
    if any(_is_unusual(key) for key in keys) or any(len(_levels(n)) > 2 for n in owned):
        return True
    return bool(keys) and any(_meet(a, b) for a, b in combinations(map(_levels, modules), 2))


def _levels(node: Node) -> list[str]:
    """The levels of a node's place, `?` for each that is computed."""
    key = (KeyPart(node.name),) if node.control.key is None else node.control.key
    return "".join("?" if part.expr is not None else part.text for part in key).split(".")


def _meet(one: list[str], other: list[str]) -> bool:
    """Whether two nodes keep their weights one below the other, or on one level of numbers."""
    shared = list(takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
    below = len(shared) == min(len(one), len(other)) and one != other
    return below or ("?", "?") in shared


def _is_unusual(key: tuple[KeyPart, ...]) -> bool:
    """Whether a key is `""`, or has a level that is not a name, a counter or a sum."""
    if not key:
        return True
    whole = "".join(part.text if part.expr is None else _mark(part.expr) for part in key)
    return any(level != "?" and ("?" in level or "!" in level) for level in whole.split("."))


def _mark(expr: Expr) -> str:
    return "?" if isinstance(expr, Name | Binary) else "!"
