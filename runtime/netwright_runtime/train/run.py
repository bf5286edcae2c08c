"""From a recipe to a run: begun or resumed, trained, finished."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import safetensors.torch
from netwright.recipe import Recipe

from netwright_runtime.data.errors import DataError
from netwright_runtime.train import devices, snapshot
from netwright_runtime.train.assembly import Assembly
from netwright_runtime.train.blame import Culprit, culprit
from netwright_runtime.train.checkpoint import BadCheckpoint
from netwright_runtime.train.data.errors import BadData
from netwright_runtime.train.evidence import Evidence, evidence, keep
from netwright_runtime.train.files import write_atomically
from netwright_runtime.train.flops import bound_sizes
from netwright_runtime.train.keeping import FOLDER, Keeper, NotWritten
from netwright_runtime.train.loop import Interrupted, Loop, NotFinite
from netwright_runtime.train.losses import Unfit
from netwright_runtime.train.manifest import write_manifest
from netwright_runtime.train.report import write_report
from netwright_runtime.train.seeds import reseed
from netwright_runtime.train.watching import Watch

WEIGHTS = "weights.safetensors"
PREPROCESSING = "preprocessing.json"
RECIPE = "recipe.json"


class Occupied(Exception):
    """The folder holds checkpoints of a run already."""


class Diverged(Exception):
    """The loss or the gradients are no longer numbers; the text names the first node at fault."""

    def __init__(self, fault: NotFinite, found: Culprit | None, keeper: Keeper | None) -> None:
        first = "" if found is None else f": {found}"
        last = "" if keeper is None else f"; {keeper.last()}"
        super().__init__(f"{fault}{first}{last}")
        self.culprit = found


@dataclass(frozen=True)
class Run:
    """A run that has come to its end.

    measured  the loss and the metrics of the test split, or of the validation split without one
    first     of several processes, this is the one that writes and speaks
    """

    folder: Path
    steps: int
    measured: Mapping[str, float]
    first: bool = True


def train(
    recipe: Recipe,
    out: Path,
    *,
    folder: Path = Path(),
    resume: bool = False,
    progress: bool = False,
    watch: Watch | None = None,
) -> Run:
    """Train as `recipe` says, and leave everything about it in the folder `out`.

    Args:
        out: `weights.safetensors`, the log, checkpoints, the recipe with all its defaults.
        folder: what the paths in the recipe are relative to.
        resume: go on from the newest sound checkpoint in `out`, where there is one.
        progress: show a bar, on a terminal.
        watch: is called with the step and the values of each evaluation of the validation split;
            what it raises ends the run.

    Raises:
        SpecError: the spec is at fault.
        BadData: the data do not fit.
        Occupied: `out` holds a run, and `resume` is not asked for.
        BadCheckpoint: what `out` holds is of another run, or none of it can be read.
        Interrupted, Diverged, OutOfMemory, NotWritten: the run ended before its end; see there.
    """
    made = Assembly(recipe, folder, out)
    made.check()
    fabric = made.fabric
    fabric.launch()
    if fabric.is_global_zero:
        _prepare_folder(out, resume)
    fabric.barrier()
    loop = made.loop(progress)
    loop.watcher.watch = watch
    try:
        if resume:
            _resume(made, loop)
        else:
            loop.watcher.begun()
        if loop.keeper is not None:
            _describe(made)
            loop.watcher.happened("started", loop.progress, steps=loop.steps)
        with devices.determinism(recipe.train.deterministic), loop.watcher.signals(), loop.watcher:
            loop.train()
            return _finish(made, loop)
    except Unfit as fault:
        help = "hold what the model gives against what the column holds"
        raise BadData([DataError(fault.where, str(fault), help)]) from fault
    except NotFinite as fault:
        raise Diverged(fault, _culprit(made, loop, fault), loop.keeper) from fault
    except OSError as fault:
        raise NotWritten.of(fault, out, loop.keeper) from fault
    finally:
        _close(loop)


def check(recipe: Recipe, folder: Path = Path()) -> None:
    """Read the data and hold them to recipe and model, and do no more; raises BadData."""
    Assembly(recipe, folder, Path()).check()


def _prepare_folder(out: Path, resume: bool) -> None:
    if not resume and any((out / FOLDER).glob("*")):
        raise Occupied(f"`{out}` holds a run; go on with `--resume`, or name another folder")
    out.mkdir(parents=True, exist_ok=True)


def _resume(made: Assembly, loop: Loop) -> None:
    """Go on from the newest sound checkpoint, or begin where there is none yet."""
    found, faults = Keeper(made.out).newest() if loop.keeper is not None else (None, [])
    found, faults = made.fabric.broadcast((found, faults))
    if found is None and faults:
        raise faults[0]
    if found is not None and found.run != made.identity:
        raise BadCheckpoint(
            f"`{made.out}` holds another run: recipe, spec or data are not what they were"
        )
    if found is not None:
        loop.restore(found)
    loop.watcher.resumed(loop.progress, faults)


def _culprit(made: Assembly, loop: Loop, fault: NotFinite) -> Culprit | None:
    """What made a step other than a number, on the CPU and without the strategy."""
    weights = snapshot.weights(loop.module)
    given = frozenset(p.name for p in made.compiled.manifest.inputs if p.optional)
    graph = made.compiled.graph(given & made.signature.inputs.keys(), training=True)
    graph.load_state_dict(weights, strict=False)
    reseed(loop.seed, "step", fault.progress.step, made.fabric.global_rank)
    for batch in fault.batches:
        held = {name: tensor.to("cpu") for name, tensor in batch.items()}
        found = culprit(graph, made.signature.arguments(held), loop.total_of(held))
        if found is not None:
            return found
    return None


def _finish(made: Assembly, loop: Loop) -> Run:
    """Measure the test split and write what is left of the run."""
    batches = made.in_order("test") or loop.validation
    shown = _evidence(made)
    measured = None if batches is None else loop.measure(batches, shown)
    found = None if shown is None else shown.found()
    if batches is not None and measured is None:
        raise Interrupted(loop.progress.step)
    if measured is not None:
        split = "test" if "test" in made.data.splits else "validation"
        loop.watcher.evaluated(loop.progress, split, measured)
    weights = loop.weights()
    if loop.keeper is not None:
        write_atomically(made.out / WEIGHTS, safetensors.torch.save(weights))
        prepared = made.data.preprocessing.to_json()
        write_atomically(made.out / PREPROCESSING, prepared.encode())
        write_atomically(made.out / RECIPE, made.recipe.model_dump_json(indent=1).encode())
        if found is not None:
            keep(made.out, found)
        loop.watcher.happened("finished", loop.progress)
        write_report(made.out)
    return Run(made.out, loop.progress.step, measured or {}, made.fabric.is_global_zero)


def _evidence(made: Assembly) -> Evidence | None:
    """What is gathered beside numbers when the run is measured at its end."""
    outputs, columns, target = made.read_names()
    classes = made.data.preprocessing.classes
    return evidence(made.recipe.loss, outputs, columns, target, classes)


def _describe(made: Assembly) -> None:
    """Write down what the run is made of."""
    inputs = made.signature.arguments(made.prepared(made.data.splits["train"]))
    write_manifest(
        made.out,
        made.recipe,
        made.compiled,
        made.data,
        folder=made.folder,
        device=made.fabric.device,
        sizes=bound_sizes(made.compiled.manifest, inputs),
    )


def _close(loop: Loop) -> None:
    if loop.keeper is not None:
        loop.keeper.close()
    loop.watcher.close()
