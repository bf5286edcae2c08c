"""`netwright list`: the models of the catalogue."""

from __future__ import annotations

from typing import Annotated

import typer

from netwright.driver.catalogue import list_models

_EXAMPLE = 'Example: netwright list "*resnet*"'


def add(app: typer.Typer) -> None:
    app.command("list", epilog=_EXAMPLE)(run)


def run(
    pattern: Annotated[str, typer.Argument(help="A glob over the models' names.")] = "*",
) -> None:
    """List the models of the catalogue, every variant by its name."""
    for name in list_models(pattern):
        print(name)
