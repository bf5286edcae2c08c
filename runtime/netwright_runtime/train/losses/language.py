"""Losses of tokens."""

from __future__ import annotations

import torch
from netwright.recipe.loss import IGNORED, MaskedLanguageModel, NextToken
from torch import Tensor

from netwright_runtime.train.draws import Draws
from netwright_runtime.train.losses import fit
from netwright_runtime.train.losses.classification import mean_cross_entropy
from netwright_runtime.train.losses.loss import Mean

MASKED, REPLACED = 0.8, 0.1
"""Of the chosen tokens: the shares that become the mask, and that become another token."""


def next_token(arguments: NextToken, read: fit.Tensors) -> Mean:
    logits, target = fit.next_tokens(read["output"], read["target"], arguments.shift)
    return mean_cross_entropy(logits, target, arguments.ignore_index, arguments.label_smoothing)


def check_next_token(arguments: NextToken, read: fit.Tensors) -> None:
    logits, target = fit.next_tokens(read["output"], read["target"], arguments.shift)
    fit.in_range(logits, target, arguments.ignore_index)


def hide_tokens(
    arguments: MaskedLanguageModel, batch: fit.Tensors, draws: Draws
) -> dict[str, Tensor]:
    """The tokens with some of them hidden, and in `hidden_tokens` what these were."""
    tokens = batch[arguments.tokens]
    chances = [_chances(g, tokens.shape[1]) for g in draws.generators("masked tokens")]
    chosen, fate, other = (torch.stack(c).to(tokens.device) for c in zip(*chances, strict=True))
    special = torch.isin(tokens, tokens.new_tensor(arguments.special))
    hidden = (chosen < arguments.probability) & ~special
    replaced = torch.where(fate < MASKED, arguments.mask_token, tokens)
    swapped = (fate >= MASKED) & (fate < MASKED + REPLACED)
    random = (other * arguments.vocabulary).to(tokens.dtype)
    replaced = torch.where(swapped, random, replaced)
    return {
        arguments.tokens: torch.where(hidden, replaced, tokens),
        "hidden_tokens": torch.where(hidden, tokens, IGNORED),
    }


def _chances(generator: torch.Generator, length: int) -> tuple[Tensor, ...]:
    """For each token: whether it is chosen, what becomes of it, which other it may become."""
    return tuple(torch.rand(3, length, generator=generator, dtype=torch.float64))


def masked_language_model(_: MaskedLanguageModel, read: fit.Tensors) -> Mean:
    logits, target = fit.next_tokens(read["output"], read["hidden_tokens"], shift=False)
    return mean_cross_entropy(logits, target, IGNORED)


def check_masked_language_model(arguments: MaskedLanguageModel, read: fit.Tensors) -> None:
    logits, target = fit.next_tokens(read["output"], read["hidden_tokens"], shift=False)
    if arguments.vocabulary > logits.shape[1]:
        raise fit.Unfit(
            f"`vocabulary` is {arguments.vocabulary}, and the output tells {logits.shape[1]} apart"
        )
    fit.in_range(logits, target, IGNORED)
