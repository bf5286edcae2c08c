"""`netwright train`: a recipe to a trained model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from netwright.driver.failure import CallError
from netwright.driver.recipe import Loaded, load_recipe

if TYPE_CHECKING:
    from netwright_runtime.train import Run

_EXAMPLE = "Example: netwright train examples/digits.yaml --set train.epochs=3"

INTERRUPTED = 130
"""The exit code of a run that a signal ended, as a shell has it for SIGINT."""


def add(app: typer.Typer) -> None:
    app.command("train", epilog=_EXAMPLE)(run)


def run(
    recipe: Annotated[Path, typer.Argument(help="A recipe file.", metavar="RECIPE")],
    out: Annotated[
        Path | None,
        typer.Option(help="The folder of the run; `runs/` and the recipe's name without it."),
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="`train.epochs=3`; may be given again."),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from the last checkpoint in the folder.")
    ] = False,
) -> None:
    """Train a model as a recipe says."""
    loaded = load_recipe(recipe, set_ or [])
    loaded.sound()
    finished = _trained(loaded, out or Path("runs") / recipe.stem, resume)
    parts = [f"{finished.steps} steps"]
    parts += [f"{name} {value:.4g}" for name, value in finished.measured.items()]
    if finished.first:
        print(f"{finished.folder}: {', '.join(parts)}")


def _trained(loaded: Loaded, out: Path, resume: bool) -> Run:
    try:
        from netwright_runtime import train
    except ModuleNotFoundError as missing:
        raise CallError(
            f"`{missing.name}` is not installed; `pip install 'netwright[train]'` brings it"
        ) from missing
    recipe, _ = loaded.sound()
    try:
        return train.train(recipe, out, folder=loaded.folder, resume=resume, progress=True)
    except train.BadData as fault:
        raise loaded.fault((f.where, f.message, f.help) for f in fault.faults) from fault
    except train.Unsupported as fault:
        where = ("train", fault.key)
        raise loaded.fault([(where, str(fault), fault.help)]) from fault
    except train.Interrupted as stopped:
        print(f"{out}: {stopped}; `--resume` goes on")
        raise typer.Exit(INTERRUPTED) from None
    except (
        train.Occupied,
        train.BadCheckpoint,
        train.NotWritten,
        train.Diverged,
        train.OutOfMemory,
        train.Unreadable,
    ) as fault:
        raise CallError(str(fault)) from fault
