"""Einops patterns, lowered to plain tensor methods: `rearrange(x, "b t (h d) -> b h t d", h=8)`.

A pattern is checked against the tensor and written as the few methods that a person would use:
`x.unflatten(-1, (h, -1)).transpose(1, 2)`. Both back ends apply these steps, so that no emitted
file needs einops. The notation is that of A. Rogozhnikov, "Einops", ICLR 2022.

Dims after a `...` are counted from the end, so that the steps are the same whatever it covers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from netwright.ir.dims import Size, known, mod, product, same, show
from netwright.ir.types import TensorType
from netwright.ops.broadcast import equal_help
from netwright.ops.cells import Dots, lay_out
from netwright.ops.entry import OpError
from netwright.ops.pattern import ELLIPSIS, Axis, Group, Pattern, PatternError, axes_of, parse

REDUCTIONS = ("mean", "sum", "max", "min", "prod", "any", "all")


@dataclass(frozen=True, slots=True)
class Step:
    """One method call: `name` is an op of the table, `args` follow the receiver."""

    name: str
    args: tuple[Any, ...]


def plan(
    op_name: str, positional: Sequence[object], keywords: Mapping[str, object]
) -> tuple[Step, ...]:
    """The steps of `rearrange(x, pattern, h=8)` or `reduce(x, pattern, reduction, h=8)`.

    A list of tensors counts as their stack, which the caller makes. Raises OpError: E0203 and E0212
    for arguments, E0308 (a PatternError) for the pattern, E0301 and E0302 for the tensor.
    """
    names = ["input", "pattern"] + (["reduction"] if op_name == "reduce" else [])
    if len(positional) > len(names):
        message = f"`{op_name}` takes {len(names)} positional arguments, found {len(positional)}"
        raise OpError(message, code="E0202", help="give lengths by name: `h=8`")
    given = dict(zip(names, positional, strict=False))
    lengths = {name: value for name, value in keywords.items() if name not in names}
    given.update({name: value for name, value in keywords.items() if name in names})
    for name in names:
        if name not in given:
            raise OpError(f"`{op_name}` needs `{name}`", arg=name, code="E0203")
    pattern = parse(_text(given["pattern"]))
    reduction = _reduction(given["reduction"]) if op_name == "reduce" else None
    return lower(pattern, _stacked(given["input"]), _sizes(lengths), reduction)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise OpError("`pattern` wants a str", arg="pattern", code="E0212")
    return value


def _reduction(value: object) -> str:
    if value not in REDUCTIONS:
        remedy = "it is one of " + ", ".join(f"`{name}`" for name in REDUCTIONS)
        message = f"`reduction` cannot be `{value}`"
        raise OpError(message, arg="reduction", code="E0308", help=remedy)
    return str(value)


def _stacked(value: object) -> TensorType:
    """The tensor's type, of a list the type of its stack."""
    if isinstance(value, tuple | list) and value and isinstance(value[0], TensorType):
        return TensorType(value[0].dtype, (len(value), *value[0].shape))
    if not isinstance(value, TensorType):
        raise OpError("`input` wants a tensor or a list of tensors", arg="input", code="E0212")
    return value


def _sizes(lengths: Mapping[str, object]) -> dict[str, Size]:
    sizes: dict[str, Size] = {}
    for name, value in lengths.items():
        if isinstance(value, bool) or not isinstance(value, Size):
            raise OpError(f"`{name}` wants a size", arg=name, code="E0212")
        sizes[name] = value
    return sizes


# Checks -------------------------------------------------------------------------------------


def lower(
    pattern: Pattern, x: TensorType, lengths: Mapping[str, Size], reduction: str | None
) -> tuple[Step, ...]:
    """The methods that turn `x` into the right side of `pattern`; no `reduction` for rearrange."""
    _check_names(pattern, lengths, reduction)
    groups = _against(pattern, x)
    for group, size in groups:
        _check_group(group, size, lengths, x)
    covered = x.rank - (len(pattern.left) - 1) if _has_ellipsis(pattern) else 0
    calls = lay_out(
        [_names(group) for group in pattern.left],
        [_names(group) for group in pattern.right],
        Dots(covered, _merges_dots(pattern)),
        lambda names: _factors(names, lengths),
        reduction,
    )
    return tuple(Step(name, args) for name, args in calls)


def _names(group: Group) -> tuple[str, ...]:
    """The names of the axes; a number is named by its place too, since it may stand twice."""
    return tuple(a.name if a.number is None else f"{a.name}@{a.offset}" for a in group.axes)


def _has_ellipsis(pattern: Pattern) -> bool:
    return any(axis.name == ELLIPSIS for axis in axes_of(pattern.left))


def _merges_dots(pattern: Pattern) -> bool:
    """Whether the right side has `(...)`."""
    return any(
        axis.name == ELLIPSIS and axis.offset != group.offset
        for group in pattern.right
        for axis in group.axes
    )


def _check_names(pattern: Pattern, lengths: Mapping[str, Size], reduction: str | None) -> None:
    left = {axis.name: axis for axis in axes_of(pattern.left)}
    right = {axis.name: axis for axis in axes_of(pattern.right)}
    for axis in axes_of(pattern.right):
        if axis.name not in left or axis.number is not None:
            raise _stray(axis, "on the right only", "use `expand` to repeat")
    for axis in axes_of(pattern.left):
        if reduction is None and (axis.name not in right or axis.number is not None):
            raise _stray(axis, "on the left only", "use `reduce` to sum or average it away")
    for name in lengths:
        if name not in left:
            raise OpError(f"the pattern has no axis `{name}`", arg=name, code="E0202")


def _stray(axis: Axis, where: str, help: str) -> PatternError:
    return PatternError(f"`{axis.name}` stands {where}", axis.offset, len(axis.name), help)


def _against(pattern: Pattern, x: TensorType) -> list[tuple[Group, Size]]:
    """Each group of the left side with the size of its dim, `...` left out."""
    dots = [i for i, g in enumerate(pattern.left) if g.axes and g.axes[0].name == ELLIPSIS]
    count = len(pattern.left) - len(dots)
    if count > x.rank or (not dots and count != x.rank):
        message = f"`{pattern.text}` wants {count} dims" + (" or more" if dots else "")
        raise OpError(f"{message}, the input is {x}", arg="input", code="E0302")
    before = dots[0] if dots else count
    sizes = (*x.shape[:before], *x.shape[x.rank - (count - before) :])
    groups = [g for i, g in enumerate(pattern.left) if i not in dots]
    return list(zip(groups, sizes, strict=True))


def _check_group(group: Group, size: Size, lengths: Mapping[str, Size], x: TensorType) -> None:
    """OpError unless the axes of `group` make up `size`, at most one of them being inferred."""
    unknown = [a for a in group.axes if a.number is None and a.name not in lengths]
    if len(unknown) > 1:
        names = " and ".join(f"`{a.name}`" for a in unknown)
        message = f"the lengths of {names} do not both follow from {show(size)}"
        raise PatternError(message, unknown[1].offset, len(unknown[1].name), "give one by name")
    part = product([_length(axis, lengths) for axis in group.axes if axis not in unknown])
    if not unknown and not same(part, size):
        message = f"a dim of {show(size)} of {x} cannot be {show(part)}"
        raise OpError(message, arg="pattern", help=equal_help(part, size))
    rest = known(mod(size, part)) if known(part) != 0 else 1
    if rest != 0:
        reason = "is not known to divide" if rest is None else "does not divide"
        message = f"{show(part)} {reason} the dim {show(size)} of {x}"
        raise OpError(message, arg="pattern", code="E0306" if rest is None else "E0301")


def _length(axis: Axis, lengths: Mapping[str, Size]) -> Size:
    return lengths[axis.name] if axis.number is None else axis.number


def _factors(names: Sequence[tuple[str, ...]], lengths: Mapping[str, Size]) -> tuple[Size, ...]:
    """The sizes that a dim splits into, -1 for what is left."""
    return tuple(_factor(cell, lengths) for cell in names)


def _factor(cell: tuple[str, ...], lengths: Mapping[str, Size]) -> Size:
    sizes = [_named(name, lengths) for name in cell]
    return -1 if -1 in sizes else product(sizes)


def _named(name: str, lengths: Mapping[str, Size]) -> Size:
    number, at, _ = name.partition("@")
    return int(number) if at else lengths.get(name, -1)
