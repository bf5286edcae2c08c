"""The loop: epochs of steps, each of several batches, with evaluations and checkpoints between.

It alone knows Fabric. Everything that it does is a function of recipe, data and `Progress`, so that
a run that goes on from a checkpoint does what the first one would have done.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

import torch
from lightning.fabric import Fabric
from lightning.fabric.wrappers import _FabricModule
from netwright.recipe import Recipe
from torch import Tensor, nn
from torch.utils.data import DataLoader

from netwright_runtime.train import snapshot
from netwright_runtime.train.calling import Signature
from netwright_runtime.train.checkpoint import Best, Checkpoint, Progress
from netwright_runtime.train.data.columns import Sample
from netwright_runtime.train.data.prepare import INDEX
from netwright_runtime.train.draws import Draws
from netwright_runtime.train.ema import Averages
from netwright_runtime.train.evaluation import Evaluation
from netwright_runtime.train.evidence import Evidence
from netwright_runtime.train.keeping import Keeper
from netwright_runtime.train.loader import Shuffled
from netwright_runtime.train.losses import Loss, Losses
from netwright_runtime.train.optimisers import set_rate
from netwright_runtime.train.schedules import factor
from netwright_runtime.train.seeds import reseed
from netwright_runtime.train.watching import Watcher


class Interrupted(Exception):
    """The run was asked to end; its state is durable at `step`."""

    def __init__(self, step: int) -> None:
        super().__init__(f"stopped after step {step}")
        self.step = step


class NotFinite(Exception):
    """Loss or gradients are no longer numbers. Nothing was changed by this step.

    batches  what the step computed with, prepared
    """

    def __init__(self, progress: Progress, what: str, batches: Sequence[Sample]) -> None:
        super().__init__(f"{what} of step {progress.step + 1} is not finite")
        self.progress = progress
        self.batches = batches


class OutOfMemory(Exception):
    """A step does not fit into memory."""

    def __init__(self, step: int, samples: int) -> None:
        super().__init__(f"memory ran out in step {step}, with {samples} samples at once")


@dataclass(eq=False)
class Loop:
    """A run under way.

    module    the model itself, `model` what Fabric made of it; `optimiser` Fabric's too
    order     of the training split, which `batches` follows
    run       hash of what makes the run this one
    """

    fabric: Fabric
    recipe: Recipe
    module: nn.Module
    model: _FabricModule
    optimiser: torch.optim.Optimizer
    averages: Averages | None
    loss: Loss
    signature: Signature
    order: Shuffled
    batches: DataLoader[Sample]
    validation: DataLoader[Sample] | None
    evaluation: Evaluation
    watcher: Watcher
    keeper: Keeper | None
    run: str
    progress: Progress = field(default_factory=Progress)
    divisor: int = 1

    @property
    def seed(self) -> int:
        return self.recipe.train.seed

    @property
    def steps_of_epoch(self) -> int:
        """Steps of the optimiser in an epoch."""
        return math.ceil(self.order.batches / self.recipe.train.accumulate)

    @property
    def steps(self) -> int:
        """Steps of the whole run."""
        return self.steps_of_epoch * self.recipe.train.epochs

    def train(self) -> None:
        """Go on from where the run stands to its end.

        Raises:
            Interrupted: a signal asked for it.
            NotFinite: the loss or the gradients are no longer numbers.
            NotWritten: a checkpoint could not be written.
        """
        self.model.train()
        while self.progress.epoch < self.recipe.train.epochs:
            self._epoch()
            self._finish_epoch()
        if self.keeper is not None:
            self.keeper.wait()

    def _epoch(self) -> None:
        self.order.epoch, self.order.first = self.progress.epoch, self.progress.batch
        if self.order.first >= self.order.batches:
            return
        batches = iter(self.batches)
        every = self.recipe.checkpoints.every
        while group := self._group(batches):
            self._step(group)
            ended = self.progress.batch >= self.order.batches
            if self.watcher.stopped():
                self._stop()
            if every is not None and self.progress.step % every == 0 and not ended:
                self.save()

    def _group(self, batches: Iterator[Sample]) -> list[Sample]:
        """The batches of the next step; fewer at the end of an epoch, none after it."""
        with self.watcher.meter.data():
            return list(islice(batches, self.recipe.train.accumulate))

    def _step(self, group: list[Sample]) -> None:
        at = self.progress
        with self.watcher.meter.step():
            set_rate(self.optimiser, factor(self.recipe.schedule, at.step, self.steps))
            reseed(self.seed, "step", at.step, self.fabric.global_rank)
            prepared = [self._prepared(batch) for batch in group]
            found = self._fitted(prepared)
            norm = self._clipped()
            self._check(found, norm, prepared)
            self.optimiser.step()
            self.optimiser.zero_grad(set_to_none=True)
            if self.averages is not None:
                self.averages.update(at.step)
        samples = sum(len(batch[INDEX]) for batch in group) * self.fabric.world_size
        self.progress = replace(
            at,
            step=at.step + 1,
            batch=at.batch + len(group),
            samples=at.samples + samples,
        )
        self.watcher.stepped(self.progress, found, norm, self.optimiser, prepared)

    def _prepared(self, batch: Sample) -> Sample:
        """A batch on the device, as the loss wants the model to see it."""
        draws = Draws(self.seed, self.progress.epoch, batch[INDEX].tolist())
        return self.loss.prepare(self.fabric.to_device(batch), draws)

    def _fitted(self, group: Sequence[Sample]) -> list[tuple[Losses, float]]:
        """The gradients; where memory runs out and the recipe allows it, of smaller pieces."""
        while True:
            try:
                return self._gradients(group)
            except (torch.OutOfMemoryError, RuntimeError) as fault:
                if not _is_memory(fault):
                    raise
                at_once = math.ceil(max(map(_samples, group)) / self.divisor)
                if not self.recipe.train.shrink_batch or at_once == 1:
                    raise OutOfMemory(self.progress.step + 1, at_once) from fault
            self.divisor *= 2
            self.optimiser.zero_grad(set_to_none=True)
            reseed(self.seed, "step", self.progress.step, self.fabric.global_rank)
            self.watcher.shrunk(self.progress, self.divisor)

    def _gradients(self, group: Sequence[Sample]) -> list[tuple[Losses, float]]:
        """The gradients of the mean loss over `group`, added up; the losses with their weights."""
        pieces = [piece for batch in group for piece in _cut(batch, self.divisor)]
        samples = sum(_samples(piece) for piece in pieces)
        found: list[tuple[Losses, float]] = []
        for number, piece in enumerate(pieces):
            last = number == len(pieces) - 1
            with self.fabric.no_backward_sync(self.model, enabled=not last):
                given = self.model(**self.signature.arguments(piece))
                losses = self.loss(self.signature.named(given), piece)
                weight = _samples(piece) / samples
                self.fabric.backward(losses.total * weight)
            found.append((losses, weight))
        return found

    def _clipped(self) -> Tensor:
        """The norm of all gradients, after which they are no longer than the recipe allows."""
        norm = self.fabric.clip_gradients(
            self.model,
            self.optimiser,
            max_norm=self.recipe.train.clip or math.inf,
            error_if_nonfinite=False,
        )
        assert norm is not None
        return norm

    def _check(
        self, found: Sequence[tuple[Losses, float]], norm: Tensor, group: Sequence[Sample]
    ) -> None:
        total = torch.stack([losses.total.detach() for losses, _ in found]).sum()
        if self.watcher.agreed(not bool(torch.isfinite(total))):
            raise NotFinite(self.progress, "the loss", group)
        if not torch.isfinite(norm) and self.recipe.train.precision != "16-mixed":
            raise NotFinite(self.progress, "the gradient", group)  # a scaler skips such a step

    def _finish_epoch(self) -> None:
        """Evaluate if it is time, and save."""
        epoch = self.progress.epoch + 1
        train = self.recipe.train
        if epoch % train.evaluate_every == 0 or epoch == train.epochs:
            self._evaluate(epoch)
        self.progress = replace(self.progress, epoch=epoch, batch=0)
        self.save()
        if self.watcher.stopped():
            self._stop(saved=True)

    def _evaluate(self, epoch: int) -> None:
        if self.validation is None or self.progress.evaluated == epoch:
            return
        values = self.measure(self.validation)
        if values is None:
            self._stop()
            return
        best = self._best(values)
        self.progress = replace(self.progress, evaluated=epoch, best=best)
        self.watcher.evaluated(self.progress, "validation", values)

    def measure(
        self, batches: DataLoader[Sample], evidence: Evidence | None = None
    ) -> dict[str, float] | None:
        """Loss and metrics of a split, by the averaged weights where there are such."""
        stopped = self.watcher.stopped
        if self.averages is None:
            return self.evaluation.run(self.model, batches, stopped, evidence)
        with self.averages.applied():
            return self.evaluation.run(self.model, batches, stopped, evidence)

    def _best(self, values: dict[str, float]) -> Best | None:
        wanted, before = self.recipe.checkpoints.best, self.progress.best
        if wanted is None:
            return None
        value = values[wanted.metric]
        better = before is None or (
            value > before.value if wanted.mode == "max" else value < before.value
        )
        return Best(value, self.progress.step) if better else before

    def save(self) -> None:
        """Save a checkpoint of where the run stands; all processes call this at once."""
        tensors = snapshot.taken(self.module, self.optimiser, self.averages)
        if self.keeper is not None:
            checkpoint = Checkpoint(
                self.run,
                self.progress,
                tensors,
                self.fabric.strategy.precision.state_dict(),
                self.divisor,
            )
            self.keeper.save(checkpoint)
            self.watcher.happened("checkpoint", self.progress)

    def _stop(self, saved: bool = False) -> None:
        if not saved:
            self.save()
        if self.keeper is not None:
            self.keeper.wait()
        raise Interrupted(self.progress.step)

    def total_of(self, batch: Sample) -> Callable[[Any], Tensor]:
        """The loss of a prepared batch, as a function of what a model gave for it."""
        return lambda given: self.loss(self.signature.named(given), batch).total

    def weights(self) -> dict[str, Tensor]:
        """The weights to use afterwards: the averages where there are such."""
        if self.averages is None:
            return snapshot.weights(self.module)
        with self.averages.applied():
            return snapshot.weights(self.module)

    def restore(self, checkpoint: Checkpoint) -> None:
        """Go on from a checkpoint of this run; raises BadCheckpoint for one of another model."""
        snapshot.put_back(checkpoint, self.module, self.optimiser, self.averages)
        self.fabric.strategy.precision.load_state_dict(dict(checkpoint.scaler))
        self.progress, self.divisor = checkpoint.progress, checkpoint.batch_divisor
        if self.keeper is not None:
            self.keeper.prune(self.progress)


def _is_memory(fault: RuntimeError) -> bool:
    """Whether memory ran out; of the CPU's, torch says it in words only."""
    return isinstance(fault, torch.OutOfMemoryError) or "can't allocate memory" in str(fault)


def _samples(batch: Sample) -> int:
    return max(1, batch[INDEX].numel())


def _cut(batch: Sample, divisor: int) -> list[Sample]:
    """A batch in `divisor` pieces, along the axis of samples."""
    if divisor == 1:
        return [batch]
    parts = {name: torch.tensor_split(tensor, divisor) for name, tensor in batch.items()}
    pieces = [dict(zip(parts, values, strict=True)) for values in zip(*parts.values(), strict=True)]
    return [piece for piece in pieces if len(piece[INDEX])]
