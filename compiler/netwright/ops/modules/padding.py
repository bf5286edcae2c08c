"""Padding: constant, reflected, replicated and circular, in one, two and three dims."""

from __future__ import annotations

from functools import partial

from netwright.ir.dims import Size, at_least, show
from netwright.ir.types import TensorType
from netwright.ops.entry import Arg, Arguments, ModuleOp, OpError
from netwright.ops.modules.checks import (
    need_rank,
    need_rank_from,
    need_real,
    per_axis,
    tensor,
)
from netwright.ops.modules.conv import LAYOUTS

SLACK = {"Reflection": 1, "Circular": 0}
"""How much larger than the padding the size must be: reflection leaves out the edge."""


def _padded(count: int, x: TensorType, args: Arguments, slack: int | None) -> TensorType:
    """Pairs of `padding` count from the last dim; negative ones cut."""
    pads = per_axis(args, "padding", 2 * count)
    sizes = list(x.shape)
    for axis in range(count):
        before, after = pads[2 * axis : 2 * axis + 2]
        size = sizes[-1 - axis]
        if slack is not None:
            _need_larger(size, before, after, slack)
        sizes[-1 - axis] = size + before + after
        _need_left(sizes[-1 - axis])
    return TensorType(x.dtype, tuple(sizes))


def _need_larger(size: Size, before: Size, after: Size, slack: int) -> None:
    for pad in (before, after):
        if at_least(size, pad + slack) is False:
            raise OpError(
                f"padding {show(pad)} is too large for the size {show(size)}",
                arg="padding",
                help="replicated or constant padding has no such limit",
            )


def _cut(pad: Size) -> Size:
    """The part of `pad` that cuts; what is cut must be there before anything is added."""
    return pad if at_least(pad, 0) is False else 0


def _need_left(size: Size) -> None:
    if at_least(size, 1) is False:
        raise OpError(f"the output would have the size {show(size)}", arg="padding")


def constant_pad(count: int, args: Arguments) -> TensorType:
    """(..., *spatial) -> the same with longer spatial dims."""
    x = tensor(args, "input")
    need_rank_from(x, "input", count)
    pads = per_axis(args, "padding", 2 * count)
    for axis in range(count):
        _need_left(x.shape[-1 - axis] + _cut(pads[2 * axis]) + _cut(pads[2 * axis + 1]) + 1)
    return _padded(count, x, args, None)


def copying_pad(count: int, slack: int | None, real: bool, args: Arguments) -> TensorType:
    """(B, C, *spatial) -> the same with longer spatial dims, with or without B."""
    x = tensor(args, "input")
    need_rank(x, "input", (count + 1, count + 2), LAYOUTS[count])
    if real:
        need_real(x, "input")
    return _padded(count, x, args, slack)


_INPUTS = (Arg("input", "tensor"),)
_PADDING = Arg("padding", "ints", doc="One size, or a pair for each dim from the last on.")


def _constant(count: int) -> ModuleOp:
    return ModuleOp(
        f"ConstantPad{count}d",
        f"nn.ConstantPad{count}d",
        (_PADDING, Arg("value", "number", doc="What the padding holds.")),
        _INPUTS,
        f"Pad the last {count} dims with a number.",
        rule=partial(constant_pad, count),
    )


def _zero(count: int) -> ModuleOp:
    return ModuleOp(
        f"ZeroPad{count}d",
        f"nn.ZeroPad{count}d",
        (_PADDING,),
        _INPUTS,
        f"Pad the last {count} dims with zeros.",
        rule=partial(constant_pad, count),
    )


def _copying(kind: str, doc: str, count: int) -> ModuleOp:
    return ModuleOp(
        f"{kind}Pad{count}d",
        f"nn.{kind}Pad{count}d",
        (_PADDING,),
        _INPUTS,
        f"Pad {LAYOUTS[count]} {doc}.",
        rule=partial(copying_pad, count, SLACK.get(kind), kind != "Circular"),
    )


_COPYING = (
    ("Reflection", "with its reflection"),
    ("Replication", "with its edge"),
    ("Circular", "with its opposite side"),
)

OPS = (
    *map(_constant, (1, 2, 3)),
    *map(_zero, (1, 2, 3)),
    *(_copying(kind, doc, count) for kind, doc in _COPYING for count in (1, 2, 3)),
)
