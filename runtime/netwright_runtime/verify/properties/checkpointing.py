"""Activation checkpointing changes neither outputs nor gradients.

Proves that what is recomputed in the backward pass is what was computed in the forward pass: random
numbers and buffers included. torch tests its own function; a block that draws random numbers or
counts its calls breaks it all the same. It does not apply to a model without repeated blocks.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

from netwright_runtime.verify.compare import all_identical, identical, scalar
from netwright_runtime.verify.property import Finding, Property, Trial
from netwright_runtime.verify.subject import Subject


def unfit(subject: Subject) -> str:
    return "" if _repeated(subject) else "the model repeats no block"


def check(subject: Subject, trial: Trial) -> Iterator[Finding]:
    plain = _run(subject, trial, [])
    blocks = [name for name, _ in _blocks(subject)]
    if _same(plain, _run(subject, trial, blocks)):
        return
    for name in blocks:
        if not _same(plain, _run(subject, trial, [name])):
            yield Finding("recomputing it in the backward pass changes the result", name)
            return
    yield Finding("recomputing the blocks in the backward pass changes the result")


def _repeated(subject: Subject) -> frozenset[str]:
    """The classes of which the model holds several instances."""
    return frozenset(c.name for c in subject.manifest.classes if c.repeats > 1)


def _blocks(subject: Subject) -> list[tuple[str, nn.Module]]:
    """The outermost instances of repeated blocks."""
    kinds = _repeated(subject)
    found: list[tuple[str, nn.Module]] = []
    for name, module in subject.module(training=True).named_modules():
        inside = any(name.startswith(f"{outer}.") for outer, _ in found)
        if type(module).__name__ in kinds and not inside:
            found.append((name, module))
    return found


Result = tuple[Any, dict[str, Any]]


def _run(subject: Subject, trial: Trial, names: list[str]) -> Result:
    """Outputs and gradients of a training step in which these blocks are recomputed."""
    module = subject.module(training=True)
    blocks = [module.get_submodule(name) for name in names]
    for block in blocks:
        block.forward = partial(checkpoint, block.forward, use_reentrant=False)
    try:
        torch.manual_seed(trial.seed)
        out = module(**subject.inputs(trial))
        loss = scalar(out)
        if loss is not None:
            torch.autograd.backward(loss)
    finally:
        for block in blocks:
            del block.forward
    return out, {name: p.grad for name, p in module.named_parameters()}


def _same(a: Result, b: Result) -> bool:
    return all_identical(a[0], b[0]) and all(identical(a[1][name], b[1][name]) for name in a[1])


PROPERTY = Property(
    "checkpointing", check, __doc__ or "", unfit, trials=1, minimum=lambda s: s.two_samples
)
