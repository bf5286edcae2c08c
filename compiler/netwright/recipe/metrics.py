"""`metrics:` what is measured on the validation and test splits."""

from __future__ import annotations

from typing import Annotated

from netwright.recipe.named import Named, Section


class Accuracy(Section):
    """The share of samples whose largest logit is that of the target."""


METRICS: dict[str, type[Section]] = {"accuracy": Accuracy}

MetricSection = Annotated[Section, Named("metric", METRICS)]
