"""What quantisation changes: how far outputs move, and how often the largest one is another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from netwright_runtime.export.agreement import Disagrees, Runner
from netwright_runtime.export.tracing import Source
from netwright_runtime.model.nearness import distance

LIMIT = {"int8-dynamic": 0.1, "int8-static": 0.15, "int8-weights": 0.05, "int4-weights": 0.3}
"""The largest mean change that an export may have, as a part of the mean size of the outputs."""


@dataclass(frozen=True)
class Accuracy:
    """The change against the model, over all samples.

    largest  difference of one value, as a part of the largest value
    mean     difference, as a part of the mean size of values
    top      how often the largest value of the first output's last axis is at the same place; None
             where that axis holds fewer than two
    """

    samples: int
    largest: float
    mean: float
    top: float | None

    def __str__(self) -> str:
        said = f"mean change {self.mean:.2%}, largest {self.largest:.2%}"
        agreed = "" if self.top is None else f", top-1 agreement {self.top:.2%}"
        return f"{said}{agreed} on {self.samples} batches"


def measure(
    source: Source, run: Runner, scheme: str, batches: Iterable[Mapping[str, Any]]
) -> Accuracy:
    """Run a quantised export beside the model.

    Raises:
        Disagrees: outputs change by more than the scheme's limit.
    """
    pairs = [(source.eager(inputs), run(inputs)) for inputs in batches]
    floats = [
        (a, b)
        for one, other in pairs
        for a, b in zip(one, other, strict=True)
        if a.dtype.is_floating_point
    ]
    largest = max(distance(a, b) for a, b in floats)
    apart = sum((a - b).abs().sum().item() for a, b in floats)
    size = sum(a.abs().sum().item() for a, _ in floats)
    found = Accuracy(len(pairs), largest, apart / max(size, 1e-12), _top(pairs))
    if not found.mean <= LIMIT[scheme]:
        raise Disagrees(
            f"`{source.entry.name}` in `{scheme}` is not what the model is: {found}, and "
            f"{LIMIT[scheme]:.0%} is the most for the mean; calibrate with samples of the data, "
            "or take more bits"
        )
    return found


def _top(pairs: Sequence[tuple[Sequence[Tensor], Sequence[Tensor]]]) -> float | None:
    if pairs[0][0][0].ndim < 2 or pairs[0][0][0].shape[-1] < 2:
        return None
    same = torch.cat([(a[0].argmax(-1) == b[0].argmax(-1)).flatten() for a, b in pairs])
    return float(same.double().mean())
