"""A formatted tree as the text of a file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from netwright.frontend.formatting_order import kind_of
from netwright.frontend.formatting_scalars import JOINED, WIDTH, key_text, leaf_text, wrapped
from netwright.frontend.formatting_tree import Branch, Entry, Leaf, Tree

_HEADER = ("netwright", "model", "doc")
"""Keys of a spec without a blank line between them."""


def write(root: Branch, head: list[str]) -> str:
    lines = [*head, ""] if head else []
    before = ""
    for entry in root.entries:
        if before and not (before in _HEADER and entry.key in _HEADER):
            lines.append("")
        lines += _entry(entry, "", "spec")
        before = entry.key
    lines += ["", *_trimmed(root.tail)] if root.tail else []
    return "\n".join(lines) + "\n"


def _trimmed(tail: list[str]) -> list[str]:
    return tail[1:] if tail[0] == "" else tail


def _entries(branch: Branch, indent: str, role: str) -> Iterator[str]:
    for index, entry in enumerate(branch.entries):
        if index and (entry.blank or role == "blocks"):
            yield ""
        yield from _entry(entry, indent, role)
    for comment in branch.tail:
        yield indent + comment if comment else ""


def _entry(entry: Entry, indent: str, role: str) -> Iterator[str]:
    for comment in entry.before:
        yield indent + comment if comment else ""
    lead = f"{indent}{key_text(entry.key, False)}:" if entry.key else f"{indent}-"
    eol = f"  {entry.eol}" if entry.eol else ""
    if isinstance(entry.value, Leaf):
        yield from _leaf(entry.value, lead, indent, eol)
        return
    kind = kind_of(entry, role)
    line = f"{lead} {one_line(entry.value)}" if fits_flow(entry.value, kind, role) else ""
    if line and (len(line) <= _room(entry.value) or not entry.value.entries):
        yield line + eol
    elif entry.key:
        yield lead + eol
        yield from _entries(entry.value, indent + "  ", kind)
    else:
        yield from _item(entry.value, indent, kind, entry.eol)


def _room(branch: Branch) -> int:
    """Columns that a branch may take on one line."""
    return WIDTH if branch.flow else JOINED


def _item(branch: Branch, indent: str, kind: str, eol: str) -> Iterator[str]:
    """A branch as an item of a list: its first line follows the dash, comments go above."""
    first = branch.entries[0]
    for comment in (*([eol] if eol else []), *first.before):
        yield indent + comment if comment else ""
    branch = replace(branch, entries=[replace(first, before=[]), *branch.entries[1:]])
    head, *rest = _entries(branch, indent + "  ", kind)
    yield f"{indent}- {head[len(indent) + 2 :]}"
    yield from rest


def _leaf(leaf: Leaf, lead: str, indent: str, eol: str) -> Iterator[str]:
    if leaf.block is not None:
        header, lines = leaf.block
        yield f"{lead} {header}{eol}"
        yield from (f"{indent}  {line}" if line else "" for line in lines)
        return
    line = f"{lead} {leaf_text(leaf, False)}"
    lines = [] if leaf.raw or len(line) <= WIDTH else wrapped(leaf.text, WIDTH - len(indent) - 2)
    if len(lines) < 2:
        yield line + eol
        return
    yield f"{lead} >-{eol}"
    yield from (f"{indent}  {line}" for line in lines)


def one_line(tree: Tree) -> str:
    if isinstance(tree, Leaf):
        return leaf_text(tree, True)
    parts = [one_line(entry.value) for entry in tree.entries]
    if tree.sequence:
        return f"[{', '.join(parts)}]"
    keys = [key_text(entry.key, True) for entry in tree.entries]
    return "{" + ", ".join(f"{k}: {p}" for k, p in zip(keys, parts, strict=True)) + "}"


def fits_flow(branch: Branch, kind: str, role: str) -> bool:
    """Whether `branch` may stand on one line, if there is room: as its author wrote it, or where it
    needs no quotes. The sections of a spec and graphs stay as they are; rules have a line each."""
    if not branch.entries:
        return not branch.tail
    if kind == "init" or branch.commented or not _without_blocks(branch):
        return False
    if branch.flow:
        return True
    return role != "spec" and _quiet(branch, kind)


def _without_blocks(tree: Tree) -> bool:
    if isinstance(tree, Leaf):
        return tree.block is None
    return all(_without_blocks(entry.value) for entry in tree.entries)


def _quiet(tree: Tree, kind: str = "") -> bool:
    if isinstance(tree, Leaf):
        return leaf_text(tree, True) == leaf_text(tree, False)
    if tree.flow:
        return True
    if kind in ("graph", "blocks", "block", "graph node", "method"):
        return False
    return all(
        key_text(entry.key, True) == key_text(entry.key, False) and _quiet(entry.value)
        for entry in tree.entries
    )
