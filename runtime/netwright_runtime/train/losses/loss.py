"""The loss of a recipe: its terms, read from outputs and batch, weighted and summed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch
from netwright.recipe.loss import NAMED_LOSS, LossArguments
from netwright.recipe.reads import Read, choose
from torch import Tensor
from torchmetrics import MeanMetric

from netwright_runtime.train.draws import Draws
from netwright_runtime.train.losses.fit import Tensors, Unfit

_HALVES = (torch.float16, torch.bfloat16)


@dataclass(frozen=True)
class Mean:
    """The value of one term.

    value  a scalar, the mean over `count` samples, pixels or tokens
    parts  what it is made of, each a mean over the same
    """

    value: Tensor
    count: Tensor | int
    parts: Mapping[str, Tensor] = field(default_factory=dict)


@dataclass(frozen=True)
class Losses:
    """The loss of one batch.

    total  the weighted sum, a scalar with gradients
    parts  what is logged beside it, detached: each term where there are several, and their parts
    means  the terms in the recipe's order
    """

    total: Tensor
    parts: dict[str, Tensor]
    means: tuple[Mean, ...]


class Loss:
    """The terms of a recipe, with every output and column chosen."""

    def __init__(
        self,
        terms: Sequence[LossArguments],
        outputs: Sequence[str],
        columns: Sequence[str],
        target: str | None = None,
    ) -> None:
        """
        Args:
            outputs: the names of the model's outputs; `("",)` for a model that gives a tensor.
            columns: of the batch, before `prepare`.
            target: the column that a term reads where the recipe is silent.

        Raises:
            Unread: a term reads what is not there.
        """
        made = [name for term in terms for name in term.makes()]
        sources = {"outputs": outputs, "batch": [*columns, *made]}
        self._terms = [
            _Term(term, place, name, target, sources)
            for place, (term, name) in enumerate(_labelled(terms))
        ]

    @property
    def weights(self) -> tuple[float, ...]:
        """The factors of the terms, in order."""
        return tuple(term.arguments.weight for term in self._terms)

    @property
    def names(self) -> tuple[str, ...]:
        """What the terms are called in logs, in order."""
        return tuple(term.name for term in self._terms)

    def prepare(self, batch: Tensors, draws: Draws) -> dict[str, Tensor]:
        """The batch as the model is to see it; it is the same for the same draws."""
        prepared = dict(batch)
        for term in self._terms:
            prepared = term.prepare(prepared, draws)
        return prepared

    def __call__(self, outputs: Tensors, batch: Tensors) -> Losses:
        """The loss of a prepared batch; raises Unfit where shapes or values cannot be meant."""
        means = tuple(term(outputs, batch) for term in self._terms)
        weighted = [w * m.value for w, m in zip(self.weights, means, strict=True)]
        return Losses(torch.stack(weighted).sum(), self._parts(means), means)

    def _parts(self, means: Sequence[Mean]) -> dict[str, Tensor]:
        parts: dict[str, Tensor] = {}
        for name, mean in zip(self.names, means, strict=True):
            if len(means) > 1:
                parts[name] = mean.value.detach()
            parts |= {f"{name}/{part}": value.detach() for part, value in mean.parts.items()}
        return parts


class _Term:
    """One term, and the names of what it reads."""

    def __init__(
        self,
        arguments: LossArguments,
        place: int,
        name: str,
        target: str | None,
        sources: Mapping[str, Sequence[str]],
    ) -> None:
        from netwright_runtime.train.losses.table import ENTRIES

        self.arguments, self.name = arguments, name
        self._where = ("loss", place, NAMED_LOSS.name_of(arguments))
        self._entry = ENTRIES[type(arguments)]
        self._reads = tuple(
            (read, choose(read, sources[read.of], target)) for read in arguments.reads()
        )
        self._checked = False

    def prepare(self, batch: dict[str, Tensor], draws: Draws) -> dict[str, Tensor]:
        if self._entry.prepare is None:
            return batch
        return {**batch, **self._entry.prepare(self.arguments, batch, draws)}

    def __call__(self, outputs: Tensors, batch: Tensors) -> Mean:
        read = {
            r.argument: {"outputs": outputs, "batch": batch}[r.of][name] for r, name in self._reads
        }
        read |= {name: batch[name] for name in self.arguments.makes()}
        device = next(iter(read.values())).device.type
        with torch.autocast(device, enabled=False):
            return self._computed({name: _wide(tensor) for name, tensor in read.items()})

    def _computed(self, read: Tensors) -> Mean:
        try:
            if not self._checked and self._entry.check is not None:
                self._entry.check(self.arguments, read)  # looks at values, which would stall a GPU
            self._checked = True
            return self._entry.compute(self.arguments, read)
        except Unfit as fault:
            names = ", ".join(
                f"`{read.argument}` is {_said(read, name)}" for read, name in self._reads
            )
            raise Unfit(f"loss `{self.name}`: {fault} ({names})", self._where) from None


class LossMean:
    """The mean loss over a whole evaluation: every sample, pixel or token counts once, however
    the batches are cut, and over all processes."""

    def __init__(self, loss: Loss) -> None:
        self._loss = loss
        self._terms: dict[str, MeanMetric] = {}
        self._parts: dict[str, MeanMetric] = {}

    def update(self, losses: Losses) -> None:
        """Add a batch."""
        means = dict(zip(self._loss.names, losses.means, strict=True))
        for name, mean in means.items():
            _add(self._terms, name, mean.value.detach(), mean.count)
        for name, value in losses.parts.items():
            _add(self._parts, name, value, means[name.partition("/")[0]].count)

    def compute(self) -> dict[str, float]:
        """`loss`, and its parts as `loss/NAME`."""
        means = [float(self._terms[name].compute()) for name in self._loss.names]
        total = sum(w * mean for w, mean in zip(self._loss.weights, means, strict=True))
        parts = {f"loss/{name}": float(mean.compute()) for name, mean in self._parts.items()}
        return {"loss": total, **parts}

    def reset(self) -> None:
        """Forget all batches."""
        self._terms.clear()
        self._parts.clear()


def _add(means: dict[str, MeanMetric], name: str, value: Tensor, count: Tensor | int) -> None:
    if name not in means:
        means[name] = MeanMetric().to(value.device)
    means[name].update(value, count)


def _labelled(terms: Sequence[LossArguments]) -> list[tuple[LossArguments, str]]:
    """Each term with its name; a second one of a name gets a number."""
    seen: Counter[str] = Counter()
    labelled: list[tuple[LossArguments, str]] = []
    for term in terms:
        name = NAMED_LOSS.name_of(term)
        seen[name] += 1
        labelled.append((term, f"{name}_{seen[name]}" if seen[name] > 1 else name))
    return labelled


def _said(read: Read, name: str) -> str:
    if read.of == "batch":
        return f"the column `{name}`"
    return f"the output `{name}`" if name else "the model's output"


def _wide(tensor: Tensor) -> Tensor:
    """Half precision is too coarse to sum in."""
    return tensor.float() if tensor.dtype in _HALVES else tensor
