"""An export is what it says only if it gives what the model gives, in its own runtime."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from netwright_runtime.export.refusal import first_line
from netwright_runtime.export.sizes import Sizes
from netwright_runtime.export.tracing import Source
from netwright_runtime.model.nearness import TOLERANCE, distance

Runner = Callable[[Mapping[str, Any]], Sequence[Tensor]]
"""An exported graph in its own runtime: inputs by name, tensors in order."""


class Disagrees(Exception):
    """An exported file does not give what the model gives; the text says where and how much."""


@dataclass(frozen=True)
class Agreement:
    """How near an export came to the model.

    sizes       at which it ran, none of them those of the trace where dims are dynamic
    difference  the largest, as a part of the largest value of its output
    """

    sizes: tuple[Sizes, ...]
    difference: float

    def __str__(self) -> str:
        at = "; ".join(_text(sizes) for sizes in self.sizes)
        return f"within {self.difference:.1g} of the model at {at}"


def opened(source: Source, path: Path, open_: Callable[[Path, Source], Runner]) -> Runner:
    """An exported file in its own runtime; raises Disagrees where that does not open it."""
    try:
        return open_(path, source)
    except ModuleNotFoundError:
        raise
    except Exception as error:  # each runtime raises its own
        raise Disagrees(
            f"its own runtime does not open `{source.entry.name}`: {first_line(error)}; "
            "take another `--dtype` or another format"
        ) from error


def check(source: Source, run: Runner) -> Agreement:
    """Run an export beside the model, at sizes that it was not traced at.

    Raises:
        Disagrees: it fails, or gives something else.
    """
    most = 0.0
    for seed, sizes in enumerate(source.others, start=1):
        inputs = source.inputs(sizes, seed)
        expected = source.eager(inputs)
        try:
            found = run(inputs)
        except Exception as error:  # each runtime raises its own
            raise Disagrees(
                f"`{source.entry.name}` fails at {_text(sizes)}: {first_line(error)}; "
                f"it was traced at {_text(source.sizes)}; {_REMEDY}"
            ) from error
        most = max(most, _compared(source, sizes, expected, found))
    return Agreement(tuple(source.others), most)


_REMEDY = "fix the dim by `--size`, or take another format"


def _compared(
    source: Source, sizes: Sizes, expected: Sequence[Tensor], found: Sequence[Tensor]
) -> float:
    names = source.outputs
    if len(found) != len(expected):
        raise Disagrees(f"`{source.entry.name}` gives {len(found)} tensors, not {len(expected)}")
    most = 0.0
    for name, a, b in zip(names, expected, found, strict=True):
        if a.shape != b.shape:
            raise Disagrees(
                f"`{name}` of `{source.entry.name}` is of shape {list(b.shape)} where the model "
                f"gives {list(a.shape)}, at {_text(sizes)}; {_REMEDY}"
            )
        apart = distance(a, b)
        if not apart <= TOLERANCE.get(source.dtype, 0.0):
            raise Disagrees(
                f"`{name}` of `{source.entry.name}` differs from the model by {apart:.2g} of its "
                f"largest value, at {_text(sizes)}; {_where(source, name, apart)}"
            )
        most = max(most, apart)
    return most


def _where(source: Source, name: str, apart: float) -> str:
    if apart == float("inf"):
        return f"`{name}` is not finite in one of them"
    return f"the dims were traced at {_text(source.sizes)}; {_REMEDY}"


def _text(sizes: Mapping[str, int]) -> str:
    return ", ".join(f"{name}={size}" for name, size in sizes.items()) or "its one size"
