"""`netwright check`: everything that is wrong with specs."""

from __future__ import annotations

from typing import Annotated

import typer

from netwright.cli import checking
from netwright.cli.options import Set, Variant

_EXAMPLE = "Example: netwright check specs/vision/resnet.yaml --set num_classes=10"


def add(app: typer.Typer) -> None:
    app.command("check", epilog=_EXAMPLE)(run)


def run(
    specs: Annotated[
        list[str], typer.Argument(help="Spec files, or names of the catalogue.", metavar="SPEC...")
    ],
    variant: Variant = None,
    set_: Set = None,
    json_: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Check names, arguments, types and shapes of specs, in all of their variants."""
    raise typer.Exit(checking.run(specs, variant, set_ or [], json_))
