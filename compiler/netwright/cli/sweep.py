"""`netwright sweep`: many candidates of one recipe, compared."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic import ValidationError

from netwright.driver.candidates import Candidate, Rejected, candidate, check_space, space
from netwright.driver.failure import CallError
from netwright.driver.recipe import Loaded, load_recipe
from netwright.recipe.sweep import Sweep

if TYPE_CHECKING:
    from optuna import Study

_EXAMPLE = (
    "Example: netwright sweep examples/digits.yaml --trials 10 "
    "--over 'model.params.depth=[1, 2, 3]' "
    "--over 'optimiser.AdamW.lr={low: 1e-4, high: 1e-2, log: true}'"
)

INTERRUPTED = 130
"""The exit code of a sweep that a signal ended, as a shell has it for SIGINT."""


def add(app: typer.Typer) -> None:
    app.command("sweep", epilog=_EXAMPLE)(run)


def run(
    recipe: Annotated[Path, typer.Argument(help="A recipe file.", metavar="RECIPE")],
    over: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=SPACE", help="A list of values, or a range; as in `sweep.over`."),
    ] = None,
    trials: Annotated[
        int | None, typer.Option(metavar="NUMBER", help="Candidates to train in all.", min=1)
    ] = None,
    jobs: Annotated[
        int, typer.Option(metavar="NUMBER", help="Processes that train at once.", min=1)
    ] = 1,
    out: Annotated[
        Path | None, typer.Option(help="The folder of the sweep; `sweeps/` and the recipe's name.")
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="`train.epochs=3`; may be given again."),
    ] = None,
    worker: Annotated[int, typer.Option(hidden=True)] = 0,
) -> None:
    """Try values over keys of a recipe and params of its model, and keep what came out.

    The same command again goes on where the sweep stood.
    """
    assignments = set_ or []
    loaded = load_recipe(recipe, assignments)
    sweep = _sweep(loaded, over or [], trials)
    check_space(recipe, assignments, loaded, sweep)
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // jobs)))
    work = _Work(loaded, recipe, assignments, sweep, out or Path("sweeps") / recipe.stem)
    work.begin()
    others = [_other(number) for number in range(1, jobs)]
    try:
        work.join(worker)
    finally:
        for other in others:
            other.wait()
    if not worker:
        work.tell()


def _sweep(loaded: Loaded, over: list[str], trials: int | None) -> Sweep:
    """What the recipe says, and the command line over it."""
    recipe, _ = loaded.sound()
    if recipe.train.devices * recipe.train.nodes > 1:
        message = "each trial of a sweep trains in one process"
        raise loaded.fault([(("train", "devices"), message, "train on one device")])
    said: dict[str, Any] = {} if recipe.sweep is None else recipe.sweep.model_dump()
    said["over"] = said.get("over", {}) | dict(map(space, over))
    if trials is not None:
        said["trials"] = trials
    try:
        sweep = Sweep.model_validate(said)
    except ValidationError as fault:
        first = fault.errors()[0]
        expected = first["msg"].removeprefix("Value error, ")
        where = ".".join(map(str, first["loc"]))
        raise CallError(f"`{where}` of the sweep is not as expected: {expected}") from fault
    if not sweep.over:
        raise CallError("nothing to try: give `--over KEY=SPACE`, or `sweep.over` in the recipe")
    return sweep


def _other(number: int) -> subprocess.Popen[bytes]:
    """Another process with the same command, which joins the sweep."""
    words = [*sys.argv[1:], "--jobs", "1", "--worker", str(number)]
    return subprocess.Popen([sys.executable, "-m", "netwright", *words])


@dataclass(frozen=True, eq=False)
class _Work:
    """A sweep and where it is kept."""

    loaded: Loaded
    recipe: Path
    assignments: list[str]
    sweep: Sweep
    out: Path

    def begin(self, worker: int = 0) -> Study:
        """The study, which is there afterwards for other processes too."""
        try:
            from netwright_runtime.train.sweep import identity, opened
        except ModuleNotFoundError as missing:
            raise CallError(
                f"`{missing.name}` is not installed; `pip install 'netwright[sweep]'` brings it"
            ) from missing
        recipe, _ = self.loaded.sound()
        try:
            return opened(self.out, self.sweep, identity(recipe, self.sweep), worker)
        except ValueError as fault:
            raise CallError(str(fault)) from fault

    def join(self, worker: int) -> None:
        """Draw and train until there are enough trials."""
        from netwright_runtime import train
        from netwright_runtime.train import sweep as runtime

        study = self.begin(worker)
        try:
            runtime.join(study, self.sweep, self.candidate, self.out, print)
        except (runtime.Exhausted, runtime.Unmeasured) as fault:
            raise CallError(str(fault)) from fault
        except train.BadData as fault:
            raise self.loaded.fault((f.where, f.message, f.help) for f in fault.faults) from fault
        except train.Interrupted:
            print(f"{self.out}: interrupted; the same command goes on")
            raise typer.Exit(INTERRUPTED) from None

    def candidate(self, values: Mapping[str, Any]) -> Candidate | str:
        """The candidate with these values, or why it is rejected."""
        try:
            return candidate(self.recipe, self.assignments, values, self.sweep)
        except Rejected as reason:
            return str(reason)

    def tell(self) -> None:
        """Write the page, and say where the sweep stands."""
        from netwright_runtime.train.sweep import summary, write_page

        study = self.begin()
        _, model = self.loaded.sound()
        path = write_page(study, self.sweep, self.out, model.name)
        for line in summary(study, self.sweep):
            print(line)
        print(path)
