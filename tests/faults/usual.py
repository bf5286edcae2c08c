"""What the usual test suite of a model checks, for comparison with verification."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import torch
from netwright_runtime.model import Compiled
from netwright_runtime.model.domains import domains
from netwright_runtime.verify.compare import all_identical, floats, scalar
from netwright_runtime.verify.property import Trial
from netwright_runtime.verify.subject import Subject
from torch import nn

Inputs = Callable[[], dict[str, Any]]


def forward_runs(compiled: Compiled, inputs: Inputs) -> bool:
    """In both modes, with finite outputs."""
    module = built(compiled)
    return all(
        bool(out.isfinite().all())
        for training in (True, False)
        for out in floats(module.train(training)(**inputs()))
    )


def gradients_arrive(compiled: Compiled, inputs: Inputs) -> bool:
    """Every parameter has a gradient after a backward pass."""
    module = built(compiled)
    loss = scalar(module(**inputs()))
    if loss is not None:
        torch.autograd.backward(loss)
    return all(p.grad is not None for p in module.parameters() if p.requires_grad)


def saves_and_loads(compiled: Compiled, inputs: Inputs) -> bool:
    """A second model that loads the first one's `state_dict` gives the same outputs."""
    module, other = built(compiled), built(compiled, seed=1)
    file = io.BytesIO()
    torch.save(module.state_dict(), file)
    file.seek(0)
    other.load_state_dict(torch.load(file))
    return same(module.eval(), other.eval(), inputs)


def is_deterministic(compiled: Compiled, inputs: Inputs) -> bool:
    """In evaluation a call repeats itself, and a build from the same seed gives the same."""
    module = built(compiled).eval()
    return same(module, module, inputs) and same(module, built(compiled).eval(), inputs)


CHECKS: dict[str, Callable[[Compiled, Inputs], bool]] = {
    "forward": forward_runs,
    "gradients": gradients_arrive,
    "save and load": saves_and_loads,
    "determinism": is_deterministic,
}


def caught(compiled: Compiled) -> tuple[str, ...]:
    """The usual checks that a model does not pass."""
    subject = Subject(compiled)
    small = domains(compiled.manifest, dict.fromkeys(subject.names, 4))
    trial = Trial(tuple((name, few[0]) for name, few in small.items()))
    return tuple(
        name
        for name, check in CHECKS.items()
        if not passes(check, compiled, lambda: subject.inputs(trial))
    )


def passes(check: Callable[[Compiled, Inputs], bool], compiled: Compiled, inputs: Inputs) -> bool:
    """Whether a check passes; one that raises does not."""
    try:
        return check(compiled, inputs)
    except Exception:
        return False


def built(compiled: Compiled, seed: int = 0) -> nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return compiled.build()


@torch.no_grad()
def same(module: nn.Module, other: nn.Module, inputs: Inputs) -> bool:
    return all_identical(module(**inputs()), other(**inputs()))
