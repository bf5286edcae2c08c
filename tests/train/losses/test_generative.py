"""Losses of models that make samples, and of pairs."""

from __future__ import annotations

import pytest
import torch
from netwright.recipe.loss import Diffusion
from netwright_runtime.train.losses import Unfit
from netwright_runtime.train.losses.generative import signal_share
from torch.distributions import Normal, kl_divergence
from torch.nn import functional as F

from tests.train.losses.made import draws, made

VAE_OUTPUTS = ("recon", "mu", "logvar")


def test_the_divergence_is_that_of_torchs_distributions() -> None:
    mu, logvar, image = torch.randn(4, 3), torch.randn(4, 3), torch.rand(4, 2, 5)
    loss = made({"vae": {"beta": 0.5}}, outputs=VAE_OUTPUTS, columns=("image",))
    found = loss({"recon": image + 1, "mu": mu, "logvar": logvar}, {"image": image})
    divergence = kl_divergence(Normal(mu, (logvar / 2).exp()), Normal(0, 1)).sum() / 4
    torch.testing.assert_close(found.parts["vae/divergence"], divergence)
    assert found.parts["vae/reconstruction"].item() == pytest.approx(10 / 2)
    torch.testing.assert_close(found.total, 5 + 0.5 * divergence)


def test_a_bernoulli_reconstruction() -> None:
    image, recon = torch.rand(4, 6).round(), torch.rand(4, 6)
    zero = torch.zeros(4, 2)
    loss = made({"vae": {"likelihood": "bernoulli"}}, outputs=VAE_OUTPUTS, columns=("image",))
    found = loss({"recon": recon, "mu": zero, "logvar": zero}, {"image": image})
    torch.testing.assert_close(found.total, 6 * F.binary_cross_entropy(recon, image))
    loss = made({"vae": {"likelihood": "bernoulli"}}, outputs=VAE_OUTPUTS, columns=("image",))
    with pytest.raises(Unfit, match="values outside 0 to 1"):
        loss({"recon": recon, "mu": zero, "logvar": zero}, {"image": image + 1})


@pytest.mark.parametrize("schedule", ["linear", "cosine"])
def test_the_signal_fades_from_all_to_nothing(schedule) -> None:
    share = signal_share(Diffusion(clean="x", steps=200, schedule=schedule))
    assert share.shape == (200,)
    assert (share[1:] < share[:-1]).all()
    assert share[0] > 0.97
    assert 0 <= share[-1] < 1e-3


def test_the_noisy_sample_is_made_of_the_clean_one_and_the_noise() -> None:
    arguments = Diffusion(clean="x")
    loss = made({"diffusion": {"clean": "x", "time": "t"}}, columns=("x",))
    clean = torch.randn(40, 3, 4)
    batch = loss.prepare({"x": clean}, draws(40))
    share = signal_share(arguments)[batch["t"]].float()[:, None, None]
    torch.testing.assert_close(
        batch["x"], share.sqrt() * clean + (1 - share).sqrt() * batch["noise"]
    )
    assert batch["t"].dtype == torch.int64
    assert batch["t"].min() < 200
    assert batch["t"].max() > 800
    assert loss({"y": batch["noise"]}, batch).total.item() == 0
    found = loss({"y": torch.zeros_like(clean)}, batch).total
    assert found.item() == pytest.approx(1, abs=0.2)


def test_noise_follows_from_seed_epoch_and_sample() -> None:
    loss = made({"diffusion": {"clean": "x"}}, columns=("x",))
    clean = torch.zeros(6, 3)
    once, fewer = (loss.prepare({"x": clean[:n]}, draws(n)) for n in (6, 2))
    later = loss.prepare({"x": clean}, draws(6, epoch=1))
    assert torch.equal(once["noise"][:2], fewer["noise"])
    assert torch.equal(once["time"][:2], fewer["time"])
    assert not torch.equal(once["noise"], later["noise"])
    assert len(once["noise"].unique()) == 18


def test_pairs_that_agree_cost_least() -> None:
    loss = made("contrastive", outputs=("first", "second"))
    side = torch.eye(8)
    agree = loss({"first": side, "second": 3 * side}, {}).total.item()
    cross = loss({"first": side, "second": side.roll(1, 0)}, {}).total.item()
    alike = loss({"first": torch.ones(8, 8), "second": torch.ones(8, 8)}, {}).total.item()
    assert agree < 1e-4 < alike < cross
    assert alike == pytest.approx(torch.tensor(8.0).log().item(), rel=1e-5)


def test_the_loss_of_pairs_goes_both_ways() -> None:
    loss = made({"contrastive": {"temperature": 0.5}}, outputs=("first", "second"))
    first, second = torch.randn(5, 3), torch.randn(5, 3)
    there = loss({"first": first, "second": second}, {}).total
    torch.testing.assert_close(there, loss({"first": second, "second": first}, {}).total)
    similarity = 2 * F.cosine_similarity(first[:, None], second, dim=-1)
    own = torch.arange(5)
    expected = (F.cross_entropy(similarity, own) + F.cross_entropy(similarity.T, own)) / 2
    torch.testing.assert_close(there, expected)


def test_a_model_may_give_the_scale() -> None:
    loss = made({"contrastive": {"scale": "s"}}, outputs=("first", "second", "s"))
    fixed = made({"contrastive": {"temperature": 0.1}}, outputs=("first", "second"))
    pair = {"first": torch.randn(5, 3), "second": torch.randn(5, 3)}
    scaled = loss({**pair, "s": torch.tensor(10.0)}, {}).total
    torch.testing.assert_close(scaled, fixed(pair, {}).total)


def test_pairs_have_to_pair() -> None:
    loss = made("contrastive", outputs=("first", "second"))
    with pytest.raises(Unfit, match=r"both have to be \(B, D\)"):
        loss({"first": torch.ones(3, 2), "second": torch.ones(3, 4)}, {})
