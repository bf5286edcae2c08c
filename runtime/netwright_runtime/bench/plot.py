"""A picture of a benchmark: throughput by the size of the batch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from netwright_runtime.bench.result import Report, Row


def draw(report: Report, file: Path) -> None:
    """Write the picture, one panel a task, in the format that the file's name ends with."""
    tasks = list(dict.fromkeys(row.task for row in report.rows))
    figure = Figure(figsize=(6 * len(tasks), 4), layout="constrained")
    panels = figure.subplots(1, len(tasks), squeeze=False)[0]
    for task, axes in zip(tasks, panels, strict=True):
        _panel(axes, report, [row for row in report.rows if row.task == task])
        axes.set_title(f"{report.model}, {task}")
    threads = f"{report.machine['threads']} threads"
    figure.supxlabel(f"{report.machine['processor']}, {threads}, torch {report.versions['torch']}")
    figure.savefig(file)


def _panel(axes: Any, report: Report, rows: list[Row]) -> None:
    lines: dict[str, list[Row]] = {}
    for row in rows:
        if row.latency is not None:
            lines.setdefault(f"{row.model}, {row.strategy}", []).append(row)
    for name, found in lines.items():
        places = [row.batch or 1 for row in found]
        style = "--" if found[0].model == report.against else "-"
        axes.plot(places, [row.throughput for row in found], style, marker="o", label=name)
    batches = sorted({row.batch or 1 for row in rows})
    axes.set_xscale("log", base=2)
    axes.set_xticks(batches, [str(batch) for batch in batches])
    axes.set(xlabel="batch", ylabel="samples per second")
    axes.set_ylim(bottom=0)
    axes.legend()
