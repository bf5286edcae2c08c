"""What a run writes down while it goes on, in the folder of the run.

metrics.csv   loss and its parts, lr, norm of the gradient, metrics: equal for equal runs
speed.csv     samples and tokens per second, times, memory: of this machine at that hour
events.jsonl  what happened, one JSON object a line with its time; never cut
tensorboard/  the same numbers, and wherever else the recipe says
"""

from __future__ import annotations

import json
from collections.abc import Container, Mapping
from datetime import UTC, datetime
from pathlib import Path

from netwright.recipe.log import Log

from netwright_runtime.train.table import Table
from netwright_runtime.train.trackers import Tracker, trackers

METRICS = "metrics.csv"
SPEED = "speed.csv"
EVENTS = "events.jsonl"

Fact = str | int | float | bool | None


class RunLog:
    """The log of a run. Of several processes, only the first has one.

    The tables are always written: a resume cuts them, and the report is made of them. So `csv`
    among the trackers of a recipe says nothing that is not so without it.
    """

    def __init__(self, folder: Path, section: Log) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._section = folder, section
        self._metrics, self._speed = Table(folder / METRICS), Table(folder / SPEED)
        self._events = (folder / EVENTS).open("a", encoding="utf-8")
        self._trackers: list[Tracker] | None = None
        self._first = 0

    def metrics(self, step: int, epoch: int, split: str, values: Mapping[str, float]) -> None:
        """Numbers that an equal run finds again."""
        self._metrics.add(step, epoch, split, values)
        self._track(step, split, values)

    def speed(self, step: int, epoch: int, values: Mapping[str, float]) -> None:
        """Numbers that depend on the machine."""
        self._speed.add(step, epoch, "train", values)
        self._track(step, "speed", values)

    def event(self, name: str, **facts: Fact) -> None:
        """What happened: `started`, `checkpoint`, `resumed`, ..., with what there is to know."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        self._events.write(json.dumps({"time": now, "event": name, **facts}) + "\n")
        self._events.flush()

    def truncate(self, step: int, splits: Container[str] = ("train", "validation")) -> None:
        """Go back to `step`, from which the run is resumed; of its own rows those of `splits`
        stay."""
        self._close_trackers()
        self._first = step + 1
        self._metrics.truncate(step, splits)
        self._speed.truncate(step, splits)

    def sync(self) -> None:
        """Wait until the tables are on the disk, as before a checkpoint that relies on them."""
        self._metrics.sync()
        self._speed.sync()

    def close(self) -> None:
        self._close_trackers()
        self._metrics.close()
        self._speed.close()
        self._events.close()

    def _track(self, step: int, split: str, values: Mapping[str, float]) -> None:
        if self._trackers is None:
            self._trackers = trackers(self._section.trackers, self._folder, self._first)
        named = {f"{split}/{name}": value for name, value in values.items()}
        for tracker in self._trackers:
            tracker.log(step, named)

    def _close_trackers(self) -> None:
        for tracker in self._trackers or ():
            tracker.close()
        self._trackers = None
