"""Wrong versions of what an op's entry says: shapes, dtypes, weights, operations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from netwright.ir.dims import Size, floordiv
from netwright.ir.types import TensorType
from netwright.ops.entry import Arguments, Result, Weight

from tests.faults.fault import Lie

Rule = Callable[[Arguments], Result]


def resized(op: str, axis: int, change: Callable[[Size], Size]) -> Lie:
    """One size of the result is another, where the result has that axis."""

    def told(rule: Rule) -> Rule:
        def lying(args: Arguments) -> Result:
            out = rule(args)
            assert isinstance(out, TensorType)
            if axis >= len(out.shape) or -axis > len(out.shape):
                return out
            shape = list(out.shape)
            shape[axis] = change(shape[axis])
            return replace(out, shape=tuple(shape))

        return lying

    return Lie(op, told)


def retyped(op: str, dtype: str) -> Lie:
    """The result has another dtype."""

    def told(rule: Rule) -> Rule:
        def lying(args: Arguments) -> Result:
            out = rule(args)
            assert isinstance(out, TensorType)
            return replace(out, dtype=dtype)

        return lying

    return Lie(op, told)


def swapped(op: str, one: int, other: int) -> Lie:
    """Two sizes of the result change places."""

    def told(rule: Rule) -> Rule:
        def lying(args: Arguments) -> Result:
            out = rule(args)
            assert isinstance(out, TensorType)
            shape = list(out.shape)
            shape[one], shape[other] = shape[other], shape[one]
            return replace(out, shape=tuple(shape))

        return lying

    return Lie(op, told)


def like(op: str, argument: str) -> Lie:
    """The result has the type of an argument, whatever the op does to it."""

    def told(rule: Rule) -> Rule:
        def lying(args: Arguments) -> Result:
            rule(args)
            found = args[argument]
            return found if isinstance(found, TensorType) else found[0]

        return lying

    return Lie(op, told)


def without(op: str, weight: str) -> Lie:
    """A weight is forgotten."""

    def told(weights: Callable[[Any], tuple[Weight, ...]]) -> Callable[[Any], tuple[Weight, ...]]:
        return lambda args: tuple(w for w in weights(args) if w.name != weight)

    return Lie(op, told, "weights")


def reshaped(op: str, weight: str, shape: Callable[[tuple[Size, ...]], tuple[Size, ...]]) -> Lie:
    """A weight has another shape."""

    def told(weights: Callable[[Any], tuple[Weight, ...]]) -> Callable[[Any], tuple[Weight, ...]]:
        return lambda args: tuple(
            replace(w, shape=shape(w.shape)) if w.name == weight else w for w in weights(args)
        )

    return Lie(op, told, "weights")


def counted(op: str, change: Callable[[Size], Size]) -> Lie:
    """The number of operations is another."""

    def told(flops: Callable[[Any, Any], Size]) -> Callable[[Any, Any], Size]:
        return lambda args, result: change(flops(args, result))

    return Lie(op, told, "flops")


def more(size: Size) -> Size:
    """One too many, where the size is not known before the call."""
    return size if isinstance(size, int) else size + 1


def any_more(size: Size) -> Size:
    return size + 1


def double(size: Size) -> Size:
    return 2 * size


def half(size: Size) -> Size:
    return floordiv(size, 2)
