"""`netwright build`: a model as a folder that the runtime reads."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from netwright.cli.assignments import params
from netwright.cli.options import Set, Spec, Variant
from netwright.driver.write import write

_EXAMPLE = "Example: netwright build resnet50 -o build/resnet50 --weights"


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
) -> None:
    """Write a model's source and manifest, and its weights when asked."""
    made = write(spec, output, variant, params=params(set_ or []), weights=weights, seed=seed)
    print(f"{made.folder}: {made.manifest.class_name}, {made.manifest.parameters:,} parameters")
