"""Made images: digits on a larger ground, to be segmented, and squares that move."""

from __future__ import annotations

from pathlib import Path

import torch
from netwright.recipe.sources import DigitScenes, MovingSquares
from torch import Generator, Tensor

from netwright_runtime.train.data.columns import Column
from netwright_runtime.train.data.holding import Described, Held
from netwright_runtime.train.data.sources.scikit import digit_images
from netwright_runtime.train.draws import generator

GROUND = "ground"

DIRECTIONS = {"up": (-1, 0), "down": (1, 0), "left": (0, -1), "right": (0, 1)}
"""By name, how a square moves in a step: rows and columns."""


def digit_scenes(arguments: DigitScenes, root: Path) -> Held:
    """`image`: float (C, H, W) in [0, 1]; `mask`: int (H, W), the class of each pixel."""
    images, labels = digit_images()
    scale = max(1, arguments.size // 32)
    large = images[:, 0].repeat_interleave(scale, 1).repeat_interleave(scale, 2)
    made = [_scene(arguments, large, labels, index) for index in range(arguments.count)]
    size = arguments.size
    classes = (GROUND, *map(str, range(10)))
    about = Described(
        {
            "image": Column("float", (arguments.channels, size, size), features=0, spatial=True),
            "mask": Column("int", (size, size), classes=classes, below=len(classes), spatial=True),
        },
        ("mask",),
        "segmentation",
    )
    image = torch.stack([image for image, _ in made])[:, None]
    image = image.repeat(1, arguments.channels, 1, 1)
    return Held(about, {"image": image, "mask": torch.stack([mask for _, mask in made])})


def _scene(
    arguments: DigitScenes, images: Tensor, labels: Tensor, index: int
) -> tuple[Tensor, Tensor]:
    """One image `(H, W)` and its mask; where digits overlap, the later one lies above."""
    random = generator(arguments.seed, 0, index, "digit_scenes")
    image = torch.zeros(arguments.size, arguments.size)
    mask = torch.zeros(arguments.size, arguments.size, dtype=torch.int64)
    for _ in range(_below(arguments.digits, random) + 1):
        which = _below(len(images), random)
        side = images.shape[-1]
        top, left = (_below(arguments.size - side + 1, random) for _ in range(2))
        place = (slice(top, top + side), slice(left, left + side))
        ink = images[which] > 0
        image[place] = torch.where(ink, images[which], image[place])
        mask[place] = torch.where(ink, labels[which] + 1, mask[place])
    return image, mask


def moving_squares(arguments: MovingSquares, root: Path) -> Held:
    """`frames`: float (T, C, H, W), 0 or 1; `label`: the direction. Squares leave on one side and
    come back on the other."""
    made = [_film(arguments, index) for index in range(arguments.count)]
    size = arguments.size
    about = Described(
        {
            "frames": Column("float", (arguments.steps, arguments.channels, size, size)),
            "label": Column("int", (), classes=tuple(DIRECTIONS), below=len(DIRECTIONS)),
        },
        ("label",),
        "classification",
    )
    frames = torch.stack([film for film, _ in made])[:, :, None]
    frames = frames.repeat(1, 1, arguments.channels, 1, 1)
    return Held(about, {"frames": frames, "label": torch.tensor([which for _, which in made])})


def _film(arguments: MovingSquares, index: int) -> tuple[Tensor, int]:
    random = generator(arguments.seed, 0, index, "moving_squares")
    which = _below(len(DIRECTIONS), random)
    side = arguments.size // 4
    frame = torch.zeros(arguments.size, arguments.size)
    frame[:side, :side] = 1
    frame = frame.roll([_below(arguments.size, random) for _ in range(2)], (0, 1))
    down, right = tuple(DIRECTIONS.values())[which]
    moved = [frame.roll((down * t, right * t), (0, 1)) for t in range(arguments.steps)]
    return torch.stack(moved), which


def _below(limit: int, random: Generator) -> int:
    return int(torch.randint(limit, (), generator=random))
