"""Every value has the dtype and shape that the checker inferred.

Proves that shape inference is right for this model: each intermediate value, at every drawn size
and in every case of the optional inputs, is what `show` prints. Compilers test their own inference
on their own corpora (torch.fx's ShapeProp, ONNX's checker); none holds a user's model to it.
It always applies.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import torch
from torch import Tensor

from netwright_runtime.model import evaluate
from netwright_runtime.model.compiled import size_text
from netwright_runtime.model.inputs import torch_dtype
from netwright_runtime.verify.property import Finding, Property, Trial
from netwright_runtime.verify.recording import NodeFailed, Value, record
from netwright_runtime.verify.subject import Subject


def check(subject: Subject, trial: Trial) -> Iterator[Finding]:
    try:
        values = record(subject.graph(trial.given), subject.inputs(trial))
    except NodeFailed as failed:
        found = list(_unlike(failed.before, trial))
        if not found:
            raise
        yield from found  # a wrong type makes what reads the value fail
        return
    yield from _unlike(values, trial)


def _unlike(values: Iterable[Value], trial: Trial) -> Iterator[Finding]:
    """The first value that is not of its type."""
    for value in values:
        if value.type is None or not isinstance(value.value, Tensor):
            continue
        sizes = tuple(evaluate(size_text(size), trial.size) for size in value.type.shape)
        dtype = torch_dtype(value.type.dtype, torch.float32)
        found = value.value
        if tuple(found.shape) != sizes or found.dtype != dtype:
            yield Finding(
                f"inferred {value.type}, here {str(dtype)[6:]}{list(sizes)}; "
                f"it is {str(found.dtype)[6:]}{list(found.shape)}",
                value.path,
                value.place,
                "the shape rule of this op is at fault, or a plugin's",
            )
            return


PROPERTY = Property("types", check, __doc__ or "", trials=10)
