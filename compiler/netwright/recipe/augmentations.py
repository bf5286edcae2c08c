"""The augmentations that a recipe can name, with their arguments."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from netwright.recipe.named import Section

Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=1)]


class RandomCrop(Section):
    """The image moved by up to `padding` pixels; 0 comes in, and -100 in maps of classes."""

    padding: Count


class HorizontalFlip(Section):
    """Left and right exchanged."""

    share: Share = 0.5
    """How often."""


class VerticalFlip(Section):
    """Top and bottom exchanged."""

    share: Share = 0.5
    """How often."""


class Cutout(Section):
    """A square of the image set to 0, of which a part may lie outside."""

    size: Count
    """Its height and width in pixels."""
    share: Share = 1.0
    """How often."""


class Noise(Section):
    """Normal noise added to floats."""

    deviation: Annotated[float, Field(gt=0)]
    columns: list[str] | None = None
    """Without it, all inputs of floats."""


AUGMENTATIONS: dict[str, type[Section]] = {
    "random_crop": RandomCrop,
    "horizontal_flip": HorizontalFlip,
    "vertical_flip": VerticalFlip,
    "cutout": Cutout,
    "noise": Noise,
}
