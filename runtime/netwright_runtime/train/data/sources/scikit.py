"""Data sets that scikit-learn holds, so that nothing is downloaded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from netwright.recipe.sources import BreastCancer, Diabetes, Digits, Wine
from torch import Tensor
from torch.nn import functional as F

from netwright_runtime.data.encodings import Label, Numbers, Values
from netwright_runtime.data.errors import library
from netwright_runtime.train.data.columns import Column
from netwright_runtime.train.data.holding import Described, Held

_BRIGHTEST = 16
"""Pixels of the digits are 0 to 16."""


def _loaded(name: str) -> Any:
    return getattr(library("sklearn.datasets", "scikit-learn"), f"load_{name}")()


def digits(arguments: Digits, root: Path) -> Held:
    """`image`: float (C, H, W) in [0, 1]; `label`: 0 to 9."""
    image, label = digit_images()
    if arguments.size != image.shape[-1]:
        image = F.interpolate(image, size=arguments.size, mode="bilinear", antialias=True)
    image = image.repeat(1, arguments.channels, 1, 1)
    names = tuple(map(str, range(10)))
    columns = {
        "image": Column(
            "float",
            tuple(image.shape[1:]),
            "a handwritten digit",
            features=0,
            spatial=True,
            encoding=Values("image", "float"),
        ),
        "label": Column("int", (), "the digit", classes=names, below=10),
    }
    about = Described(columns, ("label",), "classification")
    return Held(about, {"image": image, "label": label})


def digit_images() -> tuple[Tensor, Tensor]:
    """All digits: images `float (1797, 1, 8, 8)` in [0, 1], and which they are."""
    loaded = _loaded("digits")
    images = torch.tensor(loaded.images, dtype=torch.float32)[:, None] / _BRIGHTEST
    return images, torch.tensor(loaded.target, dtype=torch.int64)


def breast_cancer(arguments: BreastCancer, root: Path) -> Held:
    """`features`: float (30); `label`: malignant or benign."""
    return _classified("breast_cancer")


def wine(arguments: Wine, root: Path) -> Held:
    """`features`: float (13); `label`: one of three growers."""
    return _classified("wine")


def diabetes(arguments: Diabetes, root: Path) -> Held:
    """`features`: float (10), scaled by scikit-learn; `progression`: float (1), 25 to 346."""
    loaded = _loaded("diabetes")
    target = Column("float", (1,), "disease progression in a year", features=0)
    about = Described(
        {"features": _features(loaded), "progression": target}, ("progression",), "regression"
    )
    progression = torch.tensor(loaded.target, dtype=torch.float32)[:, None]
    return Held(about, {"features": _numbers(loaded), "progression": progression})


def _classified(name: str) -> Held:
    loaded = _loaded(name)
    classes = tuple(map(str, loaded.target_names))
    label = Column("int", (), "the class", classes, len(classes), encoding=Label("label", classes))
    about = Described({"features": _features(loaded), "label": label}, ("label",), "classification")
    target = torch.tensor(loaded.target, dtype=torch.int64)
    return Held(about, {"features": _numbers(loaded), "label": target})


def _features(loaded: Any) -> Column:
    names = tuple(map(str, loaded.feature_names))
    return Column("float", (len(names),), ", ".join(names), features=0, encoding=Numbers(names))


def _numbers(loaded: Any) -> Tensor:
    return torch.tensor(loaded.data, dtype=torch.float32)
