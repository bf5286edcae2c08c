"""`netwright show`: the tree of a model with what each node costs."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from netwright.cli import assignments
from netwright.cli.options import Depth, Set, Size, Spec, Variant
from netwright.driver.count import count, tied, total_bytes, total_parameters
from netwright.driver.model import load
from netwright.driver.peak import peak_bytes
from netwright.driver.rows import Row, rows, sizes, to_json
from netwright.driver.units import show_bytes, show_count
from netwright.ir.dims import evaluate, show

if TYPE_CHECKING:
    from netwright.driver.count import Counts
    from netwright.passes.model import Elaboration

_EXAMPLE = "Example: netwright show gpt2 --size B=2,T=1024 --depth 2"


def add(app: typer.Typer) -> None:
    app.command("show", epilog=_EXAMPLE)(run)


def run(
    spec: Spec,
    variant: Variant = None,
    set_: Set = None,
    size: Size = None,
    depth: Depth = None,
    json_: Annotated[bool, typer.Option("--json", help="Print the tree as JSON.")] = False,
) -> None:
    """Show the tree of a model: types, parameters, FLOPs, memory of activations and weights."""
    elaboration = load(spec, variant, params=assignments.params(set_ or [])).elaborate()
    counts = count(elaboration)
    values = sizes(elaboration, elaboration.primary, assignments.sizes(size or []))
    if json_:
        print(json.dumps({"sizes": values, **to_json(counts, values)}, indent=1))
        return
    _table(counts, values, depth)
    _totals(elaboration, counts, values)


def _table(counts: Counts, values: Mapping[str, int], depth: int | None) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for title in ("node", "op", "result"):
        table.add_column(title, overflow="fold")
    for title in ("parameters", "FLOPs", "activations", "weights"):
        table.add_column(title, justify="right", no_wrap=True)
    for row in rows(counts, depth):
        table.add_row(*_cells(row, values))
    wide = None if sys.stdout.isatty() else 160
    Console(width=wide, highlight=False, markup=False).print(table)


def _cells(row: Row, values: Mapping[str, int]) -> tuple[str, ...]:
    counts = row.counts
    repeats = f"  x{row.repeats}" if row.repeats > 1 else ""
    again = " (again)" if counts.again else ""
    return (
        f"{'  ' * row.depth}{row.name}{repeats}",
        counts.kind + again,
        ", ".join(str(t) for t in counts.results),
        f"{counts.parameters * row.times:,}" if counts.parameters else "",
        show_count(evaluate(counts.flops, values) * row.times),
        show_bytes(evaluate(counts.activation, values) * row.times, zero=""),
        show_bytes(counts.weight_bytes * row.times, zero=""),
    )


def _totals(elaboration: Elaboration, counts: Counts, values: Mapping[str, int]) -> None:
    at = ", ".join(f"{name}={value}" for name, value in values.items())
    flops = show(counts.flops)
    formula = f"  = {flops}" if values and len(flops) <= 120 else ""
    print(f"{elaboration.block.name}" + (f" at {at}" if at else ""))
    print(f"  parameters   {total_parameters(elaboration):,}")
    print(f"  FLOPs        {show_count(evaluate(counts.flops, values)) or 0}{formula}")
    print(f"  activations  {show_bytes(evaluate(counts.activation, values))}")
    print(f"  peak         {show_bytes(peak_bytes(elaboration.primary, values))} of them at once")
    print(f"  weights      {show_bytes(total_bytes(elaboration))}")
    for target, source in tied(elaboration).items():
        print(f"  tied         {target} is {source}, counted once")
