"""`netwright profile`: where the time and the memory of a call go, by the nodes of the spec."""

from __future__ import annotations

import json
from collections.abc import Iterator
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from netwright.cli import assignments
from netwright.cli.measured import at, missing_extra, place, show_seconds, width
from netwright.cli.options import Depth, Set, Size, Spec, Variant
from netwright.driver.failure import CallError
from netwright.driver.units import show_bytes, show_count

if TYPE_CHECKING:
    from netwright_runtime.bench import NodeRow, Profile
    from rich.table import Table

_EXAMPLE = "Example: netwright profile vision/resnet --variant resnet18 --sort time"


class Order(StrEnum):
    """How rows are sorted."""

    MODEL = "model"
    TIME = "time"
    MEMORY = "memory"


def add(app: typer.Typer) -> None:
    app.command("profile", epilog=_EXAMPLE)(run)


def run(
    spec: Spec,
    variant: Variant = None,
    set_: Set = None,
    size: Size = None,
    depth: Depth = None,
    sort: Annotated[
        Order,
        typer.Option(help="The tree of the model, or its nodes by what they take, most first."),
    ] = Order.MODEL,
    device: Annotated[str, typer.Option(help="`cpu` or `cuda`.", metavar="NAME")] = "cpu",
    threads: Annotated[
        int | None, typer.Option(metavar="NUMBER", help="Threads on the CPU.", min=1)
    ] = None,
    seconds: Annotated[
        float, typer.Option(metavar="SECONDS", help="Of calls that are measured.", min=0.0)
    ] = 5.0,
    json_: Annotated[bool, typer.Option("--json", help="Print the profile as JSON.")] = False,
) -> None:
    """Show where the time and memory of a call go, and how near each node comes to the roofline."""
    try:
        from netwright_runtime.bench import NotMeasured, profile
        from rich.console import Console
    except ModuleNotFoundError as missing:
        raise missing_extra(missing, "torch") from missing
    try:
        with Console(stderr=True).status("measuring"):
            found = profile(
                spec,
                variant,
                params=assignments.params(set_ or []),
                sizes=assignments.sizes(size or []),
                device=device,
                threads=threads,
                seconds=seconds,
            )
    except NotMeasured as fault:
        raise CallError(str(fault)) from fault
    if json_:
        print(json.dumps(found.to_json(), indent=1))
        return
    console = Console(width=width(), highlight=False, markup=False)
    console.print(_table(found, sort, depth))
    for line in _totals(found):
        console.print(line, soft_wrap=True)


def _table(profile: Profile, order: Order, depth: int | None) -> Table:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("node", overflow="fold")
    table.add_column("op", overflow="fold")
    titles = ["time", "share", "allocated", "at peak", "FLOPs", "FLOP/s", "moved", "achieved"]
    for title in titles:
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("bound")
    for name, row in _rows(profile, order, depth):
        table.add_row(*_cells(profile, name, row))
    outside = profile.outside
    share = f"{outside / profile.whole:.1%}"
    table.add_row("outside nodes", "", show_seconds(outside), share)
    return table


def _rows(profile: Profile, order: Order, depth: int | None) -> Iterator[tuple[str, NodeRow]]:
    """The rows with the names that they are shown by: indented, or as whole paths."""
    shown = [row for row in profile.rows if depth is None or row.depth < depth]
    if order is Order.MODEL:
        for row in shown:
            yield "  " * row.depth + row.name + _repeated(row), row
        return
    deepest = [row for row in shown if row.leaf or row.depth + 1 == depth]
    for row in sorted(deepest, key=lambda row: _taken(row, order), reverse=True):
        first, last = row.names[0], row.names[-1]
        yield (first if first == last else f"{first} .. {last}") + _repeated(row), row


def _taken(row: NodeRow, order: Order) -> float:
    return row.measured.allocated if order is Order.MEMORY else row.measured.seconds


def _repeated(row: NodeRow) -> str:
    return f"  x{row.repeats}" if row.repeats > 1 else ""


def _cells(profile: Profile, name: str, row: NodeRow) -> tuple[str, ...]:
    measured = row.measured
    rate = round(row.flops / measured.seconds) if measured.seconds else 0
    return (
        name,
        row.kind,
        show_seconds(measured.seconds),
        f"{measured.seconds / profile.whole:.1%}",
        show_bytes(measured.allocated, zero=""),
        show_bytes(measured.at_peak, zero=""),
        show_count(row.flops),
        show_count(rate),
        show_bytes(measured.moved, zero=""),
        f"{row.achieved:.0%}" if row.ideal else "",
        row.bound,
    )


def _totals(profile: Profile) -> Iterator[str]:
    peaks, module = profile.peaks, profile.module
    quartiles = f"{show_seconds(module.low)} to {show_seconds(module.high)}"
    yield profile.model + at(profile.sizes)
    yield (
        f"  nodes        {show_seconds(profile.nodes)}, "
        f"{profile.nodes / profile.whole:.1%} of a run by nodes of {show_seconds(profile.whole)}"
    )
    yield f"  module       {show_seconds(module.median)} ({quartiles}), which nobody watches"
    yield f"  peak         {show_bytes(profile.peak)} beyond weights and inputs"
    yield (
        f"  roofline     {show_count(round(peaks.flops))}FLOP/s of a product of matrices, "
        f"{show_bytes(round(peaks.bandwidth))}/s of a copy, measured now"
    )
    yield "  on " + place(profile.machine, profile.versions)
