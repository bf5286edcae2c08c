"""`netwright bench`: how fast a model is, in which way of running it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from netwright.cli import assignments
from netwright.cli.measured import at, missing_extra, place, show_seconds, width
from netwright.cli.options import Set, Spec, Variant
from netwright.driver.failure import CallError
from netwright.driver.units import show_bytes, show_count

if TYPE_CHECKING:
    from netwright_runtime.bench import Report, Row
    from rich.table import Table

_EXAMPLE = (
    "Example: netwright bench vision/resnet --variant resnet18 --against timm:resnet18 --batch 1,8"
)


def add(app: typer.Typer) -> None:
    app.command("bench", epilog=_EXAMPLE)(run)


def run(
    spec: Spec,
    variant: Variant = None,
    set_: Set = None,
    against: Annotated[
        str,
        typer.Option(
            metavar="LIBRARY:NAME",
            help="A reference: `timm:resnet50`, `transformers:BertModel`, `torchvision:vgg11`, "
            "or `module.path:factory`, your own code.",
        ),
    ] = "",
    size: Annotated[
        list[str] | None,
        typer.Option(metavar="DIM=NUMBER", help="Sizes of the inputs' dims: `H=224,W=224`."),
    ] = None,
    batch: Annotated[str, typer.Option(metavar="N,N", help="Sizes of the batch: `1,8,32`.")] = "",
    train: Annotated[bool, typer.Option("--train", help="Measure steps of training, too.")] = False,
    strategies: Annotated[
        str, typer.Option(metavar="NAME,NAME", help="Ways of running; all without it.")
    ] = "",
    device: Annotated[str, typer.Option(help="`cpu` or `cuda`.", metavar="NAME")] = "cpu",
    threads: Annotated[
        int | None, typer.Option(metavar="NUMBER", help="Threads on the CPU.", min=1)
    ] = None,
    seconds: Annotated[
        float, typer.Option(metavar="SECONDS", help="Of steady calls, for each table.", min=0.0)
    ] = 5.0,
    json_: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write the numbers as JSON.")
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw the throughput: `.png`, `.svg`.")
    ] = None,
) -> None:
    """Measure a model in several ways of running it, and a reference beside it."""
    try:
        from netwright_runtime.bench import STRATEGIES, NotMeasured, bench
        from rich.console import Console
    except ModuleNotFoundError as missing:
        raise missing_extra(missing, "torch") from missing
    try:
        with Console(stderr=True).status("compiling") as status:
            report = bench(
                spec,
                variant,
                params=assignments.params(set_ or []),
                against=against,
                sizes=assignments.sizes(size or []),
                batches=_numbers(batch),
                training=train,
                strategies=_names(strategies) or tuple(STRATEGIES),
                device=device,
                threads=threads,
                seconds=seconds,
                progress=status.update,
            )
    except NotMeasured as fault:
        raise CallError(str(fault)) from fault
    _show(report)
    if json_ is not None:
        json_.write_text(json.dumps(report.to_json(), indent=1) + "\n", encoding="utf-8")
    if plot is not None:
        _draw(report, plot)


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _numbers(text: str) -> list[int]:
    names = _names(text)
    if not all(name.isdigit() and int(name) > 0 for name in names):
        raise CallError(f"`--batch {text}` is not of the form NUMBER,NUMBER")
    return [int(name) for name in names]


def _draw(report: Report, file: Path) -> None:
    try:
        from netwright_runtime.bench.plot import draw

        draw(report, file)
    except ModuleNotFoundError as missing:
        raise missing_extra(missing, "plot") from missing
    except ValueError as fault:  # matplotlib's, for a format that it does not write
        raise CallError(f"`--plot {file}`: {fault}") from fault


# The tables -------------------------------------------------------------------------------------


def _show(report: Report) -> None:
    from rich.console import Console

    console = Console(width=width(), highlight=False, markup=False)
    for line in _head(report):
        console.print(line, soft_wrap=True)
    for task in dict.fromkeys(row.task for row in report.rows):
        console.print(_table(report, task))
    for row in report.rows:
        if row.failed:
            batch = "" if row.batch is None else f" at batch {row.batch}"
            said = f"{row.model}, {row.strategy}, {row.task}{batch}: {row.failed}"
            console.print(said, soft_wrap=True)


def _head(report: Report) -> Iterator[str]:
    yield report.model + at(report.sizes)
    yield "  parameters  " + _parameters(report)
    for what, time in report.build.items():
        low, high = show_seconds(time.low), show_seconds(time.high)
        yield f"  {what}  {show_seconds(time.median)} ({low} to {high})"
    yield "  on " + place(report.machine, report.versions)


def _parameters(report: Report) -> str:
    own = report.parameters[report.model]
    if not report.against:
        return f"{own:,}"
    other = report.parameters[report.against]
    said = "as many as" if own == other else f"{own - other:+,} against the {other:,} of"
    return f"{own:,}, {said} {report.against}"


def _table(report: Report, task: str) -> Table:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=False, title=task, title_justify="left")
    table.add_column("model", overflow="fold")
    table.add_column("strategy")
    titles = ["batch", "to first output", "latency", "quartiles", "per second", "memory"]
    titles += ["over eager", *(["over reference"] if report.against else [])]
    for title in titles:
        table.add_column(title, justify="right")
    for row in report.rows:
        if row.task == task:
            table.add_row(*_cells(report, row))
    return table


def _cells(report: Report, row: Row) -> list[str]:
    batch = "" if row.batch is None else str(row.batch)
    head = [row.model, row.strategy, batch]
    if row.latency is None or row.prepare is None or row.first is None:
        return [*head, "failed, see below"]
    cells = [
        *head,
        show_seconds(row.prepare + row.first),
        show_seconds(row.latency.median),
        f"{show_seconds(row.latency.low)} to {show_seconds(row.latency.high)}",
        _throughput(row.throughput or 0.0),
        "" if row.memory is None else show_bytes(row.memory),
        _times(report.speedup(row)),
    ]
    return [*cells, _times(report.against_reference(row))] if report.against else cells


def _throughput(number: float) -> str:
    return f"{number:.3g}" if number < 1000 else show_count(round(number))


def _times(ratio: float | None) -> str:
    return "" if ratio is None else f"{ratio:.2f}x"
