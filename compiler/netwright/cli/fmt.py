"""`netwright fmt`: specs in the canonical layout."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from netwright.driver.failure import UnknownSpec
from netwright.frontend.formatting import format_text

_EXAMPLE = "Example: netwright fmt --check specs/vision/*.yaml"


def add(app: typer.Typer) -> None:
    app.command("fmt", epilog=_EXAMPLE)(run)


def run(
    files: Annotated[
        list[Path], typer.Argument(help="Spec files; `-` reads standard input.", metavar="FILE...")
    ],
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; exit with 1 where a file would change.")
    ] = False,
    long: Annotated[
        bool, typer.Option("--long", help="Write every module as data, for programs.")
    ] = False,
) -> None:
    """Write specs in the canonical layout, in place; their meaning and their comments stay."""
    changed = [path for path in files if _format(path, check, long)]
    if check:
        for path in changed:
            print(f"would change {path}")
        raise typer.Exit(1 if changed else 0)


def _format(path: Path, check: bool, long: bool) -> bool:
    """Format one file; whether its text is another then."""
    piped = str(path) == "-"
    if not piped and not path.is_file():
        raise UnknownSpec(f"there is no file `{path}`")
    before = sys.stdin.read() if piped else path.read_text(encoding="utf-8")
    after = format_text(before, long, "<stdin>" if piped else str(path))
    if check:
        return after != before
    if piped:
        print(after, end="")
    elif after != before:
        path.write_text(after, encoding="utf-8", newline="")
    return after != before
