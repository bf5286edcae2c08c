"""NumPy arrays, in memory and mapped."""

from __future__ import annotations

import itertools
import math
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.train.data.sections import SOURCE, holds_what_it_says, refused, same, source

IMAGES = np.arange(5 * 3 * 4 * 4).reshape(5, 3, 4, 4).astype(np.uint8)
LABELS = np.array([0, 1, 0, 1, 2])
NPY = {"columns": {"image": "i.npy", "label": "l.npy"}, "floats": ["image"], "target": "label"}
NPZ = {"file": "both.npz", "floats": ["image"], "target": "label"}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    np.save(tmp_path / "i.npy", IMAGES)
    np.save(tmp_path / "l.npy", LABELS)
    np.savez(tmp_path / "both.npz", image=IMAGES, label=LABELS)
    return tmp_path


@pytest.mark.parametrize("written", [{"npy": NPY}, {"npz": NPZ}])
def test_samples_lie_along_the_first_axis(root: Path, written: dict[str, object]) -> None:
    found = source(written, root)
    holds_what_it_says(found)
    assert torch.equal(found[2]["image"], torch.tensor(IMAGES[2], dtype=torch.float32))
    assert found[4]["label"] == 2
    assert found.values("label", torch.arange(5)).tolist() == LABELS.tolist()
    assert found.target == ("label",)


def test_both_ways_hold_the_same(root: Path) -> None:
    assert same(source({"npy": NPY}, root), source({"npz": NPZ}, root))


def test_npy_files_stay_on_disk(root: Path) -> None:
    found = source({"npy": NPY}, root)
    changed = np.load(root / "i.npy", mmap_mode="r+")
    changed[0] = 7
    changed.flush()
    assert (found[0]["image"] == 7).all()


def test_other_processes_map_the_files_themselves(root: Path) -> None:
    np.save(root / "i.npy", np.zeros((5, 3, 200, 200), np.uint8))
    assert len(pickle.dumps(source({"npy": NPY}, root))) < 10_000


def test_double_precision_is_read_as_single(root: Path) -> None:
    np.savez(root / "both.npz", x=np.ones((4, 2)))
    assert source({"npz": {"file": "both.npz"}}, root)[0]["x"].dtype == torch.float32


@pytest.mark.parametrize("channels", [(), (1,), (3,)])
def test_bytes_of_images_have_their_channels_last(root: Path, channels: tuple[int, ...]) -> None:
    pixels = np.arange(2 * 4 * 5 * math.prod(channels)).reshape(2, 4, 5, *channels)
    np.savez(root / "both.npz", x=pixels.astype(np.uint8))
    found = source({"npz": {"file": "both.npz", "images": ["x"]}}, root)
    holds_what_it_says(found)
    image = found[1]["x"]
    assert image.shape == (*(channels or (1,)), 4, 5)
    assert found.columns["x"].spatial
    for row, column, channel in itertools.product(range(4), range(5), range(len(image))):
        place = (1, row, column, channel) if channels else (1, row, column)
        assert image[channel, row, column] == np.float32(pixels[place] % 256) / np.float32(255)


def test_faults_are_located(root: Path) -> None:
    def of(**changed: object) -> tuple[tuple[str | int, ...], str]:
        fault = refused({"npy": NPY | changed}, root)
        return fault.where[3:], fault.message

    np.save(root / "short.npy", LABELS[:3])
    np.save(root / "objects.npy", np.array([{}, {}]), allow_pickle=True)
    np.save(root / "texts.npy", np.array(["a"] * 5))
    assert of(floats=["img"]) == (("floats",), "there is no array `img`")
    assert of(target="lab") == (("target",), "there is no array `lab`")
    assert of(images=["label"]) == (
        ("images",),
        "the array `label` is int64 (5,), no bytes (N, H, W) or (N, H, W, C)",
    )
    where, message = of(columns={"image": "none.npy"})
    assert where == ("columns", "image") and "there is no file" in message
    where, message = of(columns={"image": "objects.npy"})
    assert where == ("columns", "image") and "cannot be read" in message
    _, message = of(columns={"image": "i.npy", "label": "short.npy"})
    assert message == "the arrays differ in length: `image` 5, `label` 3"
    _, message = of(columns={"image": "i.npy", "label": "texts.npy"})
    assert message == "the array `label` is <U1 (5,)"


def test_a_single_array_is_no_npz(root: Path) -> None:
    fault = refused({"npz": {"file": "l.npy"}}, root)
    assert fault.where == (*SOURCE, "npz", "file")
    assert "holds no named arrays" in fault.message
