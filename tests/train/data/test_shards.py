"""WebDataset shards."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils.data import DataLoader

from tests.train.data.sections import SOURCE, holds_what_it_says, refused, source


def put(path: Path, files: Mapping[str, bytes]) -> None:
    with tarfile.open(path, "w") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))


def image(grey: int) -> bytes:
    held = io.BytesIO()
    Image.fromarray(np.full((4, 4), grey, np.uint8)).save(held, "png")
    return held.getvalue()


def array(value: float) -> bytes:
    held = io.BytesIO()
    np.save(held, np.full((2, 3), value))
    return held.getvalue()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "shards").mkdir()
    for shard in range(2):
        files: dict[str, bytes] = {}
        for number in range(3):
            grey, name = 3 * shard + number, f"some/{number:03}"
            files |= {
                f"{name}.png": image(grey),
                f"{name}.cls": str(number % 2).encode(),
                f"{name}.map.npy": array(9),
                f"{name}.npy": array(grey / 2),
                f"{name}.json": b"{}",
            }
        put(tmp_path / "shards" / f"{shard}.tar", files)
    return tmp_path


WRITTEN = {"shards": {"files": "shards/*.tar", "size": 4, "channels": 1}}


def test_a_sample_is_the_files_of_one_name(root: Path) -> None:
    found = source(WRITTEN, root)
    holds_what_it_says(found)
    assert len(found) == 6
    types = {name: str(column) for name, column in found.columns.items()}
    assert types == {"png": "float[1, 4, 4]", "cls": "int[]", "npy": "float[2, 3]"}
    assert found.target == ("cls",)
    for index in range(6):
        sample = found[index]
        assert torch.allclose(sample["png"], torch.tensor(index / 255))
        assert (sample["npy"] == index / 2).all()
        assert sample["cls"] == index % 3 % 2


def test_any_order_and_any_process_reads_the_same(root: Path) -> None:
    found = source(WRITTEN, root)
    order = [5, 0, 3, 1, 4, 2]
    loaded = DataLoader(found, batch_size=1, sampler=order, num_workers=1)
    for index, batch in zip(order, loaded, strict=True):
        assert torch.equal(batch["png"][0], found[index]["png"])


def test_the_fingerprint_is_of_the_shards(root: Path) -> None:
    before = source(WRITTEN, root).fingerprint()
    put(root / "shards" / "1.tar", {"a.png": image(1), "a.cls": b"0", "a.npy": array(1)})
    assert source(WRITTEN, root).fingerprint() != before


def test_faults_are_located(root: Path) -> None:
    def of(files: object, **arguments: object) -> str:
        fault = refused({"shards": {"files": files, **arguments}}, root)
        assert fault.where[:3] == (*SOURCE, "shards")
        return fault.message

    put(root / "shards" / "2.tar", {"b.png": image(1)})
    put(root / "empty.tar", {})
    (root / "text.tar").write_text("no tar")
    assert of("shard/*.tar") == "no file matches `shard/*.tar`"
    assert of("shards/*.tar") == "the sample `2.tar:/b` has no `.cls`"
    assert of("empty.tar") == "the shards hold no sample"
    assert "cannot be read" in of("text.tar")
    assert of("shards/0.tar", target="class") == "there is no column `class`"
