"""What a drawn call of a module is, and what such draws are made of.

A `Case` is a module, its constructor's arguments and its inputs. Sizes that may stay symbolic in
a spec are `Free`; the others are fixed by the arguments.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st


class Free(int):
    """A size that no argument fixes."""


@dataclass(frozen=True)
class Case:
    op: str
    args: Mapping[str, Any] = field(default_factory=dict)
    inputs: Mapping[str, Any] = field(default_factory=dict)


Draw = Callable[[st.SearchStrategy[Any]], Any]
Make = Callable[[Draw, str], Case]


def free(draw: Draw, low: int = 1, high: int = 9) -> Free:
    return Free(draw(st.integers(low, high)))


def frees(draw: Draw, count: int, low: int = 1, high: int = 9) -> tuple[Free, ...]:
    return tuple(free(draw, low, high) for _ in range(count))


def mostly(draw: Draw, value: Any, other: st.SearchStrategy[Any]) -> Any:
    """`value`, and one time in six something else."""
    return draw(other) if draw(st.integers(0, 5)) == 5 else value


def dtype(draw: Draw) -> str:
    return str(mostly(draw, "float", st.sampled_from(["int", "bool", "float64"])))


def one_or_each(draw: Draw, count: int, low: int, high: int) -> Any:
    """One number, or a tuple of `count`; rarely of a wrong length."""
    numbers = st.integers(low, high)
    length = mostly(draw, count, st.just(3 if count == 2 else 2))
    return draw(st.one_of(numbers, st.tuples(*[numbers] * length)))


def some(draw: Draw, **values: Any) -> dict[str, Any]:
    """Some of the optional arguments."""
    return {
        name: draw(s) if isinstance(s, st.SearchStrategy) else s
        for name, s in values.items()
        if draw(st.booleans())
    }


def images(draw: Draw, count: int, channels: int, low: int = 1, high: int = 9) -> tuple[int, ...]:
    """(B, C, *spatial), sometimes without B, rarely of another rank."""
    shape = (free(draw, 1, 3), channels, *frees(draw, count, low, high))
    start = draw(st.integers(0, 1))
    shape = shape[start:]
    return mostly(draw, shape, st.sampled_from([shape[1:], (2, *shape)]))


def spatial_count(name: str) -> int:
    return int(name[-2])


BOOL = st.booleans()
