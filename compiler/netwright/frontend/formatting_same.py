"""Whether two texts of a spec are the same program, whatever their layout."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass

from netwright.ir.expr import Literal, Unary
from netwright.ir.program import Block, InlineNode, Module, Node
from netwright.source import Span

_LAYOUT = frozenset(
    {"span", "name_span", "arg_spans", "spans", "match_span", "target_span", "take_span"}
    | {"file", "path", "digest", "module", "uses"}
)

Path = tuple[str, ...]


def same(a: object, b: object) -> bool:
    """Whether `a` and `b` are equal but for their places."""
    a, b = _number(a), _number(b)
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, tuple | list) and isinstance(b, tuple | list):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    if type(a) is not type(b):
        return False
    if is_dataclass(a):
        names = (f.name for f in fields(a) if f.name not in _LAYOUT)
        return all(same(getattr(a, name), getattr(b, name)) for name in names)
    return a == b or repr(a) == repr(b) == "nan"


def _number(value: object) -> object:
    """`-1` is one number, whether YAML read it or an expression."""
    if isinstance(value, Unary) and isinstance(value.operand, Literal) and value.op in ("-", "+"):
        number = value.operand.value
        if isinstance(number, int | float) and not isinstance(number, bool):
            return Literal(-number if value.op == "-" else number)
    return value


def nodes_of(module: Module) -> dict[Path, Node]:
    """All nodes of a file by block and name."""
    found: dict[Path, Node] = {}
    for index, block in enumerate(module.all_blocks()):
        found.update(_nodes(block, (str(index), block.name)))
    return found


def _nodes(block: Block, path: Path) -> Iterator[tuple[Path, Node]]:
    for node in block.nodes:
        yield (*path, node.name), node
        if isinstance(node, InlineNode):
            yield from _nodes(node.block, (*path, node.name))


def changed(before: Module, after: Module) -> set[Span]:
    """The keys of the nodes of `before` that are others in `after`."""
    others = nodes_of(after)
    return {
        node.name_span
        for path, node in nodes_of(before).items()
        if path not in others or not same(node, others[path])
    }
