"""Metrics by name: torchmetrics does the arithmetic, this says what it is given.

A metric gathers over a whole evaluation and is computed once at its end, so that the last batch,
which is smaller, weighs what it holds. How many classes there are is seen in the first batch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from netwright.recipe import metrics as written
from netwright.recipe.metrics import NAMED_METRIC, MetricArguments, label
from netwright.recipe.reads import choose
from torch import Tensor
from torchmetrics import Metric, classification, regression
from torchmetrics.text import Perplexity

from netwright_runtime.train.losses import Unfit, fit
from netwright_runtime.train.losses.fit import Tensors
from netwright_runtime.train.retrieval import Pairs

Given = tuple[Tensor, ...]


class Metrics:
    """The metrics of a recipe, with every output and column chosen."""

    def __init__(
        self,
        metrics: Sequence[MetricArguments],
        outputs: Sequence[str],
        columns: Sequence[str],
        target: str | None = None,
    ) -> None:
        """As for a `Loss`; raises Unread where a metric reads what is not there."""
        sources = {"outputs": outputs, "batch": columns}
        self._metrics = [_One(m, place, target, sources) for place, m in enumerate(metrics)]

    def update(self, outputs: Tensors, batch: Tensors) -> None:
        """Add a batch; raises Unfit where shapes or values cannot be meant."""
        for metric in self._metrics:
            metric.update(outputs, batch)

    def compute(self) -> dict[str, float]:
        """The values over all batches since the last reset, by label."""
        return {metric.label: metric.compute() for metric in self._metrics}

    def reset(self) -> None:
        """Forget all batches."""
        for metric in self._metrics:
            metric.reset()


class _One:
    def __init__(
        self,
        arguments: MetricArguments,
        place: int,
        target: str | None,
        sources: Mapping[str, Sequence[str]],
    ) -> None:
        self.label = label(arguments)
        self._where = ("metrics", place, NAMED_METRIC.name_of(arguments))
        self._arguments = arguments
        self._gather = GATHERED[type(arguments)]
        self._reads = tuple(
            (read, choose(read, sources[read.of], target)) for read in arguments.reads()
        )
        self._metric: Metric | None = None

    def update(self, outputs: Tensors, batch: Tensors) -> None:
        sources = {"outputs": outputs, "batch": batch}
        read = {read.argument: sources[read.of][name].detach() for read, name in self._reads}
        try:
            make, given = self._gather(self._arguments, read)
        except Unfit as fault:
            raise Unfit(f"metric `{self.label}`: {fault}", self._where) from None
        if self._metric is None:
            self._metric = make().to(given[0].device)
        self._metric.update(*given)

    def compute(self) -> float:
        if self._metric is None:
            raise Unfit(f"metric `{self.label}`: the split holds no batch", self._where)
        return float(self._metric.compute())

    def reset(self) -> None:
        if self._metric is not None:
            self._metric.reset()


class BitsPerToken(Metric):
    """The mean cross entropy of tokens in bits, given logits `(B, T, V)`."""

    total: Tensor
    count: Tensor

    def __init__(self, ignore_index: int | None) -> None:
        super().__init__()
        self._ignored = ignore_index
        self.add_state("total", torch.tensor(0.0, dtype=torch.float64), dist_reduce_fx="sum")
        self.add_state("count", torch.tensor(0), dist_reduce_fx="sum")

    def update(self, logits: Tensor, target: Tensor) -> None:
        ignored = -100 if self._ignored is None else self._ignored
        flat, tokens = logits.flatten(0, 1).float(), target.flatten()
        nats = torch.nn.functional.cross_entropy(
            flat, tokens, ignore_index=ignored, reduction="none"
        )
        self.total += nats.double().sum() / torch.log(torch.tensor(2.0, dtype=torch.float64))
        self.count += (tokens != ignored).sum()

    def compute(self) -> Tensor:
        return self.total / self.count


Made = tuple[Callable[[], Metric], Given]


def _classes(
    one: Callable[..., Metric], many: Callable[..., Metric]
) -> Callable[[Any, Tensors], Made]:
    """A metric of classes, `one` for items that are 0 or 1, `many` for logits of classes."""

    def gather(arguments: written.Classified, read: Tensors) -> Made:
        logits, target = read["output"].float(), read["target"]
        ignored = arguments.ignore_index
        if fit.binary(logits, target):
            classes = fit.alike(logits, target).long()
            return lambda: one(ignore_index=ignored), (logits.sigmoid(), classes)
        classes = fit.labels(logits, target)
        fit.in_range(logits, classes, ignored)
        settings = {"num_classes": logits.shape[1], "ignore_index": ignored, **_settings(arguments)}
        return lambda: many(**settings), (logits.softmax(1), classes)

    return gather


def _settings(arguments: written.Classified) -> dict[str, Any]:
    """What only the metrics of several classes are told."""
    match arguments:
        case written.Accuracy(average=average) | written.F1(average=average):
            return {"average": average}
        case written.TopK(k=k):
            return {"average": "micro", "top_k": k}
        case _:
            return {"average": "macro"}


def _top_k(arguments: written.TopK, read: Tensors) -> Made:
    if read["output"].ndim < 2 or read["output"].shape[1] < arguments.k:
        count = read["output"].shape[1] if read["output"].ndim > 1 else 1
        raise Unfit(f"`k` is {arguments.k}, and the output tells {count} classes apart")
    return _classes(classification.BinaryAccuracy, classification.MulticlassAccuracy)(
        arguments, read
    )


def _numbers(make: Callable[[], Metric]) -> Callable[[Any, Tensors], Made]:
    def gather(arguments: written.Continuous, read: Tensors) -> Made:
        output = read["output"].float()
        if arguments.item is not None:
            output = output[..., arguments.item]
        target = fit.alike(output, read["target"])
        return make, (output.flatten(), target.flatten())

    return gather


def _perplexity(arguments: written.Perplexity, read: Tensors) -> Made:
    return lambda: Perplexity(ignore_index=arguments.ignore_index), _tokens(arguments, read)


def _bits_per_byte(arguments: written.BitsPerByte, read: Tensors) -> Made:
    bytes_each = arguments.bytes_per_token
    return lambda: BitsPerToken(arguments.ignore_index) / bytes_each, _tokens(arguments, read)


def _tokens(arguments: written.Perplexity, read: Tensors) -> Given:
    flat, target = fit.next_tokens(read["output"].float(), read["target"], arguments.shift)
    fit.in_range(flat, target, arguments.ignore_index)
    return flat[None], target[None]


def _retrieval(arguments: written.Retrieval, read: Tensors) -> Made:
    first, second = read["first"].float(), read["second"].float()
    if first.shape != second.shape or first.ndim != 2:
        raise Unfit(
            f"`first` is {tuple(first.shape)} and `second` {tuple(second.shape)}; "
            "both have to be (B, D)"
        )
    gains = isinstance(arguments, written.NDCG)
    ids = tuple(read[key] for key in ("first_id", "second_id") if key in read)
    named = "first_id" in read, "second_id" in read
    return lambda: Pairs(arguments.k, gains, named), (first, second, *ids)


GATHERED: dict[type[MetricArguments], Callable[[Any, Tensors], Made]] = {
    written.Accuracy: _classes(classification.BinaryAccuracy, classification.MulticlassAccuracy),
    written.TopK: _top_k,
    written.F1: _classes(classification.BinaryF1Score, classification.MulticlassF1Score),
    written.AUROC: _classes(classification.BinaryAUROC, classification.MulticlassAUROC),
    written.IoU: _classes(classification.BinaryJaccardIndex, classification.MulticlassJaccardIndex),
    # The F1 of pixels is Dice; torchmetrics' own `DiceScore` cannot leave pixels out.
    written.DiceOverlap: _classes(classification.BinaryF1Score, classification.MulticlassF1Score),
    written.MeanAbsoluteError: _numbers(regression.MeanAbsoluteError),
    written.RootMeanSquaredError: _numbers(lambda: regression.MeanSquaredError(squared=False)),
    written.R2: _numbers(regression.R2Score),
    written.Perplexity: _perplexity,
    written.BitsPerByte: _bits_per_byte,
    written.RecallAtK: _retrieval,
    written.NDCG: _retrieval,
}
"""For each metric: from its arguments and what it reads, how to make it and what it is given."""
