"""From a recipe to a run: everything made, checked, put together, and finished."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from lightning.fabric import Fabric
from netwright.recipe import Recipe
from safetensors import SafetensorError
from torch import nn

from netwright_runtime.model import Compiled, compiled
from netwright_runtime.train import blocks, devices, snapshot
from netwright_runtime.train.blame import Culprit, culprit
from netwright_runtime.train.calling import Signature
from netwright_runtime.train.checkpoint import BadCheckpoint
from netwright_runtime.train.data.columns import Sample
from netwright_runtime.train.data.errors import BadData, DataError
from netwright_runtime.train.data.prepare import INDEX, Data, check_batch, prepare
from netwright_runtime.train.draws import Draws
from netwright_runtime.train.ema import Averages
from netwright_runtime.train.evaluation import Evaluation
from netwright_runtime.train.evidence import Evidence, evidence, keep
from netwright_runtime.train.files import write_atomically
from netwright_runtime.train.flops import StepFlops, bound_sizes
from netwright_runtime.train.keeping import Keeper, NotWritten
from netwright_runtime.train.loader import InOrder, Shuffled, loader
from netwright_runtime.train.log import RunLog
from netwright_runtime.train.loop import Interrupted, Loop, NotFinite
from netwright_runtime.train.losses import Loss, Unfit
from netwright_runtime.train.manifest import write_manifest
from netwright_runtime.train.meter import PRECISIONS, Meter, measured_peak
from netwright_runtime.train.metrics import Metrics
from netwright_runtime.train.optimisers import UnusedGroup, optimiser
from netwright_runtime.train.progress import Bar
from netwright_runtime.train.reading import unread
from netwright_runtime.train.report import write_report
from netwright_runtime.train.seeds import reseed
from netwright_runtime.train.watching import Watch, Watcher

WEIGHTS = "weights.safetensors"
PREPROCESSING = "preprocessing.json"
RECIPE = "recipe.json"

_SAME_NUMBERS: Any = {
    "data": {"workers"},
    "train": {"epochs", "accelerator", "strategy", "devices", "nodes", "shrink_batch"},
    "checkpoints": True,
    "log": True,
    "sweep": True,
}
"""What a recipe may say otherwise when it goes on: it is the same run. With more epochs, a schedule
goes on as if there had been so many from the beginning."""


class Occupied(Exception):
    """The folder holds a run already."""


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
    """

    folder: Path
    steps: int
    measured: Mapping[str, float]


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
    assembly = Assembly(recipe, folder, out)
    assembly.check()
    fabric = assembly.fabric
    fabric.launch()
    if fabric.is_global_zero:
        _prepare_folder(out, resume)
    fabric.barrier()
    loop = assembly.loop(progress)
    loop.watcher.watch = watch
    try:
        if resume:
            assembly.resume(loop)
        if loop.keeper is not None:
            assembly.describe()
        with loop.watcher.signals(), loop.watcher:
            loop.train()
            return assembly.finish(loop)
    except Unfit as fault:
        help = "hold what the model gives against what the column holds"
        raise BadData([DataError(fault.where, str(fault), help)]) from fault
    except NotFinite as fault:
        raise Diverged(fault, assembly.culprit(loop, fault), loop.keeper) from fault
    except OSError as fault:
        raise NotWritten.of(fault, out, loop.keeper) from fault
    finally:
        assembly.close(loop)


def check(recipe: Recipe, folder: Path = Path()) -> None:
    """Read the data and hold them to recipe and model, and do no more; raises BadData."""
    Assembly(recipe, folder, Path()).check()


def _prepare_folder(out: Path, resume: bool) -> None:
    if not resume and (out / "checkpoints").is_dir():
        raise Occupied(f"`{out}` holds a run; go on with `--resume`, or name another folder")
    out.mkdir(parents=True, exist_ok=True)


@dataclass(frozen=True, eq=False)
class Assembly:
    """The parts of a run, each made when it is first needed.

    folder  of the recipe
    out     of the run
    """

    recipe: Recipe
    folder: Path
    out: Path

    @cached_property
    def compiled(self) -> Compiled:
        section = self.recipe.model
        beside = self.folder / section.spec
        source = beside if beside.is_file() else section.spec
        return compiled(source, section.variant, params=section.params)

    @cached_property
    def data(self) -> Data:
        section = self.recipe.data
        seed = self.recipe.train.seed
        made = [name for term in self.recipe.loss for name in term.makes()]
        manifest = self.compiled.manifest
        return prepare(section, manifest, root=self.folder, seed=seed, made=made)

    @cached_property
    def fabric(self) -> Fabric:
        return devices.fabric(self.recipe.train, self.recipe.data.batch_size)

    @cached_property
    def signature(self) -> Signature:
        return Signature.of(self.compiled.manifest, self.data.inputs)

    @cached_property
    def identity(self) -> str:
        """What makes this the run that it is: recipe, emitted model and data, as a hash."""
        said = self.recipe.model_dump(exclude=_SAME_NUMBERS)
        parts = [json.dumps(said, sort_keys=True), self.compiled.source, self.data.fingerprint]
        return sha256("\0".join(parts).encode()).hexdigest()

    def check(self) -> None:
        """Hold a batch of each split to the loss and the inputs of the model, before anything is
        made."""
        if found := unread(self.recipe, *self.read_names()):
            raise BadData(found)
        faults: dict[str, DataError] = {}
        for split in self.data.splits.values():
            batch = self.prepared(split)
            for fault in check_batch(self.data, self.compiled.manifest, batch):
                faults.setdefault(str(fault), fault)
        if faults:
            raise BadData(list(faults.values()))

    def first(self, split: Any) -> Sample:
        """The first batch of a split, in the source's order."""
        size = 1 if self.data.source.batched else self.recipe.data.batch_size
        return self.data.collate([split[(0, place)] for place in range(min(size, len(split)))])

    def prepared(self, split: Any) -> Sample:
        """The same as the loss wants the model to see it."""
        batch = self.first(split)
        loss = Loss(self.recipe.loss, *self.read_names())
        return loss.prepare(batch, Draws(0, 0, batch[INDEX].tolist()))

    def read_names(self) -> tuple[Sequence[str], Sequence[str], str | None]:
        """What losses and metrics may read: outputs, columns, and the target."""
        columns = list(self.first(self.data.splits["train"]))
        target = self.data.target[0] if len(self.data.target) == 1 else None
        return self.signature.outputs, columns, target

    def loop(self, progress: bool) -> Loop:
        """The run before its first step."""
        fabric, recipe = self.fabric, self.recipe
        loss = Loss(recipe.loss, *self.read_names())
        module = self.module()
        model = fabric.setup_module(module)
        made = fabric.setup_optimizers(self.optimiser(model))
        assert isinstance(made, torch.optim.Optimizer)
        order = self.order()
        keeper, watcher = self.kept(progress, order)
        return Loop(
            fabric=fabric,
            recipe=recipe,
            module=module,
            model=model,
            optimiser=made,
            averages=None if recipe.train.ema is None else Averages(module, recipe.train.ema),
            loss=loss,
            signature=self.signature,
            order=order,
            batches=loader(self.data, self.data.splits["train"], order, recipe.data.workers),
            validation=self.in_order("validation"),
            evaluation=Evaluation(
                fabric,
                self.signature,
                loss,
                Metrics(recipe.metrics, *self.read_names()),
                recipe.train.seed,
            ),
            watcher=watcher,
            keeper=keeper,
            run=self.identity,
        )

    def module(self) -> nn.Module:
        """The model with its first weights, prepared as the recipe asks."""
        train = self.recipe.train
        reseed(train.seed, "weights")
        module = self.compiled.build()
        if self.recipe.model.weights is not None:
            self.load(self.recipe.model.weights, module)
        if train.checkpointing:
            blocks.compute_again(module)
        if train.compile:
            blocks.compile_blocks(module)
        return module

    def load(self, name: str, module: nn.Module) -> None:
        try:
            snapshot.put_weights(safetensors.torch.load_file(self.folder / name), module)
        except (SafetensorError, OSError, BadCheckpoint) as fault:
            help = "name a file of weights of this model"
            where = ("model", "weights")
            raise BadData([DataError(where, f"`{name}`: {fault}", help)]) from fault

    def optimiser(self, model: nn.Module) -> torch.optim.Optimizer:
        train = self.recipe.train
        fused = train.precision != "16-mixed" and train.strategy != "fsdp"
        try:
            return optimiser(self.recipe.optimiser, model, fused)
        except UnusedGroup as unused:
            where = ("optimiser", "groups", unused.number, "match")
            help = "`netwright show` lists the names; an earlier group may have taken them"
            raise BadData([DataError(where, str(unused), help)]) from unused

    def order(self) -> Shuffled:
        fabric, size = self.fabric, len(self.data.splits["train"])
        batch = 1 if self.data.source.batched else self.recipe.data.batch_size
        seed = self.recipe.train.seed
        return Shuffled(size, batch, seed, fabric.global_rank, fabric.world_size)

    def in_order(self, name: str) -> Any:
        split = self.data.splits.get(name)
        if split is None or not len(split):
            return None
        batch = 1 if self.data.source.batched else self.recipe.data.batch_size
        order = InOrder(len(split), batch, self.fabric.global_rank, self.fabric.world_size)
        return loader(self.data, split, order, self.recipe.data.workers)

    def kept(self, progress: bool, order: Shuffled) -> tuple[Keeper | None, Watcher]:
        """What writes, which only the first process has."""
        fabric, recipe = self.fabric, self.recipe
        watcher = Watcher(
            self.meter(),
            recipe.log.every,
            StepFlops(self.compiled),
            self.signature,
            agreed=self.agreed if fabric.world_size > 1 else bool,
            averaged=self.averaged if fabric.world_size > 1 else dict,
        )
        if not fabric.is_global_zero:
            return None, watcher
        steps = -(order.batches // -recipe.train.accumulate) * recipe.train.epochs
        watcher.log = RunLog(self.out, recipe.log)
        watcher.bar = Bar(steps) if progress else None
        section = recipe.checkpoints
        return Keeper(self.out, section.keep, section.background, watcher.log.sync), watcher

    def meter(self) -> Meter:
        """Measures the first process, and what all of them together do."""
        fabric = self.fabric
        if not fabric.is_global_zero:
            return Meter(fabric.device, None)
        dtype = PRECISIONS[self.recipe.train.precision]
        peak = self.recipe.log.peak_flops or measured_peak(fabric.device, dtype)
        return Meter(fabric.device, peak, fabric.world_size)

    def agreed(self, asked: bool) -> bool:
        """Whether any process was asked."""
        flag = torch.tensor(float(asked), device=self.fabric.device)
        return bool(self.fabric.all_reduce(flag, reduce_op="sum"))

    def averaged(self, values: dict[str, float]) -> dict[str, float]:
        """The means over all processes."""
        given = torch.tensor(list(values.values()), device=self.fabric.device)
        means = self.fabric.all_reduce(given, reduce_op="mean")
        assert isinstance(means, torch.Tensor)
        return dict(zip(values, means.tolist(), strict=True))

    def resume(self, loop: Loop) -> None:
        """Go on from the newest sound checkpoint, or begin where there is none yet."""
        found, faults = Keeper(self.out).newest() if loop.keeper is not None else (None, [])
        found, faults = self.fabric.broadcast((found, faults))
        if found is None and faults:
            raise faults[0]
        if found is not None and found.run != self.identity:
            raise BadCheckpoint(
                f"`{self.out}` holds another run: recipe, spec or data are not what they were"
            )
        if found is not None:
            loop.restore(found)
        loop.watcher.resumed(loop.progress, faults)

    def culprit(self, loop: Loop, fault: NotFinite) -> Culprit | None:
        """What made a step other than a number, on the CPU and without the strategy."""
        weights = snapshot.weights(loop.module)
        given = frozenset(p.name for p in self.compiled.manifest.inputs if p.optional)
        graph = self.compiled.graph(given & self.signature.inputs.keys(), training=True)
        graph.load_state_dict(weights, strict=False)
        reseed(loop.seed, "step", fault.progress.step, self.fabric.global_rank)
        for batch in fault.batches:
            held = {name: tensor.to("cpu") for name, tensor in batch.items()}
            found = culprit(graph, self.signature.arguments(held), loop.total_of(held))
            if found is not None:
                return found
        return None

    def finish(self, loop: Loop) -> Run:
        """Measure the test split and write what is left of the run."""
        batches = self.in_order("test") or loop.validation
        shown = self.evidence()
        measured = None if batches is None else loop.measure(batches, shown)
        found = None if shown is None else shown.found()
        if batches is not None and measured is None:
            raise Interrupted(loop.progress.step)
        if measured is not None:
            split = "test" if "test" in self.data.splits else "validation"
            loop.watcher.evaluated(loop.progress, split, measured)
        weights = loop.weights()
        if loop.keeper is not None:
            write_atomically(self.out / WEIGHTS, safetensors.torch.save(weights))
            prepared = self.data.preprocessing.to_json()
            write_atomically(self.out / PREPROCESSING, prepared.encode())
            write_atomically(self.out / RECIPE, self.recipe.model_dump_json(indent=1).encode())
            if found is not None:
                keep(self.out, found)
            write_report(self.out)
        return Run(self.out, loop.progress.step, measured or {})

    def evidence(self) -> Evidence | None:
        """What is gathered beside numbers when the run is measured at its end."""
        outputs, columns, target = self.read_names()
        classes = self.data.preprocessing.classes
        return evidence(self.recipe.loss, outputs, columns, target, classes)

    def describe(self) -> None:
        """Write down what the run is made of."""
        inputs = self.signature.arguments(self.prepared(self.data.splits["train"]))
        write_manifest(
            self.out,
            self.recipe,
            self.compiled,
            self.data,
            folder=self.folder,
            device=self.fabric.device,
            sizes=bound_sizes(self.compiled.manifest, inputs),
        )

    def close(self, loop: Loop) -> None:
        if loop.keeper is not None:
            loop.keeper.close()
        loop.watcher.close()
