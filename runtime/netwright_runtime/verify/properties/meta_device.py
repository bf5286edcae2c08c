"""The meta device builds the same model, and made real it begins with the same weights.

Proves that the model can be made where it does not fit: on the meta device it has the same names,
shapes and dtypes, and building it on a device after one seed always gives the same initialisation.
torchtitan and accelerate build this way and test it for their own models. It always applies.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from netwright_runtime.verify.compare import identical
from netwright_runtime.verify.property import Finding, Property, Trial
from netwright_runtime.verify.subject import Subject

SEED = 7


def check(subject: Subject, trial: Trial) -> Iterator[Finding]:
    meta = subject.compiled.build(device="meta").state_dict(keep_vars=True)
    first, second = _built(subject), _built(subject)
    for name in first.keys() | meta.keys():
        owner = name.rpartition(".")[0]
        if name not in meta or name not in first:
            yield Finding(f"`{name}` is there on one of CPU and meta device only", owner)
        elif meta[name].device.type != "meta":
            yield Finding(f"`{name}` is made on {meta[name].device}, not on the meta device", owner)
        elif _kind(meta[name]) != _kind(first[name]):
            found = f"{_kind(meta[name])} against {_kind(first[name])}"
            yield Finding(f"`{name}` differs between meta device and CPU: {found}", owner)
        elif not identical(first[name], second[name]):
            yield Finding(f"`{name}` begins otherwise after the same seed", owner)


def _built(subject: Subject) -> dict[str, Tensor]:
    torch.manual_seed(SEED)
    found: dict[str, Tensor] = subject.compiled.build().state_dict(keep_vars=True)
    return found


def _kind(tensor: Tensor) -> tuple[tuple[int, ...], torch.dtype, bool]:
    return tuple(tensor.shape), tensor.dtype, tensor.requires_grad


PROPERTY = Property("meta_device", check, __doc__ or "", varies=False)
