"""`netwright verify`: property-based proof that a model is sound."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from netwright.cli import assignments
from netwright.cli.options import Set, Variant
from netwright.driver.failure import CallError

if TYPE_CHECKING:
    from netwright_runtime.verify import Finding, Fixed, Level, Outcome, Report

_EXAMPLE = "Example: netwright verify specs/language/tiny_gpt.yaml --quick"

_COLOURS = {"passed": "green", "failed": "bold red", "warned": "yellow", "skipped": "dim"}


def add(app: typer.Typer) -> None:
    app.command("verify", epilog=_EXAMPLE)(run)


def run(
    specs: Annotated[
        list[str], typer.Argument(help="Spec files, or names of the catalogue.", metavar="SPEC...")
    ],
    variant: Variant = None,
    set_: Set = None,
    quick: Annotated[bool, typer.Option("--quick", help="Cheap properties, few trials.")] = False,
    full: Annotated[bool, typer.Option("--full", help="Every property, many trials.")] = False,
    params: Annotated[
        int, typer.Option(metavar="NUMBER", help="Draw the spec's params too, so many times.")
    ] = 0,
    only: Annotated[
        list[str] | None, typer.Option(metavar="PROPERTY", help="This property; again for more.")
    ] = None,
    skip: Annotated[
        list[str] | None, typer.Option(metavar="PROPERTY", help="Not this one; again for more.")
    ] = None,
    trials: Annotated[
        int | None, typer.Option(metavar="NUMBER", help="Trials of each property.", min=1)
    ] = None,
    size: Annotated[
        list[str] | None,
        typer.Option(metavar="DIM=NUMBER", help="Fix sizes of the inputs' dims: `B=2,T=8`."),
    ] = None,
    given: Annotated[
        list[str] | None,
        typer.Option(metavar="INPUT", help="Fix the optional inputs that are given; `none`."),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(metavar="NUMBER", help="Fix the inputs' seed.")
    ] = None,
    whole: Annotated[
        bool, typer.Option("--whole", help="Verify a large model at its own size.")
    ] = False,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a report in Markdown.")
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print the outcome as JSON.")] = False,
) -> None:
    """Hold models to the properties that a sound one has, on drawn sizes and inputs."""
    try:
        from netwright_runtime.verify import UnknownProperty, verify
        from netwright_runtime.verify.markdown import markdown
    except ModuleNotFoundError as missing:
        raise CallError(
            f"`{missing.name}` is not installed; `pip install 'netwright[verify]'` brings it"
        ) from missing
    held = _fixed(size, given, seed)
    reports: list[Report] = []
    for spec in specs:
        with _Progress(hidden=json_) as progress:
            try:
                found = verify(
                    spec,
                    variant,
                    params=assignments.params(set_ or []),
                    level=_level(quick, full),
                    only=only or (),
                    skip=skip or (),
                    trials=trials,
                    fixed=held,
                    draw_params=params,
                    whole=whole,
                    progress=progress,
                )
            except UnknownProperty as unknown:
                raise CallError(str(unknown)) from unknown
        reports.append(found)
        if not json_:
            _show(found)
    if json_:
        print(json.dumps([r.to_json() for r in reports], indent=1))
    if report is not None:
        report.write_text(markdown(reports), encoding="utf-8")
    raise typer.Exit(0 if all(r.ok for r in reports) else 1)


def _level(quick: bool, full: bool) -> Level:
    from netwright_runtime.verify import Level

    if quick and full:
        raise CallError("`--quick` and `--full` exclude one another")
    return Level.QUICK if quick else Level.FULL if full else Level.DEFAULT


def _fixed(size: list[str] | None, given: list[str] | None, seed: int | None) -> Fixed:
    from netwright_runtime.verify import Fixed

    inputs = None if given is None else frozenset(given) - {"none"}
    return Fixed(assignments.sizes(size or []), inputs, seed)


class _Progress:
    """A bar over the properties, on a terminal; it says which one runs."""

    def __init__(self, hidden: bool) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        self._bar = Progress(
            TextColumn("{task.description:24}"),
            BarColumn(),
            MofNCompleteColumn(),
            console=Console(stderr=True),
            transient=True,
            disable=hidden,
        )
        self._task = self._bar.add_task("compiling", total=None)

    def __enter__(self) -> _Progress:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def __call__(self, name: str, done: int, total: int) -> None:
        self._bar.update(self._task, description=name, completed=done, total=total)


def _show(report: Report) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("property")
    for title in ("trials", "seconds"):
        table.add_column(title, justify="right")
    table.add_column("verdict")
    for outcome in report.outcomes:
        table.add_row(*_row(outcome))
    print(f"{report.model}: {report.parameters:,} parameters")
    for note in report.notes:
        print(f"note: {note}")
    Console(highlight=False).print(table)
    for outcome in report.outcomes:
        if outcome.findings:
            print(told(outcome))
    print(_verdict([report]))


def _row(outcome: Outcome) -> Sequence[str]:
    colour = _COLOURS[outcome.verdict]
    verdict = f"[{colour}]{outcome.verdict}[/]"
    if outcome.reason:
        verdict += f" [dim]({outcome.reason})[/]"
    ran = outcome.trials > 0
    seconds = f"{outcome.seconds:.2f}" if ran else ""
    return outcome.property, str(outcome.trials) if ran else "", seconds, verdict


def told(outcome: Outcome) -> str:
    """The findings of a property as text, with the command that repeats a failure."""
    kind = "error" if outcome.verdict == "failed" else "warning"
    lines = [f"{kind}[{outcome.property}]: " + _finding(f) for f in outcome.findings]
    if outcome.command:
        lines.append(f"  = again: {outcome.command}")
    return "\n".join(lines) + "\n"


def _finding(finding: Finding) -> str:
    text = finding.message
    if finding.node or finding.place:
        text += f"\n  --> {finding.place or 'the model'}" + (
            f", in `{finding.node}`" if finding.node else ""
        )
    return text + (f"\n  = help: {finding.help}" if finding.help else "")


def _verdict(reports: list[Report]) -> str:
    outcomes = [o for report in reports for o in report.outcomes]
    counts = {v: sum(o.verdict == v for o in outcomes) for v in _COLOURS}
    said = ", ".join(f"{n} {v}" for v, n in counts.items() if n)
    return f"{said} in {sum(r.seconds for r in reports):.1f} s"
