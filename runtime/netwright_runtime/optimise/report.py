"""What was done to a model: which passes fired where, and how candidates compared."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from io import StringIO
from typing import Any

from netwright_runtime.measure.timing import Time
from netwright_runtime.optimise.rewriting import Fired, Size


@dataclass(frozen=True)
class Tried:
    """A candidate of level 3.

    time    seconds of a call, None where it was not measured
    ratio   of its median to that of eager execution; below 1 is faster
    error   how far its outputs are from those of eager execution, as a part of the largest value
    reason  why it was not measured, or not taken
    """

    name: str
    time: Time | None = None
    ratio: float | None = None
    error: float | None = None
    reason: str = ""


@dataclass(frozen=True)
class Report:
    """What `optimise` did.

    before  the size of the graph as the compiler lowers it, `after` with all that fired
    fired   the passes that changed something, in their order
    tried   the candidates of level 3, and `chosen` the one that runs
    """

    model: str
    level: int
    before: Size
    after: Size
    fired: tuple[Fired, ...] = ()
    tried: tuple[Tried, ...] = ()
    chosen: str = ""

    def to_json(self) -> dict[str, Any]:
        """The report as plain data, times in seconds."""
        return asdict(self)

    def __str__(self) -> str:
        from rich.console import Console

        from netwright_runtime.optimise.explain import tables

        out = StringIO()
        console = Console(file=out, width=100, highlight=False)
        for table in tables(self):
            console.print(table)
        return "\n".join(line.rstrip() for line in out.getvalue().splitlines())
