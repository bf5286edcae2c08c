"""`torch.export` takes the model with its dims dynamic, and the export holds at other sizes.

Proves that nothing specialises on the sizes of a trace: the export is made at one choice of sizes
and run at others, and agrees with the model. torch's own suites do this for some models. Dims that
the spec fixes stay fixed. It does not apply where the model takes no symbolic dim.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch.export import Dim, ExportedProgram
from torch.export import export as exported

from netwright_runtime.verify.compare import difference, tensors
from netwright_runtime.verify.domains import domains
from netwright_runtime.verify.property import Finding, Level, Property, Trial
from netwright_runtime.verify.subject import Subject

TOLERANCE = 1e-5
"""Relative: decompositions may sum in another order."""


def unfit(subject: Subject) -> str:
    return "" if subject.names else "no dim is symbolic"


def check(subject: Subject, trial: Trial) -> Iterator[Finding]:
    program = _exported(subject, trial)
    other = Trial(tuple(_other_sizes(subject, trial).items()), trial.given, trial.seed + 1)
    for at in (trial, other):
        inputs = subject.inputs(at)
        with torch.no_grad():
            expected = subject.module()(**inputs)
            found = program.module()(**inputs)
        for a, b in zip(tensors(expected), tensors(found), strict=True):
            if difference(a.float(), b.float()) > TOLERANCE:
                where = "at other sizes than it was made at" if at is other else "at its own sizes"
                yield Finding(f"the exported model differs {where}: {at.size}")
                return


def _exported(subject: Subject, trial: Trial) -> ExportedProgram:
    inputs = subject.inputs(trial)
    dynamic = {slot.name: _dynamic(slot.shape, slot.length) for slot in subject.slots(trial.given)}
    return exported(subject.module(), (), inputs, dynamic_shapes=dynamic, strict=False)


def _dynamic(shape: tuple[int | str, ...], length: int | None) -> Any:
    """The dims that are symbolic; which of them are equal is found by the export itself."""
    dims = {axis: Dim.DYNAMIC for axis, size in enumerate(shape) if isinstance(size, str)}
    return dims if length is None else [dims] * length


def _other_sizes(subject: Subject, trial: Trial) -> dict[str, int]:
    """A size for each dim that is not the trial's."""
    few = domains(subject.manifest, dict.fromkeys(subject.names, 2))
    return {
        name: next((size for size in reversed(few[name]) if size != was), was)
        for name, was in trial.sizes
    }


PROPERTY = Property(
    "export",
    check,
    __doc__ or "",
    unfit,
    Level.DEFAULT,
    trials=1,
    minimum=lambda subject: dict.fromkeys(subject.names, 2),
)
