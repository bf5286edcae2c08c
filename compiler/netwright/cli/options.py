"""Arguments that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

Spec = Annotated[str, typer.Argument(help="A spec file, or a name of the catalogue.")]
Variant = Annotated[str | None, typer.Option(help="A variant of the spec.", metavar="NAME")]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="A param's value; may be given again."),
]
Size = Annotated[
    list[str] | None,
    typer.Option(metavar="DIM=NUMBER", help="Sizes of the inputs' dims: `B=2,T=128`."),
]
Depth = Annotated[
    int | None, typer.Option(metavar="NUMBER", help="How many levels to show; else all.", min=1)
]
