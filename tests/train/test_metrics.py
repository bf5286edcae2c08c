"""Metrics over evaluations in uneven batches, against arithmetic over the whole of it."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from netwright.recipe.metrics import METRICS, NAMED_METRIC, MetricArguments, label
from netwright.recipe.reads import Unread
from netwright_runtime.train.losses import Unfit
from netwright_runtime.train.metrics import GATHERED, Metrics
from sklearn import metrics as reference

CHANCE = torch.Generator().manual_seed(0)
LOGITS = torch.randn(23, 4, generator=CHANCE)
CLASSES = torch.randint(4, (23,), generator=CHANCE)
TOLD = LOGITS.argmax(1)


def _metrics(written, outputs=("y",), columns=("t",)) -> Metrics:
    metric = NAMED_METRIC.read(written)
    assert isinstance(metric, MetricArguments)
    return Metrics([metric], outputs, columns, columns[0] if columns else None)


def _value(written, output, target, size=10) -> float:
    """The metric over batches of `size`; the last is smaller."""
    metrics = _metrics(written)
    for part, true in zip(output.split(size), target.split(size), strict=True):
        metrics.update({"y": part}, {"t": true})
    (found,) = metrics.compute().values()
    return found


def test_every_metric_of_a_recipe_is_gathered() -> None:
    assert set(GATHERED) == set(METRICS.values())


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("accuracy", reference.accuracy_score(CLASSES, TOLD)),
        ({"accuracy": {"average": "macro"}}, reference.balanced_accuracy_score(CLASSES, TOLD)),
        ({"top_k": {"k": 2}}, reference.top_k_accuracy_score(CLASSES, LOGITS, k=2)),
        ("f1", reference.f1_score(CLASSES, TOLD, average="macro")),
        ({"f1": {"average": "weighted"}}, reference.f1_score(CLASSES, TOLD, average="weighted")),
        ("iou", reference.jaccard_score(CLASSES, TOLD, average="macro")),
        ("dice", reference.f1_score(CLASSES, TOLD, average="macro")),
        (
            "auroc",
            reference.roc_auc_score(CLASSES, LOGITS.softmax(1), multi_class="ovr"),
        ),
    ],
)
def test_metrics_of_classes_are_those_of_scikit_learn(written, expected) -> None:
    assert _value(written, LOGITS, CLASSES) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("name", ["accuracy", "f1", "auroc", "iou", "dice"])
def test_one_logit_tells_two_classes_apart(name) -> None:
    """Small logits are logits still: torchmetrics would take a batch within 0 to 1 as shares."""
    logits, target = 0.4 + 0.5 * LOGITS[:, :1], CLASSES % 2
    told = (logits[:, 0] > 0).long()
    expected = {
        "accuracy": reference.accuracy_score(target, told),
        "f1": reference.f1_score(target, told),
        "auroc": reference.roc_auc_score(target, logits[:, 0]),
        "iou": reference.jaccard_score(target, told),
        "dice": reference.f1_score(target, told),
    }
    assert _value(name, logits, target, size=2) == pytest.approx(expected[name], abs=1e-6)


def test_ignored_pixels_do_not_count() -> None:
    logits, target = torch.randn(3, 4, 5, 5), torch.randint(4, (3, 5, 5))
    target[:, 0] = 255
    kept = target != 255
    expected = reference.jaccard_score(target[kept], logits.argmax(1)[kept], average="macro")
    found = _value({"iou": {"ignore_index": 255}}, logits, target, size=2)
    assert found == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("mae", reference.mean_absolute_error),
        ("rmse", reference.root_mean_squared_error),
        ("r2", reference.r2_score),
    ],
)
def test_metrics_of_numbers_are_those_of_scikit_learn(name, expected) -> None:
    output, target = LOGITS[:, :1], LOGITS[:, 1] + LOGITS[:, 0]
    found = _value(name, output, target)
    assert found == pytest.approx(expected(target, output[:, 0]), rel=1e-5)


def test_an_item_of_the_output_is_compared_alone() -> None:
    target = LOGITS[:, 2] + 1
    assert _value({"mae": {"item": 2}}, LOGITS, target) == pytest.approx(1, rel=1e-5)


def test_perplexity_and_bits_per_byte_are_means_over_tokens() -> None:
    logits, tokens = torch.randn(7, 5, 9), torch.randint(1, 9, (7, 5))
    tokens[2:, 3:] = 0
    kept = tokens != 0
    nats = torch.nn.functional.cross_entropy(logits[kept], tokens[kept]).item()
    pad = {"ignore_index": 0}
    found = _value({"perplexity": pad}, logits, tokens, size=3)
    assert found == pytest.approx(np.exp(nats), rel=1e-5)
    found = _value({"bits_per_byte": {**pad, "bytes_per_token": 2.5}}, logits, tokens, size=3)
    assert found == pytest.approx(nats / np.log(2) / 2.5, rel=1e-6)


def test_a_shifted_target_holds_the_tokens_themselves() -> None:
    logits, tokens = torch.randn(2, 5, 9), torch.randint(9, (2, 5))
    shifted = _value({"perplexity": {"shift": True}}, logits, tokens)
    assert shifted == pytest.approx(_value("perplexity", logits[:, :-1], tokens[:, 1:]))


def _retrieved(written, first, second, size=3, **ids) -> float:
    metrics = _metrics(written, ("first", "second"), tuple(ids))
    for start in range(0, len(first), size):
        cut = slice(start, start + size)
        outputs = {"first": first[cut], "second": second[cut]}
        metrics.update(outputs, {name: column[cut] for name, column in ids.items()})
    (found,) = metrics.compute().values()
    return found


def test_queries_are_held_against_all_batches() -> None:
    """Within a batch of three each finds its own among three; over all of them only some do."""
    first = torch.randn(10, 4, generator=CHANCE)
    second = first + torch.randn(10, 4, generator=CHANCE)
    cosine = torch.nn.functional.cosine_similarity(first[:, None], second, dim=-1)
    best = cosine.topk(2).indices
    expected = (best == torch.arange(10)[:, None]).any(1).double().mean().item()
    assert 0 < expected < 1
    found = _retrieved({"recall": {"k": 2}}, first, second)
    assert found == pytest.approx(expected)
    gains = reference.ndcg_score(np.eye(10), cosine.numpy(), k=2)
    assert _retrieved({"ndcg": {"k": 2}}, first, second) == pytest.approx(gains, abs=1e-6)


def test_one_query_may_have_several_answers() -> None:
    """User 7 was paired with items 1 and 2, user 8 with item 1; both look at the same side."""
    users, items = torch.tensor([7, 7, 8]), torch.tensor([1, 2, 1])
    at = {7: [1.0, 0.0], 8: [0.0, 1.0]}
    place = {1: [1.0, 0.1], 2: [0.1, 1.0]}
    first = torch.tensor([at[int(u)] for u in users])
    second = torch.tensor([place[int(i)] for i in items])
    written = {"recall": {"k": 1, "first_id": "user", "second_id": "item"}}
    found = _retrieved(written, first, second, size=2, user=users, item=items)
    assert found == pytest.approx((0.5 + 0) / 2)  # 7 finds one of two, 8 finds the other's


def test_a_reset_metric_begins_anew() -> None:
    metrics = _metrics("accuracy")
    metrics.update({"y": LOGITS}, {"t": CLASSES})
    metrics.reset()
    metrics.update({"y": LOGITS}, {"t": TOLD})
    assert metrics.compute() == {"accuracy": 1.0}


def test_labels_tell_two_of_a_kind_apart() -> None:
    read = [NAMED_METRIC.read({"recall": {"k": k}}) for k in (1, 10)]
    assert [label(m) for m in read if isinstance(m, MetricArguments)] == ["recall_1", "recall_10"]


@pytest.mark.parametrize(
    ("written", "output", "message"),
    [
        ({"top_k": {"k": 5}}, LOGITS, "metric `top_k_5`: `k` is 5, and the output tells 4 classes"),
        ("accuracy", LOGITS[:, :3], "metric `accuracy`: the target holds the class 3"),
        ("mae", LOGITS, "metric `mae`: the output is (23, 4) and the target (23,)"),
    ],
)
def test_what_does_not_fit_is_told(written, output, message) -> None:
    with pytest.raises(Unfit) as fault:
        _metrics(written).update({"y": output}, {"t": CLASSES})
    assert message in str(fault.value)


def test_a_split_without_a_batch_has_no_metric() -> None:
    with pytest.raises(Unfit, match="the split holds no batch"):
        _metrics("accuracy").compute()


def test_what_is_not_there_is_refused_before_a_batch() -> None:
    with pytest.raises(Unread, match="no column `label`"):
        _metrics({"accuracy": {"target": "label"}})
