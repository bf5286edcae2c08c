"""Curves over the steps of a run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from netwright_runtime.train.report.chart import Series, lines
from netwright_runtime.train.report.markup import Markup, element, joined
from netwright_runtime.train.table import Row

_SPEED = {
    "samples_per_second": "samples per second",
    "tokens_per_second": "tokens per second",
    "step_seconds": "seconds of a step",
    "data_seconds": "seconds waiting for data",
    "peak_memory": "peak memory in bytes",
    "utilisation": "share of the device's FLOPs",
}


def of_metrics(rows: Sequence[Row]) -> Markup:
    """A chart for each name; the splits in it are lines. The test split is measured once only."""
    names = dict.fromkeys(row.name for row in rows if row.split != "test")
    return _charts(_chart(name, name, (r for r in rows if r.split != "test")) for name in names)


def of_speed(rows: Sequence[Row]) -> Markup:
    """A chart for each number that depends on the machine."""
    names = dict.fromkeys(row.name for row in rows)
    return _charts(_chart(_SPEED.get(name, name), name, rows) for name in names)


def _chart(title: str, name: str, rows: Iterable[Row]) -> Markup:
    found: dict[str, list[tuple[float, float]]] = {}
    for row in rows:
        if row.name == name:
            found.setdefault(row.split, []).append((row.step, row.value))
    return lines(title, [Series(split, points) for split, points in found.items()])


def _charts(charts: Iterable[Markup]) -> Markup:
    drawn = list(charts)
    return element("div", *drawn, attributes={"class": "charts"}) if drawn else joined()
