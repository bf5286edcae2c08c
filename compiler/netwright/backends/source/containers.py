"""Containers for keys of several levels: `encoder.layers.{i}.proj` as modules in modules."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from netwright.backends.source.attributes import Location, refuse
from netwright.backends.source.code import call, path
from netwright.backends.source.context import ClassContext
from netwright.ir import expr as ex
from netwright.ir.instance import CallBlock, CallModule, Instance, Scan
from netwright.ir.program import InlineNode, ModuleNode

if TYPE_CHECKING:
    from netwright.backends.source.constructor import Constructor

Member = tuple[Location, ModuleNode | InlineNode]
"""A node and its place; the members of a group share the first levels of their places."""


def container(constructor: Constructor, group: list[Member], level: int = 1) -> ex.Expr:
    """The module that holds a group: a list where the names at `level` count from 0, or a dict."""
    if is_list(constructor.context, group, level):
        items = _items(constructor, group, level)
        if len(items) == 1 and isinstance(items[0], ex.Star):
            return call("nn.ModuleList", items[0].value)
        return call("nn.ModuleList", ex.ListExpr(tuple(items)))
    computed = [
        member
        for member in group
        if len(member[0].parts) > level and member[0].parts[level].dynamic
    ]
    if computed:
        where, node = computed[0]
        if len(group) > 1:
            refuse(
                node,
                f"`{node.name}` shares a level of computed names with another node",
                "give the level a name of its own in `key`, or number the modules from 0",
            )
        return call("nn.ModuleDict", constructor.named(node, where.parts[level:]))
    entries = [
        ex.Entry(ex.Literal(name), _held(constructor, members, level + 1))
        for name, members in _by_name(group, level).items()
    ]
    return call("nn.ModuleDict", ex.DictExpr(tuple(entries)))


def is_list(context: ClassContext, group: list[Member], level: int) -> bool:
    """Whether the names at `level` count from 0 in every instance of the class."""
    if any(len(where.parts) <= level for where, _ in group):
        return False
    if not all(where.parts[level].counts for where, _ in group):
        return False
    for instance in context.facts.instances:
        names: dict[int, None] = {}
        for where, node in group:
            part = where.parts[level]
            numbers = _numbers(instance, node, level) if part.dynamic else [int(part.text)]
            if part.dynamic and not names.keys().isdisjoint(numbers):
                return False
            names.update(dict.fromkeys(numbers))
        if list(names) != list(range(len(names))):
            return False
    return True


def siblings(group: list[Member], where: Location, level: int) -> list[Member]:
    """The members of a group that share the first `level` levels with `where`."""
    texts = [p.text for p in where.parts[:level]]
    return [m for m in group if [p.text for p in m[0].parts[:level]] == texts]


def _items(constructor: Constructor, group: list[Member], level: int) -> list[ex.Expr]:
    items: list[ex.Expr] = []
    for members in _by_name(group, level).values():
        where, _ = members[0]
        if where.parts[level].dynamic:
            items += [_computed(constructor, member, level) for member in members]
        else:
            items.append(_held(constructor, members, level + 1))
    return items


def _computed(constructor: Constructor, member: Member, level: int) -> ex.Expr:
    """What stands at a name that is computed: the modules of a loop, or the one of a node."""
    where, node = member
    below = where.parts[level + 1 :]
    if where.loops:
        return ex.Star(constructor.listed(node, below))
    return constructor.nested(_made(constructor, node), below)


def _held(constructor: Constructor, members: list[Member], level: int) -> ex.Expr:
    """What stands at one name: a node's module, or a container of several."""
    where, node = members[0]
    rest = where.parts[level:]
    if not rest or (
        len(members) == 1 and len(rest) == 1 and _counts(constructor.context, members[0])
    ):
        return _made(constructor, node)
    return container(constructor, members, level)


def _made(constructor: Constructor, node: ModuleNode | InlineNode) -> ex.Expr:
    """A node's module; in instances in which it is off, `nn.Identity()` keeps its place."""
    made, when = constructor.module(node), node.control.when
    if when is None or node.control.loop is not None or not constructor.is_build(when):
        return made
    if set(constructor.facts.found(node, "when")) == {True, False}:
        return ex.IfElse(constructor.expr(when), made, ex.Call(path("nn.Identity")), span=node.span)
    constructor.decided.append((when, True))
    return made


def _counts(context: ClassContext, member: Member) -> bool:
    where, _ = member
    return where.parts[-1].dynamic and is_list(context, [member], len(where.parts) - 1)


def _by_name(group: list[Member], level: int) -> dict[str, list[Member]]:
    """Members by their name at a level; loops, whose names are computed, by themselves."""
    found: dict[str, list[Member]] = {}
    for number, (where, node) in enumerate(group):
        if len(where.parts) <= level:
            _refuse_below(node, next(n for w, n in group if len(w.parts) > level))
        part = where.parts[level]
        found.setdefault(f"{{{number}}}" if part.dynamic else part.text, []).append((where, node))
    return found


def _refuse_below(node: ModuleNode | InlineNode, below: ModuleNode | InlineNode) -> NoReturn:
    message = f"`{below.name}` keeps its weights below those of `{node.name}`"
    refuse(below, message, "give one of them another `key`")


def _numbers(instance: Instance, node: ModuleNode | InlineNode, level: int) -> list[int]:
    """The numbers that a loop's modules have at a level of their paths."""
    found: dict[int, None] = {}
    for step in instance.steps:
        if isinstance(step, CallModule | CallBlock | Scan) and step.node is node:
            found.setdefault(int(step.path[level]))
    return list(found)
