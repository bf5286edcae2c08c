"""Outputs of a graph as answers: classes with probabilities, values in the units of the data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from netwright_runtime.data.encodings import Array
from netwright_runtime.data.preparation import Preparation
from netwright_runtime.export.metadata import Metadata
from netwright_runtime.predict.reading import Sample


def refusal(sample: Sample, fault: str) -> dict[str, Any]:
    """Why there is no answer to a sample."""
    return {**_named(sample), "error": fault}


def answer(
    sample: Sample, outputs: Sequence[Array], metadata: Metadata, preparation: Preparation | None
) -> dict[str, Any]:
    """The class of a sample with the probabilities of all, or the outputs by their names."""
    scores = outputs[0]
    classes = metadata.classes
    if classes and scores.ndim == 1 and (len(scores) == len(classes) or _binary(scores, classes)):
        likely = _probabilities(scores, len(classes))
        best = int(likely.argmax())
        listed = {name: _rounded(p) for name, p in zip(classes, likely, strict=True)}
        found = {"class": classes[best], "probability": _rounded(likely[best])}
        return {**_named(sample), **found, "probabilities": listed}
    values = [preparation.undo(scores) if preparation is not None else scores, *outputs[1:]]
    named = zip((value.name for value in metadata.outputs), values, strict=True)
    return {**_named(sample), **{name: value.tolist() for name, value in named}}


def _binary(scores: Array, classes: Sequence[str]) -> bool:
    """Whether one score tells two classes apart."""
    return len(scores) == 1 and len(classes) == 2


def _probabilities(scores: Array, classes: int) -> Array:
    """Softmax; of two classes with one score, its sigmoid."""
    wide = scores.astype(np.float64)
    if len(scores) < classes:
        wide = np.concatenate([np.zeros(1), wide])
    powers = np.exp(wide - wide.max())
    likely: Array = powers / powers.sum()
    return likely


def _rounded(probability: float) -> float:
    return round(float(probability), 6)


def _named(sample: Sample) -> dict[str, Any]:
    return {"input": sample.name} | ({} if sample.row is None else {"row": sample.row})
