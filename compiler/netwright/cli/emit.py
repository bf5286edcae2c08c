"""`netwright emit`: a model as Python source."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from netwright.cli.assignments import params
from netwright.cli.options import Set, Spec, Variant
from netwright.driver.emit import emit

_EXAMPLE = "Example: netwright emit vision/resnet --variant resnet50 -o resnet50.py"


def add(app: typer.Typer) -> None:
    app.command("emit", epilog=_EXAMPLE)(run)


def run(
    spec: Spec,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="The file to write; else standard output.")
    ] = None,
    variant: Variant = None,
    set_: Set = None,
) -> None:
    """Write the PyTorch source of a model."""
    text = emit(spec, variant, params=params(set_ or []))
    if output is None:
        print(text, end="")
    else:
        output.write_text(text, encoding="utf-8", newline="\n")
