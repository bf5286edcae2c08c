"""References of networks that make, restore and judge images, in plain torch."""

from itertools import pairwise

import torch
from torch import Tensor, nn


class Autoencoder(nn.Module):
    """Convolutions that halve a map, and transposed ones that double it again."""

    def __init__(self, channels: int, widths: list[int], latent: int) -> None:
        super().__init__()
        down = [stage(nn.Conv2d, *pair) for pair in pairwise([channels, *widths])]
        wide = [latent, *reversed(widths)]
        up = [stage(nn.ConvTranspose2d, *pair) for pair in pairwise(wide)]
        code = nn.Conv2d(widths[-1], latent, 1)
        image = nn.Conv2d(widths[0], channels, 3, padding=1)
        self.encoder = nn.ModuleDict({"maps": nn.Sequential(*down), "code": code})
        self.decoder = nn.ModuleDict({"maps": nn.Sequential(*up), "image": image})

    def encode(self, image: Tensor) -> Tensor:
        """(B, channels, H, W) -> (B, latent, H / 2 ** n, W / 2 ** n)."""
        code: Tensor = self.encoder["code"](self.encoder["maps"](image))
        return code

    def decode(self, code: Tensor) -> Tensor:
        """The way back, to 0..1."""
        return torch.sigmoid(self.decoder["image"](self.decoder["maps"](code)))

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """The image restored, and its code."""
        code = self.encode(image)
        return self.decode(code), code


def stage(kind: type[nn.Conv2d | nn.ConvTranspose2d], old: int, new: int) -> nn.Sequential:
    """A convolution of stride 2 under the name `conv`, and ReLU."""
    made = nn.Sequential()
    made.add_module("conv", kind(old, new, 4, stride=2, padding=1))
    made.add_module("act", nn.ReLU())
    return made


class Discriminator(nn.Module):
    """The discriminator of DCGAN (arXiv:1511.06434)."""

    def __init__(self, width: int, channels: int = 3) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(channels, width, 4, 2, 1, bias=False), leaky()]
        for place in range(3):
            old, new = width * 2**place, width * 2 ** (place + 1)
            layers += [nn.Conv2d(old, new, 4, 2, 1, bias=False), nn.BatchNorm2d(new), leaky()]
        last = nn.Conv2d(8 * width, 1, 4, bias=False)
        self.main = nn.Sequential(*layers, last, nn.Sigmoid())

    def forward(self, image: Tensor) -> Tensor:
        """(B, channels, 64, 64) -> (B,)."""
        real: Tensor = self.main(image)
        return real[:, 0, 0, 0]


def leaky() -> nn.LeakyReLU:
    """An activation of its own for every place."""
    return nn.LeakyReLU(0.2)
