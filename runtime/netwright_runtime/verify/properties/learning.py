"""The model can learn: it overfits one fixed batch, and by means of its inputs.

Proves that what training needs is there, from the weights that the model begins with: gradients
that lead somewhere, a scale that an optimiser can work with, outputs that depend on the inputs.
Karpathy's recipe asks for it. Every floating output that has a gradient, but the state of a next
call, is regressed (mean squared error, Adam) to a target that the architecture can give: the
outputs of the same model with its weights moved by a tenth of their deviation. The loss weighs two
parts alike: the mean over the samples, which constant inputs teach as well, and what differs
between the samples, which they cannot teach. Within 300 steps at one of three learning rates it has
to fall by 95%, which inputs that are ignored do not allow.

Dropout is off; batch norms take the statistics of the batch. Samples are those of the batch dim;
a model without one has several inputs instead. It does not apply to a model without parameters or
without floating outputs, nor where 300 steps would take minutes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from netwright_runtime.model.domains import domains
from netwright_runtime.model.sizes import evaluate
from netwright_runtime.verify.compare import floats
from netwright_runtime.verify.property import Finding, Level, Property, Trial
from netwright_runtime.verify.subject import Subject

STEPS = 300
RATES = (1e-3, 1e-2, 3e-4)
SAMPLES = 4
GOAL = 0.05
"""The part of the first loss that may be left."""

OPERATIONS = 1e12
"""More than this in all steps takes minutes on a CPU; a step is about three calls."""

DEAF = 1e-5
"""Outputs that differ between samples by less than this part of their size ignore the inputs."""

Outputs = list[Tensor]
"""Each floating output with the samples as the first axis."""


def unfit(subject: Subject) -> str:
    if not any(not w.buffer and not w.frozen for w in subject.manifest.weights):
        return "the model has no parameters to train"
    state = subject.manifest.state.values()
    if not any(
        p.dtype.startswith("float") for p in subject.manifest.outputs if p.name not in state
    ):
        return "the model has no floating outputs"
    sizes = {name: few[0] for name, few in domains(subject.manifest, minimum(subject)).items()}
    flops = float(evaluate(subject.compiled.compiler.flops(frozenset()), sizes))
    return "" if 3 * STEPS * flops < OPERATIONS else "300 steps of this size would take minutes"


def minimum(subject: Subject) -> dict[str, int]:
    return {**subject.telling, **({} if subject.batch is None else {subject.batch: SAMPLES})}


def cases(subject: Subject) -> tuple[frozenset[str], ...]:
    return (frozenset(),)


def check(subject: Subject, trial: Trial) -> Iterator[Finding]:
    batch = _Batch(subject, trial)
    targets = batch.targets()
    if not targets:
        return
    if all(_deaf(target) for target in targets):
        yield Finding("the outputs do not depend on the inputs")
        return
    left = float("inf")
    for rate in RATES:
        left = min(left, batch.learn(targets, rate))
        if left <= GOAL:
            return
    yield Finding(
        f"of the loss on one fixed batch {left:.0%} is left after {STEPS} steps",
        help="look for what saturates, begins at zero or far too large, or is detached",
    )


class _Batch:
    """One fixed batch for a model."""

    def __init__(self, subject: Subject, trial: Trial) -> None:
        self.subject = subject
        count = SAMPLES if subject.batch is None else 1
        trials = [Trial(trial.sizes, trial.given, trial.seed + i) for i in range(count)]
        self.inputs = [subject.inputs(t) for t in trials]

    def student(self) -> nn.Module:
        """The model as it begins; batch norms train, and nothing else knows that it does."""
        module = self.subject.module(initial=True)
        for part in module.modules():
            if isinstance(part, _BatchNorm):
                part.train()
        return module

    def targets(self) -> Outputs:
        """What the model gives with weights nearby: something that it can learn."""
        module = self.student()
        generator = torch.Generator().manual_seed(3)
        with torch.no_grad():
            for weight in module.parameters():
                noise = torch.randn(weight.shape, generator=generator).to(weight.dtype)
                scale = weight.std().item() if weight.numel() > 1 else 0.0
                weight.add_(noise, alpha=0.1 * scale or 0.05)
        return [target.detach() for target in self.outputs(module)]

    def outputs(self, module: nn.Module) -> Outputs:
        """The outputs that have a gradient, with the samples as the first axis."""
        runs = [self._floating(module(**inputs)) for inputs in self.inputs]
        if self.subject.batch is not None:
            return runs[0]
        return [torch.stack(parts) for parts in zip(*runs, strict=True)]

    def _floating(self, out: Any) -> Outputs:
        manifest, batch = self.subject.manifest, self.subject.batch
        values = out if isinstance(out, tuple) else (out,)
        found: Outputs = []
        for port, value in zip(manifest.outputs, values, strict=False):
            if port.name in manifest.state.values():
                continue
            parts = [part for part in floats(value) if part.requires_grad]
            if batch is not None:
                axis = list(map(str, port.shape)).index(batch)
                parts = [part.movedim(axis, 0) for part in parts]
            found += parts
        return found

    def learn(self, targets: Outputs, rate: float) -> float:
        """Train until the goal is reached or the steps are done: the part of the loss then."""
        module = self.student()
        optimiser = torch.optim.Adam([p for p in module.parameters() if p.requires_grad], rate)
        first: list[Tensor] = []
        for _ in range(STEPS):
            pairs = zip(self.outputs(module), targets, strict=True)
            parts = [part for out, target in pairs for part in _parts(out - target)]
            first = first or [part.detach() for part in parts]
            terms = [part / begun for part, begun in zip(parts, first, strict=True) if begun > 0]
            loss = torch.stack(terms).mean() if terms else torch.zeros(())
            if loss.item() <= GOAL or not loss.isfinite():
                break
            optimiser.zero_grad()
            torch.autograd.backward(loss)
            optimiser.step()
        return loss.item() if loss.isfinite() else float("inf")


def _parts(error: Tensor) -> tuple[Tensor, Tensor]:
    """The squared error of the mean over the samples, and what differs between them."""
    return error.mean(0).square().mean(), error.var(0, correction=0).mean()


def _deaf(target: Tensor) -> bool:
    """Whether an output is the same for all samples."""
    spread = target.var(0, correction=0).mean().sqrt()
    return bool(spread <= DEAF * target.square().mean().sqrt())


PROPERTY = Property(
    "learning",
    check,
    __doc__ or "",
    unfit,
    level=Level.DEFAULT,
    minimum=minimum,
    cases=cases,
    varies=False,
)
