"""What a benchmark found: rows of times, and goals that are met or not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from netwright_runtime.measure.timing import Time


@dataclass(frozen=True)
class Row:
    """One measured thing; `ratio` is its median in terms of what `against` names."""

    name: str
    time: Time
    ratio: float | None = None
    against: str = ""


@dataclass(frozen=True)
class Goal:
    """A ratio or a number of seconds that is to stay at or below `limit`."""

    text: str
    value: float
    limit: float
    unit: str = "x"

    @property
    def met(self) -> bool:
        return self.value <= self.limit


@dataclass(frozen=True)
class Table:
    """What is no time: cells below a head."""

    head: tuple[str, ...]
    cells: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Result:
    """One benchmark of one run.

    notes    what was left out
    details  what is kept, but not shown
    """

    name: str
    title: str
    rows: tuple[Row, ...]
    goals: tuple[Goal, ...] = ()
    notes: tuple[str, ...] = ()
    table: Table | None = None
    details: Mapping[str, object] = field(default_factory=dict)

    def to_json(self) -> dict[str, object]:
        """The result as plain data, in seconds."""
        goals = [{**asdict(goal), "met": goal.met} for goal in self.goals]
        rows = [asdict(row) for row in self.rows]
        found = {"title": self.title, "rows": rows, "goals": goals, "notes": list(self.notes)}
        table = {} if self.table is None else {"table": asdict(self.table)}
        return {**found, **table, **self.details}


def rows(times: dict[str, Time], reference: str) -> tuple[Row, ...]:
    """A row for each time, with its ratio to that of `reference`."""
    unit = times[reference].median
    return tuple(
        Row(name, time, None if name == reference else time.median / unit, reference)
        for name, time in times.items()
    )
