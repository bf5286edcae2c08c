"""`netwright weights`: a published file of weights beside a spec, and into one of its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from netwright.cli.assignments import params
from netwright.cli.options import Set, Spec, Variant
from netwright.driver.failure import CallError

if TYPE_CHECKING:
    from netwright_runtime.model.weights import Loaded, Partial
    from torch import nn

_EXAMPLE = "Example: netwright weights resnet50 resnet50.pth -o resnet50.safetensors"

Names = list[str] | None


def add(app: typer.Typer) -> None:
    app.command("weights", epilog=_EXAMPLE)(run)


def run(
    spec: Spec,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="safetensors, a file of torch.save, the index of shards, or a folder with these.",
        ),
    ],
    variant: Variant = None,
    set_: Set = None,
    map_: Annotated[
        str | None,
        typer.Option("--map", metavar="NAME", help="The spec's key map; else what fits best."),
    ] = None,
    inside: Annotated[
        str | None,
        typer.Option(metavar="KEY", help="Where in the file they lie, `model.ema`."),
    ] = None,
    skip: Annotated[
        Names, typer.Option(metavar="PATTERN", help="Weights to leave as they begin: `head.*`.")
    ] = None,
    interpolate: Annotated[
        Names, typer.Option(metavar="PATTERN", help="Positions to interpolate: `pos_embed`.")
    ] = None,
    inserted: Annotated[
        Names, typer.Option(metavar="LAYER", help="A layer that the file lacks: `blocks.4`.")
    ] = None,
    partial: Annotated[bool, typer.Option("--partial", help="Load whatever fits.")] = False,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="Write the weights as safetensors."),
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Lead a published file's weights to those of a spec, and say what became of each."""
    try:
        from netwright_runtime.model.weights import BadWeights, IncompleteLoad, UnknownName
        from netwright_runtime.model.weights import Partial as Allowed
        from netwright_runtime.model.weights.text import HELP
    except ModuleNotFoundError as missing:
        raise CallError(
            f"`{missing.name}` is not installed; `pip install 'netwright[torch]'` brings it"
        ) from missing
    if output is not None and output.suffix != ".safetensors":
        raise CallError(f"`-o {output}`: the weights are written as `.safetensors`")
    try:
        allowed = Allowed(
            tuple(skip or ()), tuple(interpolate or ()), tuple(inserted or ()), partial
        )
        model, report = _load(spec, variant, set_, file, map_, inside, allowed)
    except (BadWeights, UnknownName) as fault:
        raise CallError(str(fault)) from fault
    except IncompleteLoad as fault:
        _show(fault.report, json_)
        if not json_:
            print(f"  = help: {HELP}")
        raise typer.Exit(1) from None
    _show(report, json_)
    if output is not None:
        _write(model, output)


def _load(
    spec: str,
    variant: str | None,
    set_: list[str] | None,
    file: Path,
    key_map: str | None,
    inside: str | None,
    partial: Partial,
) -> tuple[nn.Module, Loaded]:
    """The model with the file's weights; it is built without any of its own."""
    from netwright_runtime.model.weights import load_weights

    from netwright.driver.build import build

    model = build(spec, variant, params=params(set_ or []), device="meta")
    return model, load_weights(model, file, key_map=key_map, inside=inside, partial=partial)


def _write(model: nn.Module, output: Path) -> None:
    """Write the weights; where `output` is what they are read from, it stays whole until then."""
    from safetensors.torch import save_model

    unfinished = output.with_name(output.name + ".unfinished")
    save_model(model, str(unfinished))
    unfinished.replace(output)


def _show(report: Loaded, as_json: bool) -> None:
    if as_json:
        print(json.dumps(report.to_json(), indent=1))
        return
    from netwright_runtime.model.weights.text import faults, head, notes, rows
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("weights")
    table.add_column("number", justify="right")
    table.add_column("for example", overflow="fold")
    for what, number, example in rows(report):
        table.add_row(what, str(number), example)
    print(head(report))
    if report.matches:
        Console(highlight=False, markup=False).print(table)
    for line in (*notes(report), *faults(report)):
        print(line)
