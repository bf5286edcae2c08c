"""A report as tables for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rich.box import SIMPLE_HEAD
from rich.table import Table

from netwright_runtime.optimise.report import Report, Tried
from netwright_runtime.optimise.rewriting import Change, Fired, Size

_SHOWN = 3
"""Changes of a pass that are told one by one; more are counted."""


def tables(report: Report) -> Iterator[Table]:
    """What fired where, how large the graph was and is, and how candidates compared."""
    yield _passes(report)
    if report.tried:
        yield _candidates(report)


def _passes(report: Report) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, title_justify="left")
    for title in ("pass", "node", "change"):
        table.add_column(title, overflow="fold")
    for title in ("nodes", "kernels", "parameters"):
        table.add_column(title, justify="right")
    for fired in report.fired:
        _add(table, fired)
    total = _sizes(report.before, report.after)
    if report.before.flops is not None and report.after.flops is not None:
        table.add_column("FLOPs", justify="right")
        total += (_change(report.before.flops, report.after.flops),)
    table.add_row("all", "", "", *total)
    return table


def _add(table: Table, fired: Fired) -> None:
    shown = list(fired.changes[:_SHOWN])
    left = len(fired.changes) - len(shown)
    if left:
        shown.append(Change("", f"and {left} more"))
    first, *rest = shown
    table.add_row(fired.name, first.where, first.what, *_sizes(fired.before, fired.after))
    for change in rest:
        table.add_row("", change.where, change.what)


def _sizes(before: Size, after: Size) -> tuple[str, ...]:
    pairs = (
        (before.nodes, after.nodes),
        (before.kernels, after.kernels),
        (before.parameters, after.parameters),
    )
    return tuple(_change(a, b) for a, b in pairs)


def _change(before: int, after: int) -> str:
    return f"{before:,}" if before == after else f"{before:,} → {after:,}"


def _candidates(report: Report) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("candidate")
    for title in ("time", "of eager", "error"):
        table.add_column(title, justify="right")
    table.add_column("")
    for tried in report.tried:
        table.add_row(*_row(tried, tried.name == report.chosen))
    return table


def _row(tried: Tried, chosen: bool) -> tuple[str, str, str, str, str]:
    time = "" if tried.time is None else f"{tried.time.median * 1e3:.3g} ms"
    ratio = "" if tried.ratio is None else f"{tried.ratio:.2f}"
    error = "" if tried.error is None else f"{tried.error:.0e}"
    return tried.name, time, ratio, error, "taken" if chosen else tried.reason
