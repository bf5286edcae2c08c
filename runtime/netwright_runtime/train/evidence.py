"""What the last evaluation shows beside its numbers: which classes are mistaken for which, or how
far predictions are from the truth. It is kept in the run's folder for the report."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Protocol

import torch
from netwright.recipe import loss as written
from netwright.recipe.loss import LossArguments
from netwright.recipe.reads import choose
from torch import Tensor
from torchmetrics.classification import BinaryConfusionMatrix, MulticlassConfusionMatrix

from netwright_runtime.train.losses import fit
from netwright_runtime.train.losses.fit import Tensors

EVIDENCE = "evidence.json"

MOST_CLASSES = 64
"""A larger matrix cannot be read."""

MOST_PAIRS = 2000
"""Points that a picture of residuals shows."""


@dataclass(frozen=True)
class Confusion:
    """Samples or pixels by true class (rows) and told class (columns)."""

    classes: list[str]
    counts: list[list[int]]
    kind: str = "confusion"


@dataclass(frozen=True)
class Residuals:
    """True values and predictions, the first of the split; `count` is how many there were."""

    pairs: list[tuple[float, float]]
    count: int
    kind: str = "residuals"


Found = Confusion | Residuals


class Evidence(Protocol):
    """Gathers over an evaluation."""

    def update(self, outputs: Tensors, batch: Tensors) -> None:
        """Add a batch."""

    def found(self) -> Found | None:
        """What there is to show; None where nothing was, or too much."""


def evidence(
    terms: Sequence[LossArguments],
    outputs: Sequence[str],
    columns: Sequence[str],
    target: str | None = None,
    classes: Sequence[str] = (),
) -> Evidence | None:
    """What fits the first term that compares an output with a column; None where none does.

    classes  what the target's numbers stand for
    """
    for term in terms:
        if isinstance(term, written.ComparedLoss) and not isinstance(term, written.NextToken):
            output, column = term.reads()
            names = choose(output, outputs), choose(column, columns, target)
            if isinstance(term, written.CrossEntropy | written.Dice):
                return _Classes(*names, list(classes), term.ignore_index)
            if isinstance(term, written.BinaryCrossEntropy):
                return _Classes(*names, list(classes), None)
            return _Numbers(*names, term)
    return None


@dataclass
class _Classes:
    output: str
    column: str
    classes: list[str]
    ignored: int | None
    matrix: MulticlassConfusionMatrix | BinaryConfusionMatrix | None = None

    def update(self, outputs: Tensors, batch: Tensors) -> None:
        logits, target = outputs[self.output].detach().float(), batch[self.column]
        if fit.binary(logits, target):
            told, true = (logits > 0).long(), fit.alike(logits, target).long()
        else:
            told, true = logits.argmax(1), fit.labels(logits, target)
        if self.matrix is None:
            two = fit.binary(logits, target)
            self.matrix = self._begun(2 if two else logits.shape[1], two).to(logits.device)
        self.matrix.update(told, true)

    def _begun(self, count: int, two: bool) -> MulticlassConfusionMatrix | BinaryConfusionMatrix:
        if two:
            return BinaryConfusionMatrix(ignore_index=self.ignored)
        return MulticlassConfusionMatrix(count, ignore_index=self.ignored)

    def found(self) -> Confusion | None:
        if self.matrix is None:
            return None
        counts = self.matrix.compute()
        if len(counts) > MOST_CLASSES:
            return None
        named = self.classes if len(self.classes) == len(counts) else map(str, range(len(counts)))
        return Confusion(list(named), counts.tolist())


@dataclass
class _Numbers:
    output: str
    column: str
    term: LossArguments
    pairs: list[tuple[float, float]] = field(default_factory=list)
    count: int = 0

    def update(self, outputs: Tensors, batch: Tensors) -> None:
        told = self._middle(outputs[self.output].detach().float())
        true = fit.alike(told, batch[self.column])
        self.count += true.numel()
        room = MOST_PAIRS - len(self.pairs)
        both = torch.stack([true.flatten(), told.flatten()], dim=1)[:room].tolist()
        self.pairs += [(a, b) for a, b in both]

    def _middle(self, output: Tensor) -> Tensor:
        """Of quantiles, the one that is nearest to the median."""
        if not isinstance(self.term, written.Quantile):
            return output
        levels = self.term.quantiles
        return output[..., min(range(len(levels)), key=lambda n: abs(levels[n] - 0.5))]

    def found(self) -> Residuals | None:
        return Residuals(self.pairs, self.count) if self.pairs else None


def keep(folder: Path, found: Found) -> None:
    """Write what was found into the folder of the run."""
    (folder / EVIDENCE).write_text(json.dumps(asdict(found)), encoding="utf-8")


def kept(folder: Path) -> Found | None:
    """What `keep` wrote; None where there is none."""
    path = folder / EVIDENCE
    if not path.is_file():
        return None
    data = json.loads(path.read_text(encoding="utf-8"))
    if data["kind"] == "confusion":
        return Confusion(**data)
    return Residuals([(a, b) for a, b in data["pairs"]], data["count"])
