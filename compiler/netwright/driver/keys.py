"""Weights' paths that the source back end has to look at before it can say that it writes them."""

from __future__ import annotations

from collections.abc import Iterator

from netwright.ir.expr import Binary, Expr, Name
from netwright.ir.program import InlineNode, KeyPart, Module, Node


def unusual_keys(module: Module) -> bool:
    """Whether a key of the file, or of one that it uses, is `""` or computes more than a number.

    Names of levels such as `{i}` and `blocks.{i + 1}` can always be written.
    """
    files, queue = {module}, [module]
    while queue:
        fresh = set(queue.pop().uses.values()) - files
        files |= fresh
        queue += fresh
    blocks = (block for file in files for block in file.all_blocks())
    return any(_is_unusual(key) for block in blocks for key in _keys(block.nodes))


def _keys(nodes: tuple[Node, ...]) -> Iterator[tuple[KeyPart, ...]]:
    for node in nodes:
        if node.control.key is not None:
            yield node.control.key
        if isinstance(node, InlineNode):
            yield from _keys(node.block.nodes)


def _is_unusual(key: tuple[KeyPart, ...]) -> bool:
    """Whether a key is `""`, or has a level that is not a name, a counter or a sum."""
    if not key:
        return True
    whole = "".join(part.text if part.expr is None else _mark(part.expr) for part in key)
    return any(level != "?" and ("?" in level or "!" in level) for level in whole.split("."))


def _mark(expr: Expr) -> str:
    return "?" if isinstance(expr, Name | Binary) else "!"
