"""`netwright new`: a commented spec to begin with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from netwright.driver.failure import CallError
from netwright.frontend.starter import KINDS, starter

_EXAMPLE = "Example: netwright new Digits --kind cnn -o digits.yaml"


def add(app: typer.Typer) -> None:
    app.command("new", epilog=_EXAMPLE)(run)


def run(
    name: Annotated[
        str, typer.Argument(help="The model's name, as a Python class has it.", metavar="NAME")
    ],
    kind: Annotated[
        str, typer.Option("--kind", help=f"What to begin with: {', '.join(KINDS)}.", metavar="KIND")
    ] = "mlp",
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="The file to write; else standard output."),
    ] = None,
) -> None:
    """Write a commented spec that checks, builds and learns as it stands."""
    found = next((k for k in KINDS if k == kind), None)
    if found is None:
        raise CallError(f"there is no starter `{kind}`; there are {', '.join(KINDS)}")
    try:
        text = starter(name, found)
    except ValueError as error:
        raise CallError(str(error)) from None
    if output is None:
        print(text, end="")
        return
    if output.exists():
        raise CallError(f"`{output}` is there already")
    output.write_text(text, encoding="utf-8", newline="")
    print(f"{output}: {name}; `netwright check {output}` is next")
