"""Weights' paths that the source back end has to look at before it can say that it writes them."""

from __future__ import annotations

from collections.abc import Iterator

from netwright.ir.expr import Binary, Name
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
    for before, part, after in zip(("", *key), key, (*key[1:], ""), strict=False):
        if part.expr is None:
            continue
        joined = (_text(before)[-1:] not in ("", "."), _text(after)[:1] not in ("", "."))
        if any(joined) or not isinstance(part.expr, Name | Binary):
            return True
    return not key


def _text(part: KeyPart | str) -> str:
    return part if isinstance(part, str) else part.text or "{}"
