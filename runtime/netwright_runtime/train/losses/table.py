"""All losses: what computes each, what prepares a batch for it, what it asks of values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from netwright.recipe import loss as written
from torch import Tensor

from netwright_runtime.train.draws import Draws
from netwright_runtime.train.losses import (
    classification,
    contrastive,
    generative,
    language,
    regression,
    segmentation,
)
from netwright_runtime.train.losses.fit import Tensors
from netwright_runtime.train.losses.loss import Mean


@dataclass(frozen=True)
class Entry:
    """A loss.

    compute  from its arguments and what it reads, by argument; made columns by their name
    prepare  columns that a batch gets, or that take the place of others
    check    looks at the values of the first batch; raises Unfit
    """

    compute: Callable[[Any, Tensors], Mean]
    prepare: Callable[[Any, Tensors, Draws], dict[str, Tensor]] | None = None
    check: Callable[[Any, Tensors], None] | None = None


ENTRIES: dict[type, Entry] = {
    written.CrossEntropy: Entry(
        classification.cross_entropy, check=classification.check_cross_entropy
    ),
    written.BinaryCrossEntropy: Entry(
        classification.binary_cross_entropy, check=classification.check_binary_cross_entropy
    ),
    written.MeanSquaredError: Entry(regression.mean_squared_error),
    written.MeanAbsoluteError: Entry(regression.mean_absolute_error),
    written.Huber: Entry(regression.huber),
    written.Dice: Entry(segmentation.dice, check=segmentation.check_dice),
    written.NextToken: Entry(language.next_token, check=language.check_next_token),
    written.MaskedLanguageModel: Entry(
        language.masked_language_model,
        language.hide_tokens,
        language.check_masked_language_model,
    ),
    written.Contrastive: Entry(contrastive.contrastive),
    written.VariationalBound: Entry(
        generative.variational_bound, check=generative.check_variational_bound
    ),
    written.Diffusion: Entry(generative.diffusion, generative.add_noise),
    written.Quantile: Entry(regression.quantile),
}
