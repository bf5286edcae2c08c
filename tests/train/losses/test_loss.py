"""Several terms, what they read, and their mean over an evaluation."""

from __future__ import annotations

import pytest
import torch
from netwright.recipe.loss import LOSSES
from netwright.recipe.reads import Unread
from netwright_runtime.train.losses import LossMean
from netwright_runtime.train.losses.table import ENTRIES
from torch.nn import functional as F

from tests.train.losses.made import made

TERMS = ({"cross_entropy": {"weight": 2.0, "ignore_index": 0}}, {"dice": {"weight": 0.5}})


def test_every_loss_of_a_recipe_is_computed() -> None:
    assert set(ENTRIES) == set(LOSSES.values())


def test_terms_are_weighted_and_reported() -> None:
    logits, target = torch.randn(2, 3, 4), torch.randint(3, (2, 4))
    found = made(*TERMS)({"y": logits}, {"t": target})
    assert list(found.parts) == ["cross_entropy", "dice"]
    expected = 2 * found.parts["cross_entropy"] + 0.5 * found.parts["dice"]
    torch.testing.assert_close(found.total, expected)


def test_one_term_has_no_parts_but_its_own() -> None:
    assert made("mse")({"y": torch.ones(2)}, {"t": torch.ones(2)}).parts == {}


def test_the_second_term_of_a_name_gets_a_number() -> None:
    loss = made({"mse": {"output": "a"}}, {"mse": {"output": "b"}}, outputs=("a", "b"))
    found = loss({"a": torch.ones(2), "b": torch.zeros(2)}, {"t": torch.ones(2)})
    assert {k: v.item() for k, v in found.parts.items()} == {"mse": 0.0, "mse_2": 1.0}


@pytest.mark.parametrize(
    ("written", "outputs", "message", "help"),
    [
        (
            {"mse": {"output": "logit"}},
            ("logits", "z"),
            "no output `logit`",
            "did you mean `logits`?",
        ),
        ("mse", ("a", "b"), "which output is the `output`", "name it: `output: NAME`"),
        ({"mse": {"target": "x"}}, ("a",), "no column `x`", "there are `t`"),
        ("vae", ("recon", "mu"), "which output is the `log_variance`", "there are `recon`, `mu`"),
    ],
)
def test_what_is_not_there_is_refused_before_a_batch(written, outputs, message, help) -> None:
    with pytest.raises(Unread) as fault:
        made(written, outputs=outputs)
    assert message in str(fault.value)
    assert help in fault.value.help


def test_an_only_output_needs_no_name() -> None:
    assert made("mse", outputs=("",))({"": torch.ones(2)}, {"t": torch.zeros(2)}).total == 1


def test_the_mean_of_an_evaluation_does_not_depend_on_the_batches() -> None:
    logits, target = torch.randn(7, 3, 4), torch.randint(3, (7, 4))
    loss = made(TERMS[0])
    means = []
    for sizes in ([7], [3, 3, 1], [1] * 7):
        mean = LossMean(loss)
        for part, true in zip(logits.split(sizes), target.split(sizes), strict=True):
            mean.update(loss({"y": part}, {"t": true}))
        means.append(mean.compute()["loss"])
    expected = 2 * F.cross_entropy(logits, target, ignore_index=0).item()
    assert means == [pytest.approx(expected, rel=1e-5)] * 3


def test_a_reset_mean_begins_anew() -> None:
    loss = made("mse")
    mean = LossMean(loss)
    mean.update(loss({"y": torch.ones(2)}, {"t": torch.zeros(2)}))
    mean.reset()
    mean.update(loss({"y": torch.ones(2)}, {"t": torch.ones(2)}))
    assert mean.compute() == {"loss": 0.0}


def test_parts_have_means_too() -> None:
    loss = made("vae", outputs=("recon", "mu", "logvar"), columns=("x",))
    mean = LossMean(loss)
    for size, at in ((3, 1.0), (1, 5.0)):
        z = torch.zeros(size, 2)
        mean.update(
            loss({"recon": torch.full((size, 1), at), "mu": z, "logvar": z}, {"x": z[:, :1]})
        )
    found = mean.compute()
    assert found["loss/vae/reconstruction"] == pytest.approx((3 * 0.5 + 12.5) / 4)
    assert found["loss/vae/divergence"] == 0
