"""What goes on beside the steps of a run: its log, its bar, and the signals that end it."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType

import torch
from torch import Tensor

from netwright_runtime.train.calling import Signature
from netwright_runtime.train.checkpoint import BadCheckpoint, Progress
from netwright_runtime.train.data.columns import Sample
from netwright_runtime.train.flops import StepFlops
from netwright_runtime.train.log import Fact, RunLog
from netwright_runtime.train.losses import Losses
from netwright_runtime.train.meter import Meter
from netwright_runtime.train.progress import Bar

Watch = Callable[[int, Mapping[str, float]], None]
"""Called with a step and the values that an evaluation gave after it."""

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


@dataclass(eq=False)
class Watcher:
    """Tells others how the run goes. Of several processes only the first has `log` and `bar`.

    every     steps between rows of the log
    flops     of a step
    agreed    whether something is so in any process: they all have to stop at the same step
    averaged  the means of values over all processes
    """

    meter: Meter
    every: int
    flops: StepFlops
    signature: Signature
    log: RunLog | None = None
    bar: Bar | None = None
    agreed: Callable[[bool], bool] = bool
    watch: Watch | None = None
    averaged: Callable[[dict[str, float]], dict[str, float]] = dict
    _asked: bool = field(default=False, init=False)

    def stopped(self) -> bool:
        """Whether a signal asked the run to end."""
        return self.agreed(self._asked)

    @contextmanager
    def signals(self) -> Iterator[None]:
        """SIGTERM and SIGINT ask the run to end after its step; a second one ends it at once."""
        before = {number: signal.getsignal(number) for number in _SIGNALS}
        for number in _SIGNALS:
            signal.signal(number, self._ask)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _ask(self, number: int, _: FrameType | None) -> None:
        self._asked = True
        signal.signal(number, signal.SIG_DFL)

    def __enter__(self) -> None:
        if self.bar is not None:
            self.bar.__enter__()

    def __exit__(self, *_: object) -> None:
        if self.bar is not None:
            self.bar.__exit__()

    def begun(self) -> None:
        """The run begins; what one that came to no checkpoint has logged here goes."""
        if self.log is not None:
            self.log.truncate(0, ())

    def resumed(self, progress: Progress, faults: Sequence[BadCheckpoint]) -> None:
        """The run goes on from where it stands; checkpoints at fault were passed over."""
        if self.log is None:
            return
        splits = {"train"}
        if progress.batch == 0 and progress.step:
            splits.add("validation")
        self.log.truncate(progress.step, splits)
        for fault in faults:
            self.log.event("refused", reason=str(fault))
            print(f"warning: {fault}", file=sys.stderr)
        self.log.event("resumed", step=progress.step)

    def shrunk(self, progress: Progress, divisor: int) -> None:
        """Memory ran out, and from now on batches are computed in pieces."""
        text = (
            f"memory ran out in step {progress.step + 1}: batches are computed in {divisor} pieces"
        )
        print(f"warning: {text}", file=sys.stderr)
        if self.log is not None:
            self.log.event("shrunk", step=progress.step, divisor=divisor)

    def happened(self, event: str, progress: Progress, **facts: Fact) -> None:
        """The run has begun, saved a checkpoint, or come to its end."""
        if self.log is not None:
            self.log.event(event, step=progress.step, **facts)

    def close(self) -> None:
        if self.log is not None:
            self.log.close()

    def stepped(
        self,
        progress: Progress,
        found: Sequence[tuple[Losses, float]],
        norm: Tensor,
        optimiser: torch.optim.Optimizer,
        group: Sequence[Sample],
    ) -> None:
        """A step was made. `found` are the losses of its batches with their weights."""
        for batch in group:
            self._count(self.signature.arguments(batch))
        if progress.step % self.every:
            return
        values = self.averaged(_means(found))
        if self.log is None:
            return
        values["lr"] = float(optimiser.param_groups[0]["lr"])
        values["gradient_norm"] = float(norm)
        self.log.metrics(progress.step, progress.epoch, "train", values)
        self.log.speed(progress.step, progress.epoch, self.meter.take())
        if self.bar is not None:
            self.bar.show(progress.step, progress.epoch, {"loss": values["loss"]})

    def _count(self, inputs: Mapping[str, Tensor]) -> None:
        first = next(iter(inputs.values()))
        tokens = 0 if first.is_floating_point() or first.ndim != 2 else first.numel()
        self.meter.count(len(first), tokens, self.flops(inputs))

    def evaluated(self, progress: Progress, split: str, values: Mapping[str, float]) -> None:
        """A split was measured."""
        if self.log is not None:
            self.log.metrics(progress.step, progress.epoch, split, values)
            self.log.event("evaluated", step=progress.step, split=split, **values)
        if self.bar is not None:
            self.bar.show(progress.step, progress.epoch, values)
        if self.watch is not None and split == "validation":
            self.watch(progress.step, values)


def _means(found: Sequence[tuple[Losses, float]]) -> dict[str, float]:
    """The loss of a step and its parts, by name."""
    values = {"loss": sum(float(losses.total.detach()) * weight for losses, weight in found)}
    for losses, weight in found:
        for name, part in losses.parts.items():
            key = f"loss/{name}"
            values[key] = values.get(key, 0.0) + float(part) * weight
    return values
