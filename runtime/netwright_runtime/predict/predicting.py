"""Samples to answers, some at a time; what cannot be answered does not hold up the others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from netwright_runtime.data.encodings import Array
from netwright_runtime.data.preparation import Preparation
from netwright_runtime.export.metadata import Metadata
from netwright_runtime.predict.answers import answer, refusal
from netwright_runtime.predict.artifact import Artifact
from netwright_runtime.predict.checking import Unfit, fit
from netwright_runtime.predict.reading import Sample, batched, sample, samples

Answer = dict[str, Any]
"""What is said of one sample, as JSON holds it: `input` and the rest, or `input` and `error`."""

Ready = tuple[Sample, Mapping[str, Array]]
"""A sample, and its inputs as the graph takes them."""


def predict(artifact: Artifact, paths: Iterable[Path], batch_size: int) -> Iterator[Answer]:
    """The answer to each sample of some files, in order."""
    metadata, preparation = artifact.metadata, _preparation(artifact)
    read = (s for path in paths for s in samples(path, metadata, preparation))
    return _answers(artifact, preparation, read, batch_size)


def respond(
    artifact: Artifact, records: Iterable[Mapping[str, Any]], batch_size: int = 32
) -> Iterator[Answer]:
    """The answer to each record, in order: fields by name, as a service is given them.

    Fields are those that the model was trained on, or its inputs where the file has no
    preprocessing; arrays may be nested lists.
    """
    preparation = _preparation(artifact)
    given = (sample("record", at, record, preparation) for at, record in enumerate(records))
    return _answers(artifact, preparation, given, batch_size)


def _preparation(artifact: Artifact) -> Preparation | None:
    said = artifact.metadata.preprocessing
    return None if said is None else Preparation.from_data(said)


def _answers(
    artifact: Artifact, preparation: Preparation | None, given: Iterable[Sample], batch_size: int
) -> Iterator[Answer]:
    metadata = artifact.metadata
    many = batched(metadata)
    waiting: list[Ready] = []
    for each in given:
        ready = _ready(each, metadata, many)
        full = len(waiting) >= _at_once(metadata, batch_size, many)
        if waiting and (full or isinstance(ready, dict) or not _alike(waiting[-1], ready)):
            yield from _answered(artifact, waiting, preparation, many)
            waiting = []
        if isinstance(ready, dict):
            yield ready
        else:
            waiting.append(ready)
    if waiting:
        yield from _answered(artifact, waiting, preparation, many)


def _ready(sample: Sample, metadata: Metadata, many: bool) -> Ready | Answer:
    if sample.fault:
        return refusal(sample, sample.fault)
    try:
        return sample, fit(sample.inputs, metadata, many)
    except Unfit as fault:
        return refusal(sample, str(fault))


def _at_once(metadata: Metadata, batch_size: int, many: bool) -> int:
    """How many samples a call takes: those that were asked for, or as many as are fixed."""
    fixed = metadata.inputs[0].shape[0] if many else 1
    return fixed if isinstance(fixed, int) else batch_size


def _alike(one: Ready, other: Ready) -> bool:
    """Whether two samples fit into one batch."""
    return all(one[1][name].shape == array.shape for name, array in other[1].items())


def _answered(
    artifact: Artifact, ready: Sequence[Ready], preparation: Preparation | None, many: bool
) -> Iterator[Answer]:
    try:
        outputs = artifact.run(_stacked(artifact.metadata, [inputs for _, inputs in ready], many))
    except Exception as fault:  # each runtime raises its own
        limits = ", ".join(artifact.metadata.constraints)
        meant = f"; it is meant for {limits}" if limits else ""
        for sample, _ in ready:
            yield refusal(sample, f"the model fails: {str(fault).strip().splitlines()[0]}{meant}")
        return
    for at, (sample, _) in enumerate(ready):
        mine = [output[at] for output in outputs] if many else list(outputs)
        yield answer(sample, mine, artifact.metadata, preparation)


def _stacked(
    metadata: Metadata, inputs: Sequence[Mapping[str, Array]], many: bool
) -> dict[str, Array]:
    """One call's inputs; where the batch is fixed, the last sample stands for those missing."""
    if not many:
        return dict(inputs[0])
    size = max(len(inputs), _at_once(metadata, len(inputs), many))
    filled = [*inputs, *[inputs[-1]] * (size - len(inputs))]
    return {name: np.stack([each[name] for each in filled]) for name in inputs[0]}
