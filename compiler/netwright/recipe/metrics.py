"""`metrics:` what is measured on the validation and test splits."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

from netwright.recipe.named import Named, Section
from netwright.recipe.reads import FIRST, SECOND, Compared, Read, Reading

Count = Annotated[int, Field(ge=1)]


class MetricArguments(Reading):
    """What all metrics have in common."""

    better: ClassVar[Literal["max", "min"]] = "max"
    """Which end of the scale is good."""

    def suffix(self) -> str:
        """What follows the name in logs, so that two of a kind can be told apart."""
        return ""


class ComparedMetric(Compared, MetricArguments):
    """A metric of one output against one column."""


class Classified(ComparedMetric):
    """A metric of logits: `(B, K, ...)` against classes, or as many as targets against 0 and 1."""

    ignore_index: int | None = None
    """The class of samples or pixels that do not count."""


class Accuracy(Classified):
    """The share of samples or pixels whose largest logit is that of the target."""

    average: Literal["micro", "macro"] = "micro"
    """`macro`: the mean over classes, rare ones as heavy as frequent ones."""


class TopK(Classified):
    """The share of samples whose target is among the `k` largest logits."""

    k: Count = 5

    def suffix(self) -> str:
        return f"_{self.k}"


class F1(Classified):
    """The harmonic mean of precision and recall."""

    average: Literal["micro", "macro", "weighted"] = "macro"


class AUROC(Classified):
    """The area under the receiver operating characteristic, mean over classes."""


class IoU(Classified):
    """The intersection over the union of masks, mean over classes, over all pixels together."""


class DiceOverlap(Classified):
    """Twice the intersection over the sum of masks, mean over classes, over all pixels together."""


class Continuous(ComparedMetric):
    """A metric of numbers."""

    better: ClassVar[Literal["max", "min"]] = "min"
    item: int | None = None
    """Which item of the output's last axis is compared: of quantiles, the one in the middle."""


class MeanAbsoluteError(Continuous):
    """The mean of absolute differences."""


class RootMeanSquaredError(Continuous):
    """The root of the mean of squared differences."""


class R2(Continuous):
    """The share of the target's variance that the outputs explain."""

    better: ClassVar[Literal["max", "min"]] = "max"


class Perplexity(ComparedMetric):
    """The exponential of the mean cross entropy of a token: logits `(B, T, V)`."""

    better: ClassVar[Literal["max", "min"]] = "min"
    ignore_index: int | None = None
    """The token that does not count."""
    shift: bool = False
    """The target holds the tokens themselves, as in the loss `next_token`."""


class BitsPerByte(Perplexity):
    """The mean cross entropy in bits, by the bytes that a token stands for."""

    bytes_per_token: Annotated[float, Field(gt=0)] = 1.0


class Retrieval(MetricArguments):
    """Every distinct first side is a query over all distinct second sides of the evaluation.

    What belongs together is what stood in one sample.
    """

    k: Count = 10
    first: str | None = None
    """The output with the embeddings of the queries, `(B, D)`."""
    second: str | None = None
    """The output with the embeddings of what is found, `(B, D)`."""
    first_id: str | None = None
    """The column that says which query it is; without one, each sample is another."""
    second_id: str | None = None
    """The column that says which item is found; without one, each sample is another."""

    def reads(self) -> tuple[Read, ...]:
        columns = (("first_id", self.first_id), ("second_id", self.second_id))
        return (
            Read("first", "outputs", self.first, FIRST),
            Read("second", "outputs", self.second, SECOND),
            *(Read(key, "batch", name) for key, name in columns if name is not None),
        )

    def suffix(self) -> str:
        return f"_{self.k}"


class RecallAtK(Retrieval):
    """The share of what belongs to a query that is among the `k` nearest by cosine."""


class NDCG(Retrieval):
    """The same with earlier places counting more: normalised discounted cumulative gain."""


METRICS: dict[str, type[Section]] = {
    "accuracy": Accuracy,
    "top_k": TopK,
    "f1": F1,
    "auroc": AUROC,
    "iou": IoU,
    "dice": DiceOverlap,
    "mae": MeanAbsoluteError,
    "rmse": RootMeanSquaredError,
    "r2": R2,
    "perplexity": Perplexity,
    "bits_per_byte": BitsPerByte,
    "recall": RecallAtK,
    "ndcg": NDCG,
}

NAMED_METRIC = Named("metric", METRICS)

MetricSection = Annotated[MetricArguments, NAMED_METRIC]


def _distinct(metrics: list[MetricArguments]) -> list[MetricArguments]:
    """Refuse two metrics that would be logged as one."""
    twice = [name for name, count in Counter(map(label, metrics)).items() if count > 1]
    if twice:
        raise ValueError(f"metrics that differ in their names or in `k`, not `{twice[0]}` twice")
    return metrics


MetricList = Annotated[list[MetricSection], AfterValidator(_distinct)]


def label(metric: MetricArguments) -> str:
    """The name under which a metric is logged: `accuracy`, `recall_10`."""
    return NAMED_METRIC.name_of(metric) + metric.suffix()
