"""Data sets of the library `datasets`, from folders; what the hub holds is read the same way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import datasets as ds
import numpy as np
import pytest
import torch
from netwright.recipe.data import DataSection
from PIL import Image
from pydantic import ValidationError

from tests.train.data.sections import SOURCE, holds_what_it_says, refused, source

FEATURES = ds.Features({
    "photo": ds.Image(),
    "label": ds.ClassLabel(names=["cat", "dog"]),
    "review": ds.Value("string"),
    "stars": ds.Value("float64"),
    "bytes": ds.List(ds.Value("uint8")),
    "pair": ds.List(ds.Value("float32"), length=2),
    "map": ds.Array2D((2, 3), "float32"),
    "day": ds.Value("date32"),
})  # fmt: skip


def rows(count: int, start: int = 0) -> ds.Dataset:
    numbers = range(start, start + count)
    photos = [Image.fromarray(np.full((5, 7, 3), n, np.uint8)) for n in numbers]
    return ds.Dataset.from_dict(
        {
            "photo": photos,
            "label": [n % 2 for n in numbers],
            "review": [f"review {n}" for n in numbers],
            "stars": [n / 2 for n in numbers],
            "bytes": [list(range(1 + n)) for n in numbers],
            "pair": [[n, -n] for n in numbers],
            "map": [[[n, n, n], [0, 0, 0]] for n in numbers],
            "day": [None for _ in numbers],
        },
        features=FEATURES,
    )


@pytest.fixture
def root(tmp_path: Path) -> Path:
    rows(4).save_to_disk(str(tmp_path / "saved"))
    parts = {"train": rows(4), "valid": rows(2, 4)}
    ds.DatasetDict(parts).save_to_disk(str(tmp_path / "parts"))
    return tmp_path


def written(**arguments: Any) -> dict[str, Any]:
    return {"datasets": {"folder": "saved", **arguments}}


def test_columns_that_can_be_tensors_are_read(root: Path) -> None:
    found = source(written(size=4, text="review", length=8), root)
    holds_what_it_says(found)
    types = {name: str(column) for name, column in found.columns.items()}
    assert types == {
        "photo": "float[3, 4, 4]",
        "label": "int[]",
        "stars": "float[]",
        "bytes": "int[?]",
        "pair": "float[2]",
        "map": "float[2, 3]",
        "tokens": "int[?]",
    }
    sample = found[3]
    assert torch.allclose(sample["photo"], torch.tensor(3 / 255))
    assert sample["label"] == 1 and sample["stars"] == 1.5
    assert sample["bytes"].tolist() == [0, 1, 2, 3]
    assert bytes(sample["tokens"].tolist()) == b"review 3"
    assert found.target == ("label",)
    assert found.columns["label"].classes == ("cat", "dog")


def test_images_without_a_size_are_as_large_as_they_are(root: Path) -> None:
    found = source(written(columns=["photo"]), root)
    assert found.columns["photo"].ragged
    assert found[0]["photo"].shape == (3, 5, 7)


def test_splits_are_those_of_the_data_set(root: Path) -> None:
    found = source(written(folder="parts", columns=["stars"]), root)
    assert found.splits == {"train": range(4), "validation": range(4, 6)}
    assert [float(found[i]["stars"]) for i in range(6)] == [0, 0.5, 1, 1.5, 2, 2.5]
    assert source(written(), root).splits is None


def test_the_fingerprint_is_of_the_content(root: Path, tmp_path: Path) -> None:
    rows(4).save_to_disk(str(tmp_path / "again"))
    rows(4, 1).save_to_disk(str(tmp_path / "others"))
    prints = [source(written(folder=f), root).fingerprint() for f in ("saved", "again", "others")]
    assert prints[0] == prints[1] != prints[2]


def test_files_that_the_library_reads(root: Path) -> None:
    (root / "files").mkdir()
    (root / "files" / "train.jsonl").write_text('{"x": 1, "label": 0}\n{"x": 2, "label": 1}\n')
    ds.disable_progress_bars()
    found = source(written(folder="files"), root)
    assert found.values("x", torch.arange(2)).tolist() == [1, 2]


def test_a_name_is_loaded_from_the_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def load_dataset(name: str, config: str | None, revision: str | None) -> ds.DatasetDict:
        asked.append((name, config, revision))
        if name == "some/other":
            raise ds.exceptions.DatasetNotFoundError("no such data set")
        return ds.DatasetDict({"train": rows(3), "test": rows(2)})

    monkeypatch.setattr(ds, "load_dataset", load_dataset)
    hub = {"name": "some/reviews", "config": "en", "revision": "abc", "columns": ["stars"]}
    found = source({"datasets": hub})
    assert asked == [("some/reviews", "en", "abc")]
    assert found.splits == {"train": range(3), "test": range(3, 5)}
    fault = refused({"datasets": {"name": "some/other"}})
    assert fault.where == (*SOURCE, "datasets", "name")
    assert fault.message == "`some/other` cannot be loaded: no such data set"


def test_faults_are_located(root: Path) -> None:
    (root / "empty").mkdir()
    cases = [
        (written(folder="empty"), ("folder",), "`empty` cannot be loaded"),
        (written(folder="none"), ("folder",), "there is no folder"),
        (written(columns=["phot"]), ("columns",), "there is no column `phot`"),
        (written(columns=["day"]), ("columns",), "no tensor"),
        (written(target="labl"), ("target",), "there is no column `labl`"),
        (written(text="stars"), ("text",), "there is no column of texts `stars`"),
    ]
    for given, where, message in cases:
        fault = refused(given, root)
        assert fault.where == (*SOURCE, "datasets", *where)
        assert message in fault.message


def test_it_is_in_one_place() -> None:
    for arguments in ({}, {"folder": "a", "name": "b"}):
        with pytest.raises(ValidationError, match="either `folder` or `name`"):
            DataSection.model_validate({"source": {"datasets": arguments}})
