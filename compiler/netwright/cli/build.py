"""`netwright build`: a model as a folder that the runtime reads."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from netwright.cli.assignments import params
from netwright.cli.optimised import OPTIMISED, Wanted, optimised
from netwright.cli.options import Set, Spec, Variant
from netwright.driver.failure import CallError
from netwright.driver.write import write

_EXAMPLE = (
    "Example: netwright build resnet50 -o build/resnet50 -O --load resnet50.safetensors --explain"
)

LEVELS = (0, 2)
"""Of `-O`: what a higher one does is for the machine that it runs on, and not for a file."""


def add(app: typer.Typer) -> None:
    app.command("build", epilog=_EXAMPLE)(run)


def run(
    spec: Spec,
    output: Annotated[Path, typer.Option("-o", "--output", help="The folder to write.")],
    variant: Variant = None,
    set_: Set = None,
    weights: Annotated[
        bool, typer.Option("--weights", help="Initialise the model, and write its weights too.")
    ] = False,
    seed: Annotated[int, typer.Option(help="The seed of the weights.", metavar="NUMBER")] = 0,
    optimise: Annotated[
        bool, typer.Option("-O", "--optimise", help="Write it optimised too, as `optimised.pt2`.")
    ] = False,
    level: Annotated[
        int,
        typer.Option(
            metavar="NUMBER",
            help="Of -O: 1 keeps the numbers, 2 may round otherwise, 0 is the graph alone.",
            min=LEVELS[0],
            max=LEVELS[1],
        ),
    ] = LEVELS[1],
    load: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Of -O: the weights, else those that --seed draws."),
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Of -O: print what was done, and where.")
    ] = False,
) -> None:
    """Write a model's source and manifest, and its weights when asked."""
    if not optimise and (load or explain):
        raise CallError(f"`{'--load' if load else '--explain'}` goes with `-O`")
    given = params(set_ or [])
    made = write(spec, output, variant, params=given, weights=weights, seed=seed)
    print(f"{made.folder}: {made.manifest.class_name}, {made.manifest.parameters:,} parameters")
    if optimise:
        report = optimised(Wanted(spec, variant, given, level, load, seed), output)
        kernels = f"{report.before.kernels} kernels, now {report.after.kernels}"
        print(f"{output / OPTIMISED}: {kernels}")
        if explain:
            print(report)
