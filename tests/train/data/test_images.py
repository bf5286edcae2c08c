"""Folders of images."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from netwright_runtime.train.data import DataError
from PIL import Image

from tests.train.data.sections import SOURCE, holds_what_it_says, refused, section, source


def put(path: Path, red: int, size: tuple[int, int] = (6, 4)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.zeros((*size, 3), np.uint8)
    pixels[..., 0] = red
    Image.fromarray(pixels).save(path)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for number in range(3):
        put(tmp_path / "photos" / "cat" / f"{number}.png", 255)
        put(tmp_path / "photos" / "dog" / f"{number}.png", 51, (8, 8))
    (tmp_path / "photos" / "notes.txt").write_text("not an image")
    return tmp_path


WRITTEN = {"images": {"folder": "photos", "size": 4, "width": 6}}


def test_a_folder_is_a_class(root: Path) -> None:
    found = source(WRITTEN, root)
    holds_what_it_says(found)
    assert len(found) == 6
    assert found.columns["label"].classes == ("cat", "dog")
    assert found[0]["image"].shape == (3, 4, 6)
    assert found[0]["image"][0].tolist() == torch.ones(4, 6).tolist()
    assert torch.allclose(found[5]["image"][0], torch.tensor(0.2))
    assert found.values("label", torch.tensor([0, 2, 3])).tolist() == [0, 0, 1]


def test_grey_images_have_one_channel(root: Path) -> None:
    found = source({"images": {"folder": "photos", "size": 4, "channels": 1}}, root)
    assert found[0]["image"].shape == (1, 4, 4)


def test_folders_of_splits_are_the_splits(tmp_path: Path) -> None:
    for part, count in (("train", 3), ("test", 2)):
        for number in range(count):
            put(tmp_path / "photos" / part / "cat" / f"{number}.png", 1)
    found = source(WRITTEN, tmp_path)
    assert found.splits == {"train": range(3), "test": range(3, 5)}


def test_the_fingerprint_is_of_names_and_content(root: Path) -> None:
    before = source(WRITTEN, root).fingerprint()
    assert source(WRITTEN, root).fingerprint() == before
    (root / "photos" / "cat" / "0.png").rename(root / "photos" / "cat" / "9.png")
    assert source(WRITTEN, root).fingerprint() != before


def test_images_are_turned_as_the_camera_says(root: Path) -> None:
    path = root / "photos" / "cat" / "0.png"
    image = Image.fromarray(np.arange(8, dtype=np.uint8).reshape(2, 4))
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise by a quarter
    image.save(path, exif=exif)
    found = source({"images": {"folder": "photos", "size": 4, "width": 2, "channels": 1}}, root)
    upright = np.rot90(np.arange(8).reshape(2, 4), -1) / 255
    assert np.allclose(found[0]["image"][0].numpy(), upright)


def test_faults_are_located(root: Path) -> None:
    fault = refused({"images": {"folder": "photo", "size": 4}}, root)
    assert fault.where == (*SOURCE, "images", "folder")
    assert "there is no folder" in fault.message
    fault = refused({"images": {"folder": "photos/cat", "size": 4}}, root)
    assert "no folder with images" in fault.message


def test_an_image_that_cannot_be_read_is_named(root: Path) -> None:
    path = root / "photos" / "dog" / "1.png"
    found = source(WRITTEN, root)
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(DataError) as fault:
        found[4]
    assert str(path) in fault.value.message
    path.unlink()
    with pytest.raises(DataError, match="cannot be read"):
        found[4]


def test_the_size_has_to_be_given() -> None:
    with pytest.raises(ValueError, match="size"):
        section({"images": {"folder": "photos"}})
