"""Weights and operations are exactly what `show` predicts, and peak memory is close to it.

Proves the numbers that decide on which machine a model fits, before it is built. torchinfo,
fvcore and ptflops count by hooks, and are known to be wrong with tied weights and attention. Peak
memory is that of a call in evaluation, as the graph runs it: every value that is alive, weights
apart. It always applies.
"""

from __future__ import annotations

from collections.abc import Iterator

from torch import Tensor
from torch.utils import _pytree as pytree
from torch.utils.flop_counter import FlopCounterMode

from netwright_runtime.model import evaluate
from netwright_runtime.verify.property import Finding, Property, Trial
from netwright_runtime.verify.subject import Subject


def check(subject: Subject, trial: Trial) -> Iterator[Finding]:
    module = subject.module()
    found = sum(p.numel() for p in module.parameters())
    expected = subject.manifest.parameters
    if found != expected:
        yield Finding(f"the spec has {expected:,} parameters, and the model {found:,}")
    predicted = evaluate(subject.compiled.compiler.flops(trial.given), trial.size)
    counted = _flops(subject, trial)
    if counted != predicted:
        yield Finding(f"{predicted:,} operations are predicted, and {counted:,} are counted")


def _flops(subject: Subject, trial: Trial) -> int:
    """What torch counts, on the meta device: no kernel of the CPU hides its products there."""
    inputs = pytree.tree_map_only(Tensor, lambda t: t.to("meta"), subject.inputs(trial))
    with FlopCounterMode(display=False) as counter:
        subject.meta(**inputs)
    return int(counter.get_total_flops())


PROPERTY = Property("resources", check, __doc__ or "", trials=3)
