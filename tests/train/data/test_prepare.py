"""From a section to batches: what follows from seed, epoch and sample alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from netwright.artifact import Manifest, Port
from netwright_runtime.train.data import INDEX, BadData, Data, Unreadable, check_batch, prepare
from torch.utils.data import DataLoader

from tests.train.data.sections import section

IMAGE = Port("image", "float", ("B", 1, 8, 8))
STEPS = [{"random_crop": {"padding": 1}}, "horizontal_flip", {"noise": {"deviation": 0.1}}]


def manifest(*inputs: Port) -> Manifest:
    return Manifest("Net", "Net", "net.yaml", "", "0", inputs=inputs)


def prepared(source: Any = "digits", seed: int = 0, *ports: Port, **keys: Any) -> Data:
    return prepare(section(source, **keys), manifest(*(ports or (IMAGE,))), root=Path(), seed=seed)


def test_a_batch_fits_the_model() -> None:
    data = prepared()
    batch = data.collate([data.splits["train"][0, place] for place in range(4)])
    assert batch["image"].shape == (4, 1, 8, 8)
    assert batch["label"].shape == (4,)
    assert batch[INDEX].tolist() == data.splits["train"].numbers[:4].tolist()
    assert not check_batch(data, manifest(IMAGE), batch, {})
    wanted = Port("image", "float", ("B", 3, 8, 8))
    (fault,) = check_batch(data, manifest(wanted), batch, {})
    assert fault.where == ("data", "inputs", "image")


def test_normalisation_is_of_the_training_split() -> None:
    data = prepared(normalise=["image"])
    train, test = data.splits["train"], data.splits["test"]
    images = torch.stack([train[place]["image"] for place in range(len(train))])
    assert abs(float(images.mean())) < 1e-6 and abs(float(images.std()) - 1) < 1e-4
    others = torch.stack([test[place]["image"] for place in range(len(test))])
    assert 1e-6 < abs(float(others.mean())) < 0.1
    raw = data.source[int(test.numbers[0])]
    assert torch.equal(data.preprocessing.apply(raw)["image"], test[0]["image"])


def test_augmentation_follows_seed_epoch_and_sample() -> None:
    data, again = prepared(augment=STEPS), prepared(augment=STEPS)
    one, other = data.splits["train"], again.splits["train"]
    order = [(epoch, place) for epoch in (0, 3) for place in (5, 0, 9)]
    first = {key: one[key]["image"] for key in order}
    second = {key: other[key]["image"] for key in reversed(order)}
    assert all(torch.equal(first[key], second[key]) for key in order)
    assert not torch.equal(first[0, 5], first[3, 5])
    assert not torch.equal(
        first[0, 5], prepared(seed=1, augment=STEPS).splits["train"][0, 5]["image"]
    )


def test_only_the_training_split_is_augmented() -> None:
    data, plain = prepared(augment=STEPS), prepared()
    changed = {
        name: any(
            not torch.equal(split[place]["image"], plain.splits[name][place]["image"])
            for place in range(10)
        )
        for name, split in data.splits.items()
    }
    assert changed == {"train": True, "validation": False, "test": False}


def test_worker_processes_change_nothing() -> None:
    data = prepared(augment=STEPS, normalise=["image"])
    keys = [[(2, place) for place in range(start, start + 8)] for start in range(0, 48, 8)]

    def batches(workers: int) -> list[torch.Tensor]:
        loaded = DataLoader(
            data.splits["train"],
            batch_sampler=keys,
            num_workers=workers,
            collate_fn=data.collate,
        )
        return [batch["image"] for batch in loaded]

    pairs = zip(batches(0), batches(2), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)


def test_the_seed_of_the_run_does_not_divide() -> None:
    first, second = prepared(seed=0), prepared(seed=1)
    assert torch.equal(first.splits["test"].numbers, second.splits["test"].numbers)


def test_a_graph_is_its_own_batch() -> None:
    ports = Port("x", "float", ("N", 34)), Port("edge_index", "int", (2, "E"))
    data = prepared("karate", 0, *ports)
    batch = data.collate([data.splits["validation"][0, 0]])
    assert batch["x"].shape == (34, 34)
    assert batch[INDEX].tolist() == [1]
    assert not check_batch(data, manifest(*ports), batch, {})


def test_masks_of_ragged_columns_can_be_inputs(tmp_path: Path) -> None:
    lines = [f"{'word ' * n},{n % 2}" for n in range(1, 21)]
    (tmp_path / "rows.csv").write_text("\n".join(["text,label", *lines]) + "\n")
    ports = Port("ids", "int", ("B", "T")), Port("mask", "int", ("B", "T"), optional=True)
    written = section(
        {"csv": {"file": "rows.csv", "target": "label", "text": "text"}},
        inputs={"ids": "tokens", "mask": "tokens_mask"},
    )
    data = prepare(written, manifest(*ports), root=tmp_path, seed=0)
    batch = data.collate([data.splits["train"][0, place] for place in range(5)])
    assert not check_batch(data, manifest(*ports), batch, {})
    assert batch["tokens_mask"].sum(1).max() == batch["tokens"].shape[1]


def test_what_a_loss_makes_can_be_an_input_too() -> None:
    time = Port("time", "int", ("B",))
    model = manifest(IMAGE, time)
    data = prepare(section("digits"), model, root=Path(), seed=0, made=["time"])
    batch = data.collate([data.splits["train"][0, place] for place in range(2)])
    assert not check_batch(data, model, batch | {"time": torch.tensor([3, 5])}, {})
    (fault,) = check_batch(data, model, batch | {"time": torch.tensor([0.3, 0.5])}, {})
    assert fault.where == ("data", "inputs", "time")


def test_the_target_can_be_named() -> None:
    data = prepared(target="image")
    assert data.target == ("image",)
    assert prepared().target == ("label",)
    assert prepared().preprocessing.classes == tuple("0123456789")


def test_the_target_of_a_table_can_be_named_beside_the_source(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("a,b\n" + "1,2\n" * 20)
    written = {"csv": {"file": "rows.csv"}}
    port = Port("features", "float", ("B", 1))

    def data(**keys: Any) -> Data:
        return prepare(section(written, **keys), manifest(port), root=tmp_path, seed=0)

    found = data(target="b")
    assert found.target == ("b",)
    assert found.source.columns["features"].shape == (1,)
    for keys, where in (({}, ("source", "csv", "target")), ({"target": "c"}, ("target",))):
        with pytest.raises(BadData) as fault:
            data(**keys)
        assert [fault.where[1:] for fault in fault.value.faults] == [where]


@pytest.mark.parametrize(
    ("keys", "where", "message"),
    [
        ({"target": "lable"}, ("target", 0), "there is no column `lable`"),
        ({"normalise": ["imge"]}, ("normalise", 0), "there is no column `imge`"),
        ({"inputs": {"image": "imge"}}, ("inputs", "image"), "there is no column `imge`"),
        ({"split": {"train": 1.0, "stratify": "x"}}, ("split", "stratify"), "there is no column"),
    ],
)
def test_faults_are_located(keys: Any, where: tuple[str | int, ...], message: str) -> None:
    with pytest.raises(BadData) as found:
        prepared(**keys)
    (fault,) = found.value.faults
    assert fault.where == ("data", *where)
    assert fault.message.startswith(message)
    assert fault.help


def test_all_faults_are_told() -> None:
    with pytest.raises(BadData) as found:
        prepared(
            target=["lable"],
            normalise=["label", "imge"],
            inputs={"image": "imge"},
            split={"train": 1.0, "stratify": "lable"},
            augment=[{"noise": {"deviation": 0.1, "columns": ["label"]}}],
        )
    assert [fault.where[1:] for fault in found.value.faults] == [
        ("inputs", "image"),
        ("target", 0),
        ("split", "stratify"),
        ("normalise", 0),
        ("normalise", 1),
        ("augment", 0, "noise", "columns"),
    ]


def test_a_source_that_cannot_be_opened_is_all_there_is_to_tell() -> None:
    with pytest.raises(BadData) as found:
        prepared({"csv": {"file": "none.csv", "target": "x"}}, normalise=["imge"])
    assert [fault.where for fault in found.value.faults] == [("data", "source", "csv", "file")]


@pytest.mark.parametrize("workers", [0, 2])
def test_a_file_that_vanishes_is_named(tmp_path: Path, workers: int) -> None:
    from tests.train.data.test_images import put

    for number in range(20):
        put(tmp_path / "photos" / "cat" / f"{number:02}.png", number)
    written = section({"images": {"folder": "photos", "size": 8, "channels": 1}})
    data = prepare(written, manifest(IMAGE), root=tmp_path, seed=0)
    split = data.splits["train"]
    gone = tmp_path / "photos" / "cat" / f"{int(split.numbers[3]):02}.png"
    gone.unlink()
    loaded = iter(DataLoader(split, batch_size=3, num_workers=workers, collate_fn=data.collate))
    assert next(loaded)["image"].shape == (3, 1, 8, 8)
    with pytest.raises(Unreadable) as fault:
        next(loaded)
    assert str(fault.value).startswith(f"`{gone}`: an image cannot be read: ")
    assert str(fault.value).endswith("; remove or replace it")
