"""Weights survive a round trip through safetensors, strictly, under the names that the spec gives.

Proves that a checkpoint of this model can be loaded: the names are those of the manifest, nothing
is missing or left over, tied weights are one storage before and after. transformers tests save and
load; that the names follow from the spec is ours to hold. It does not apply to a model without
weights.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import torch
from safetensors.torch import load_model, save_model
from torch import nn

from netwright_runtime.verify.compare import all_identical
from netwright_runtime.verify.property import Finding, Property, Trial
from netwright_runtime.verify.subject import Subject


def unfit(subject: Subject) -> str:
    return "" if subject.manifest.weights else "the model has no weights"


def check(subject: Subject, trial: Trial) -> Iterator[Finding]:
    module = subject.module()
    yield from _names(subject, module)
    yield from _ties(subject, module, "")
    torch.manual_seed(trial.seed + 1)  # what no file holds begins otherwise than in `module`
    other = subject.compiled.build()
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "model.safetensors")
        save_model(module, path)
        missing, left = load_model(other, path, strict=True)
    if missing or left:
        names = ", ".join(f"`{name}`" for name in (*missing, *left))
        yield Finding(f"a saved model does not load strictly: {names}")
        return
    yield from _ties(subject, other, " after loading")
    with torch.no_grad():
        before = module(**subject.inputs(trial))
        after = other.eval()(**subject.inputs(trial))
    if not all_identical(before, after):
        yield Finding("the outputs differ after saving and loading: something is not saved")


def _names(subject: Subject, module: nn.Module) -> Iterator[Finding]:
    """Whether the weights are those of the manifest, with their shapes."""
    expected = {w.name: w for w in subject.manifest.weights if w.persistent}
    found = module.state_dict()
    for name in expected.keys() | found.keys():
        owner = name.rpartition(".")[0]
        if name not in found:
            yield Finding(f"the spec gives a weight `{name}`, and the model has none", owner)
        elif name not in expected:
            yield Finding(f"the model has a weight `{name}` that the spec does not give", owner)
        elif tuple(found[name].shape) != expected[name].shape:
            shapes = f"{list(expected[name].shape)} expected, {list(found[name].shape)} found"
            yield Finding(f"`{name}` has another shape: {shapes}", owner)


def _ties(subject: Subject, module: nn.Module, when: str) -> Iterator[Finding]:
    weights = dict(module.named_parameters(remove_duplicate=False))
    tied = {w.name: w.tied_to for w in subject.manifest.weights if w.tied_to is not None}
    for name, other in tied.items():
        if weights.get(name) is not weights.get(other):
            owner = name.rpartition(".")[0]
            yield Finding(f"`{name}` is tied to `{other}` in the spec, and is not{when}", owner)
    owners: dict[int, str] = {}
    for name, weight in weights.items():
        first = owners.setdefault(id(weight), name)
        if first != name and first not in (tied.get(name), name) and tied.get(first) != name:
            if tied.get(name) is None and tied.get(first) is None:
                owner = name.rpartition(".")[0]
                yield Finding(f"`{name}` shares `{first}`, and the spec does not tie them", owner)


PROPERTY = Property("round_trip", check, __doc__ or "", unfit, varies=False)
