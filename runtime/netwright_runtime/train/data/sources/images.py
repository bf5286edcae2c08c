"""Folders of images, one folder a class."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from netwright.recipe.data import PARTS
from netwright.recipe.sources import Images

from netwright_runtime.data.encodings import Image, Label
from netwright_runtime.data.errors import DataError
from netwright_runtime.train.data import hashing
from netwright_runtime.train.data.columns import Column
from netwright_runtime.train.data.holding import Described, Records
from netwright_runtime.train.data.sources import paths

ENDINGS = {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".pgm", ".ppm"}


def images(arguments: Images, root: Path) -> Records:
    """`image`: float (C, H, W) in [0, 1]; `label`: its folder among the sorted ones."""
    top = paths.folder(root, arguments.folder, "folder")
    parts = [name for name in PARTS if (top / name).is_dir()]
    tops = [top / name for name in parts] if "train" in parts else [top]
    classes = sorted({folder.name for each in tops for folder in _folders(each)})
    found = [[file for name in classes for file in _images(each / name)] for each in tops]
    files = [file for each in found for file in each]
    if not files:
        raise DataError(
            ("folder",), f"`{top}` has no folder with images", "make a folder for each class"
        )
    about = Described(
        image_columns(arguments, tuple(classes)),
        ("label",),
        "classification",
        _ranges(parts, found) if len(tops) > 1 else None,
    )
    rows = [{"image": file, "label": file.parent.name} for file in files]
    named = [(file.relative_to(top).as_posix(), file) for file in files]
    return Records(about, rows, partial(hashing.of_files, named), list(map(str, files)))


def image_columns(arguments: Images, classes: tuple[str, ...]) -> dict[str, Column]:
    """The columns of images of one size, and of their classes."""
    size = (arguments.size, arguments.width or arguments.size)
    image = Image("image", size, arguments.channels)
    shape = (arguments.channels, *size)
    return {
        "image": Column("float", shape, features=0, spatial=True, encoding=image),
        "label": Column(
            "int", (), classes=classes, below=len(classes), encoding=Label("label", classes)
        ),
    }


def _folders(top: Path) -> list[Path]:
    return sorted(path for path in top.iterdir() if path.is_dir() and path.name[0] != ".")


def _images(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in ENDINGS)


def _ranges(names: Sequence[str], found: Sequence[Sequence[Path]]) -> dict[str, range]:
    """The numbers of each split's samples, which follow on one another."""
    ranges, start = {}, 0
    for name, files in zip(names, found, strict=True):
        ranges[name] = range(start, start + len(files))
        start += len(files)
    return ranges
