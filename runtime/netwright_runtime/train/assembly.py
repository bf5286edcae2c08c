"""The parts of a run: each is made of the recipe when it is first needed."""

from __future__ import annotations

import json
from collections.abc import Sequence
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

from netwright_runtime.data.errors import DataError
from netwright_runtime.measure.peaks import measured_peak
from netwright_runtime.model import Compiled, compiled
from netwright_runtime.model.bounds import bounds_of
from netwright_runtime.train import blocks, devices, snapshot
from netwright_runtime.train.calling import Signature
from netwright_runtime.train.checkpoint import BadCheckpoint
from netwright_runtime.train.data.columns import Sample
from netwright_runtime.train.data.errors import BadData
from netwright_runtime.train.data.prepare import INDEX, Data, check_batch, prepare
from netwright_runtime.train.draws import Draws
from netwright_runtime.train.ema import Averages
from netwright_runtime.train.evaluation import Evaluation
from netwright_runtime.train.flops import StepFlops
from netwright_runtime.train.keeping import Keeper
from netwright_runtime.train.loader import InOrder, Shuffled, loader
from netwright_runtime.train.log import RunLog
from netwright_runtime.train.loop import Loop
from netwright_runtime.train.losses import Loss
from netwright_runtime.train.meter import PRECISIONS, Meter
from netwright_runtime.train.metrics import Metrics
from netwright_runtime.train.optimisers import UnusedGroup, optimiser
from netwright_runtime.train.progress import Bar
from netwright_runtime.train.reading import unread
from netwright_runtime.train.seeds import reseed
from netwright_runtime.train.trackers import missing
from netwright_runtime.train.watching import Watcher

_SAME_NUMBERS: Any = {
    "data": {"workers"},
    "train": {"epochs", "accelerator", "strategy", "devices", "nodes", "shrink_batch"},
    "checkpoints": True,
    "log": True,
    "sweep": True,
}
"""What a recipe may say otherwise when it goes on: it is the same run. With more epochs, a schedule
goes on as if there had been so many from the beginning."""


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
        found = [*missing(self.recipe.log.trackers), *unread(self.recipe, *self.read_names())]
        if found:
            raise BadData(found)
        faults: dict[str, DataError] = {}
        bounds = bounds_of(self.compiled, self.optional)
        for split in self.data.splits.values():
            batch = self.prepared(split)
            for fault in check_batch(self.data, self.compiled.manifest, batch, bounds):
                faults.setdefault(str(fault), fault)
        if faults:
            raise BadData(list(faults.values()))

    @property
    def optional(self) -> frozenset[str]:
        """The optional inputs of the model that the data have."""
        ports = self.compiled.manifest.inputs
        return frozenset(p.name for p in ports if p.optional and p.name in self.data.inputs)

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
        made = fabric.setup_optimizers(self.optimiser(module))
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

    def optimiser(self, module: nn.Module) -> torch.optim.Optimizer:
        train = self.recipe.train
        fused = train.precision != "16-mixed" and train.strategy != "fsdp"
        try:
            return optimiser(self.recipe.optimiser, module, fused)
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
