"""Losses of tokens."""

from __future__ import annotations

import pytest
import torch
from netwright_runtime.train.losses import Unfit
from torch.nn import functional as F

from tests.train.losses.made import draws, made, value

LOGITS = torch.randn(2, 5, 7, generator=torch.Generator().manual_seed(0))
TOKENS = torch.randint(7, (2, 5), generator=torch.Generator().manual_seed(1))
HIDE = {"mask_token": 99, "vocabulary": 90, "special": [3], "probability": 0.15}


def test_next_token_is_the_cross_entropy_of_all_positions() -> None:
    expected = F.cross_entropy(LOGITS.flatten(0, 1), TOKENS.flatten())
    torch.testing.assert_close(value("next_token", LOGITS, TOKENS).total, expected)


def test_a_shifted_target_holds_the_tokens_themselves() -> None:
    found = value({"next_token": {"shift": True}}, LOGITS, TOKENS).total
    expected = value("next_token", LOGITS[:, :-1], TOKENS[:, 1:]).total
    torch.testing.assert_close(found, expected)


def test_padding_does_not_count() -> None:
    padded = TOKENS.clone()
    padded[:, 3:] = 0
    found = value({"next_token": {"ignore_index": 0}}, LOGITS, padded)
    kept = padded != 0
    torch.testing.assert_close(found.total, F.cross_entropy(LOGITS[kept], padded[kept]))
    assert int(found.means[0].count) == int(kept.sum())


def test_tokens_have_to_fit_the_logits() -> None:
    with pytest.raises(Unfit, match=r"logits of tokens are \(B, T, V\)"):
        value("next_token", LOGITS, TOKENS[:, :3])
    with pytest.raises(Unfit, match="the class 7"):
        value("next_token", LOGITS, torch.full_like(TOKENS, 7))


def _hidden(epoch: int = 0, seed: int = 0, count: int = 64) -> tuple[torch.Tensor, ...]:
    tokens = torch.arange(count * 50).reshape(count, 50) % 90
    loss = made({"masked_language_model": HIDE}, columns=("tokens",))
    batch = loss.prepare({"tokens": tokens}, draws(count, epoch, seed))
    return tokens, batch["tokens"], batch["hidden_tokens"]


def test_as_many_tokens_are_hidden_as_asked() -> None:
    tokens, seen, hidden = _hidden()
    chosen = hidden >= 0
    assert (seen == tokens)[~chosen].all()
    assert (hidden == tokens)[chosen].all()
    assert not chosen[tokens == 3].any()
    assert chosen[tokens != 3].float().mean().item() == pytest.approx(0.15, abs=0.02)
    masked = (seen == 99)[chosen].float().mean().item()
    same = (seen == tokens)[chosen].float().mean().item()
    assert masked == pytest.approx(0.8, abs=0.06)
    assert same == pytest.approx(0.1, abs=0.05)
    assert ((seen < 90) | (seen == 99)).all()


def test_what_is_hidden_follows_from_seed_epoch_and_sample() -> None:
    _, once, _ = _hidden()
    _, again, _ = _hidden()
    assert torch.equal(once, again)
    assert torch.equal(once[:8], _hidden(count=8)[1])
    assert not torch.equal(once, _hidden(epoch=1)[1])
    assert not torch.equal(once, _hidden(seed=1)[1])


def test_the_loss_is_that_of_the_hidden_tokens_alone() -> None:
    loss = made(
        {"masked_language_model": HIDE | {"vocabulary": 7, "mask_token": 6}}, columns=("tokens",)
    )
    batch = {"tokens": TOKENS, "hidden_tokens": torch.where(TOKENS > 3, TOKENS, -100)}
    kept = TOKENS > 3
    expected = F.cross_entropy(LOGITS[kept], TOKENS[kept])
    torch.testing.assert_close(loss({"y": LOGITS}, batch).total, expected)


def test_a_vocabulary_that_is_larger_than_the_models_is_refused() -> None:
    loss = made({"masked_language_model": HIDE}, columns=("tokens",))
    with pytest.raises(Unfit, match="`vocabulary` is 90, and the output tells 7 apart"):
        loss({"y": LOGITS}, {"tokens": TOKENS, "hidden_tokens": TOKENS})
