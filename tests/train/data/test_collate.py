"""Samples to batches."""

from __future__ import annotations

import torch
from netwright.recipe.loss import IGNORED
from netwright_runtime.train.data import Collate, Column

TEXT = {"tokens": Column("int", (None,)), "tags": Column("int", (None,)), "n": Column("int", ())}


def samples(*lengths: int) -> list[dict[str, torch.Tensor]]:
    return [
        {"tokens": torch.arange(1, n + 1), "tags": torch.ones(n).long(), "n": torch.tensor(n)}
        for n in lengths
    ]


def test_samples_are_stacked() -> None:
    columns = {"x": Column("float", (2,))}
    batch = Collate(columns)([{"x": torch.tensor([1.0, 2.0])}, {"x": torch.tensor([3.0, 4.0])}])
    assert batch.keys() == {"x"}
    assert batch["x"].tolist() == [[1.0, 2.0], [3.0, 4.0]]


def test_ragged_columns_are_padded_to_the_longest_with_a_mask() -> None:
    batch = Collate(TEXT, targets=("tags",))(samples(2, 3, 0))
    assert batch["tokens"].tolist() == [[1, 2, 0], [1, 2, 3], [0, 0, 0]]
    assert batch["tokens_mask"].tolist() == [[1, 1, 0], [1, 1, 1], [0, 0, 0]]
    assert batch["tags"].tolist() == [[1, 1, IGNORED], [1, 1, 1], [IGNORED] * 3]
    assert batch["n"].tolist() == [2, 3, 0]
    assert batch["tokens_mask"].dtype == torch.int64


def test_images_of_several_sizes() -> None:
    columns = {"image": Column("float", (1, None, None))}
    images = [torch.ones(1, 2, 3), torch.ones(1, 4, 1)]
    batch = Collate(columns)([{"image": image} for image in images])
    assert batch["image"].shape == (2, 1, 4, 3)
    assert batch["image_mask"].shape == (2, 4, 3)
    assert torch.equal(batch["image"][:, 0], batch["image_mask"].float())
    assert batch["image"].sum(dim=(1, 2, 3)).tolist() == [6.0, 4.0]


def test_a_sample_may_be_a_batch_already() -> None:
    graph = {"x": torch.eye(3)}
    assert torch.equal(Collate({}, batched=True)([graph])["x"], graph["x"])
