"""Augmentation of the training split: random by seed, epoch and sample, and by nothing else.

It comes after normalisation, so that 0 is the mean. Columns with height and width are moved
together: a mask follows its image.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from netwright.recipe.augmentations import (
    Cutout,
    HorizontalFlip,
    Noise,
    RandomCrop,
    VerticalFlip,
)
from netwright.recipe.loss import IGNORED
from netwright.recipe.named import Section
from torch import Generator, Tensor
from torch.nn import functional as F

from netwright_runtime.data.errors import DataError, unknown
from netwright_runtime.train.data.columns import Column, Columns, Sample


@dataclass(frozen=True)
class Reach:
    """The columns that augmentations change.

    spatial  those with height and width, maps of classes among them
    images   those of `spatial` that hold floats
    floats   inputs of floats
    """

    spatial: tuple[str, ...]
    images: tuple[str, ...]
    floats: tuple[str, ...]


Augmentation = Callable[[Any, Sample, Reach, Generator], Sample]


def reach(source: Columns, inputs: Sequence[str] = ()) -> Reach:
    """What augmentations change of a source whose columns `inputs` go to the model."""
    spatial = tuple(name for name, column in source.columns.items() if column.spatial)
    images = tuple(name for name in spatial if _is_float(source.columns[name]))
    floats = tuple(n for n in inputs if n in source.columns and _is_float(source.columns[n]))
    return Reach(spatial, images, floats)


def _is_float(column: Column) -> bool:
    return column.dtype == "float"


def check(step: Section, place: int, source: Columns) -> None:
    """DataError where an augmentation, at `place` of the recipe's list, has nothing to work on."""
    where = ("data", "augment", place)
    if not isinstance(step, Noise):
        if not reach(source).images:
            raise DataError(where, "the source has no images to augment", "leave it out")
        return
    floats = [name for name, column in source.columns.items() if _is_float(column)]
    for name in step.columns or ():
        if name not in floats:
            raise unknown((*where, "noise", "columns"), "column of floats", name, floats)


def augmented(
    sample: Sample, steps: Sequence[Section], reached: Reach, random: Generator
) -> Sample:
    """A sample with every step done, in their order."""
    for step in steps:
        sample = AUGMENTATIONS[type(step)](step, sample, reached, random)
    return sample


def _random_crop(step: RandomCrop, sample: Sample, reached: Reach, random: Generator) -> Sample:
    down, right = torch.randint(0, 2 * step.padding + 1, (2,), generator=random).tolist()

    def moved(values: Tensor) -> Tensor:
        height, width = values.shape[-2:]
        filling = 0 if values.is_floating_point() else IGNORED
        padded = F.pad(values, (step.padding,) * 4, value=filling)
        return padded[..., down : down + height, right : right + width]

    return _changed(sample, reached.spatial, moved)


def _horizontal_flip(
    step: HorizontalFlip, sample: Sample, reached: Reach, random: Generator
) -> Sample:
    flip = _happens(step.share, random)
    return _changed(sample, reached.spatial, lambda x: x.flip(-1)) if flip else sample


def _vertical_flip(step: VerticalFlip, sample: Sample, reached: Reach, random: Generator) -> Sample:
    flip = _happens(step.share, random)
    return _changed(sample, reached.spatial, lambda x: x.flip(-2)) if flip else sample


def _cutout(step: Cutout, sample: Sample, reached: Reach, random: Generator) -> Sample:
    """DeVries and Taylor 2017 (arXiv:1708.04552): the square's middle is anywhere in the image."""
    happens = _happens(step.share, random)
    place = torch.rand(2, generator=random).tolist()

    def cut(image: Tensor) -> Tensor:
        rows, columns = (
            slice(max(int(at * size) - step.size // 2, 0), int(at * size) + (step.size + 1) // 2)
            for at, size in zip(place, image.shape[-2:], strict=True)
        )
        image = image.clone()
        image[..., rows, columns] = 0
        return image

    return _changed(sample, reached.images, cut) if happens else sample


def _noise(step: Noise, sample: Sample, reached: Reach, random: Generator) -> Sample:
    def noisy(values: Tensor) -> Tensor:
        return values + step.deviation * torch.randn(values.shape, generator=random)

    columns = reached.floats if step.columns is None else tuple(step.columns)
    return _changed(sample, columns, noisy)


AUGMENTATIONS: Mapping[type[Section], Augmentation] = {
    RandomCrop: _random_crop,
    HorizontalFlip: _horizontal_flip,
    VerticalFlip: _vertical_flip,
    Cutout: _cutout,
    Noise: _noise,
}


def _happens(share: float, random: Generator) -> bool:
    return bool(torch.rand((), generator=random) < share)


def _changed(sample: Sample, columns: Sequence[str], change: Callable[[Tensor], Tensor]) -> Sample:
    return sample | {name: change(sample[name]) for name in columns}
