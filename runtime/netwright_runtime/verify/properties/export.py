"""`torch.export` takes the model with its dims dynamic, and the export holds at other sizes.

Proves that nothing specialises on the sizes of a trace: the export is made at one choice of sizes,
run at others, and agrees with the model. torch's own suites do this for some models. Dims that the
spec fixes stay fixed, and those along which a recurrent module of torch walks: an export unrolls
it. It does not apply where the model takes no symbolic dim.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import torch
from torch import nn
from torch.export import Dim, ExportedProgram
from torch.export import export as exported

from netwright_runtime.model import Slot
from netwright_runtime.model.domains import domains
from netwright_runtime.model.nearness import tensors
from netwright_runtime.model.sizes import names_in
from netwright_runtime.verify.compare import difference
from netwright_runtime.verify.explain import explained
from netwright_runtime.verify.property import Finding, Level, Property, Trial
from netwright_runtime.verify.subject import Subject

TOLERANCE = 1e-5
"""Relative: decompositions may sum in another order."""


def unfit(subject: Subject) -> str:
    return "" if subject.names else "no dim is symbolic"


def check(subject: Subject, trial: Trial) -> Iterator[Finding]:
    try:
        program = _exported(subject, trial)
    except RuntimeError as error:
        yield _refused(subject, error)
        return
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


def _refused(subject: Subject, error: RuntimeError) -> Finding:
    """What torch says of a model that it does not take: the dim that was to be dynamic, if any."""
    found = explained(subject, error)
    lines = [line.strip() for line in str(error).strip().splitlines()] or [""]
    fixed = [line.removeprefix("- ") for line in lines if line.startswith("- ")]
    said = (fixed or lines)[0].partition(". ")[0]
    help = "compute with the size itself: `int()` makes a number of it" if fixed else ""
    return Finding(f"torch.export does not take it: {said}", found.node, found.place, help)


def _exported(subject: Subject, trial: Trial) -> ExportedProgram:
    dims: dict[str, Any] = {}
    fixed = _walked(subject, trial)
    multiples = {dim.name: dim.multiple_of for dim in subject.manifest.dims}

    def dim(size: str) -> Any:
        multiple = multiples.get(size, 1)
        if multiple == 1:
            return Dim.DYNAMIC
        return multiple * dims.setdefault(size, Dim(size))

    def dynamic(slot: Slot) -> Any:
        found = {
            axis: dim(size)
            for axis, size in enumerate(slot.shape)
            if isinstance(size, str) and size not in fixed
        }
        return found if slot.length is None else [found] * slot.length

    shapes = {slot.name: dynamic(slot) for slot in subject.slots(trial.given)}
    inputs = subject.inputs(trial)
    with warnings.catch_warnings():  # torch's LSTM keeps a list beside its weights, and is told so
        warnings.filterwarnings("ignore", message="The tensor attributes .*_flat_weights")
        return exported(subject.module(), (), inputs, dynamic_shapes=shapes, strict=False)


def _walked(subject: Subject, trial: Trial) -> frozenset[str]:
    """The dims that a recurrent module of torch walks along: an export unrolls it."""
    graph = subject.graph(trial.given)
    found: set[str] = set()
    for node in graph.graph.find_nodes(op="call_module"):
        module = graph.get_submodule(str(node.target))
        if isinstance(module, nn.RNNBase):
            shape = node.all_input_nodes[0].meta["netwright"].type.shape
            found |= names_in(str(shape[-2 if module.batch_first else 0]))
    return frozenset(found)


def _sizes(subject: Subject) -> dict[str, int]:
    """Sizes at which no map shrinks to one pixel, since an export would take the 1 for constant."""
    maps = {size for slot in subject.slots() if len(slot.shape) > 3 for size in slot.shape[2:]}
    return {name: 64 if name in maps else 8 for name in subject.names} | subject.two_samples


def _other_sizes(subject: Subject, trial: Trial) -> dict[str, int]:
    """Another size for each dim that is not fixed."""
    fixed = _walked(subject, trial)
    few = domains(subject.manifest, _sizes(subject))
    return {
        name: next((size for size in reversed(few[name]) if size != was), was)
        for name, was in trial.sizes
        if name not in fixed
    } | {name: size for name, size in trial.sizes if name in fixed}


PROPERTY = Property(
    "export",
    check,
    __doc__ or "",
    unfit,
    Level.DEFAULT,
    trials=1,
    minimum=_sizes,
)
